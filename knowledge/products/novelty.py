"""Novelty threshold: the least similarity to a product's templates at which an image is of that product.

It lies between two cosine distances: the spread of the product's own images, estimated from several
templates, and the distance of out-of-distribution references, other kinds of object. For one template it is
half the distance of the references; for more, the geometric mean of both. The constants were chosen on
procedural products and a textile, each reference's kind left out, where 1 in 40 of a product's own images and
99 in 100 images of other kinds of object are rejected; see docs/concepts/retrieval.md.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from knowledge.vectors import Vectors, unit_rows

REJECTED_SHARE: Final = 0.025
"""Largest share of a product's templates, each held out in turn, below its threshold."""
SHARE: Final = 0.5
"""Threshold distance of a single template, as a share of the distance of the references."""
DAMAGED: Final = 2.5
"""Distance in units of a product's own reach up to which an image that fits none is of a damaged part of it.

Set by hand: an empty bottle lies at 2.1 from good ones, a screw at 3.1 from capsules.
"""
_TYPICAL: Final = 0.25
"""Distance of the references where none are given: the median over the datasets of the choice."""
_TAIL: Final = 0.90
_LEAST_SPREAD: Final = 0.01


def similarity_floor(templates: Vectors, views: Vectors | None, references: Vectors | None = None) -> float:
    """Return the cosine in [-1, 1] below which an image is not of this product.

    templates: (n, D), views: (m, D) augmented templates or None; unit rows. references: (kinds, designs, D)
    embeddings of other objects, or None for a typical distance.
    """
    foreign = _TYPICAL if references is None else _reference_distance(templates, references)
    held_out = _held_out_distances(templates)
    if not len(held_out):
        reach = SHARE * foreign
    else:
        spreads = [float(np.quantile(held_out, _TAIL))]
        if views is not None and len(views):
            # A quantile, not the maximum, for robustness to a single outlying view.
            spreads.append(float(np.quantile(1.0 - (views @ templates.T).max(axis=1), _TAIL)))
        reach = math.sqrt(max(*spreads, _LEAST_SPREAD) * foreign)
        reach = max(reach, float(np.quantile(held_out, 1.0 - REJECTED_SHARE, method="higher")))
    # Rounding: the float32 product of equal unit rows is not exactly 1.
    return max(1.0 - reach - 1e-6, -1.0)


def damaged_floor(floor: float, templates: Vectors, references: Vectors | None = None) -> float:
    """Return the cosine in [-1, 1] below which an image is not even of a damaged part of this product.

    It lies at `DAMAGED` times the distance of `floor`, or at half that of other kinds of object: good images
    that are very much alike tell little of how a damaged one looks. Arguments: as in `similarity_floor`.
    """
    foreign = _TYPICAL if references is None else _reference_distance(templates, references)
    return max(min(1.0 - DAMAGED * (1.0 - floor), 1.0 - SHARE * foreign), -1.0)


def clearly_nearest(similarity: float, other: float) -> bool:
    """Return whether an image is at most half as far from the nearest product as from the next; cosines."""
    return 1.0 - similarity <= SHARE * (1.0 - other)


def _reference_distance(templates: Vectors, references: Vectors) -> float:
    """Return the distance of the second nearest kind, since the nearest may be of the product's kind."""
    kinds, designs, dimension = references.shape
    rows = unit_rows(references.reshape(-1, dimension))
    similarities = (rows @ templates.T).max(axis=1).reshape(kinds, designs).max(axis=1)
    return float(np.sort(1.0 - similarities)[min(1, kinds - 1)])


def _held_out_distances(templates: Vectors) -> Vectors:
    """Return the (n,) distances of templates to their nearest other one; empty for a single template."""
    if len(templates) < 2:
        return np.empty(0, dtype=np.float32)
    similarities = templates @ templates.T
    np.fill_diagonal(similarities, -np.inf)
    return np.asarray(1.0 - similarities.max(axis=1), dtype=np.float32)
