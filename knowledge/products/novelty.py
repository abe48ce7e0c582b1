"""The similarity to a product's templates from which an image is taken for that product.

Distances are cosine distances, 1 - similarity. Two of them bound the floor: how far the product's own images
spread, which only several templates show (views of one photograph lie nearer than the next photograph does),
and how far away out-of-distribution references lie: other kinds of object, seen by the same encoder. For one
template the floor lies half-way to the references; for more, at the geometric mean of both distances. The
constants were chosen on procedural products and a textile, each reference's kind left out, where 1 in 40 of a
product's own images and 99 in 100 of other kinds of object are refused; see docs/concepts/retrieval.md.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from knowledge.vectors import Vectors, unit_rows

REFUSED_SHARE: Final = 0.025
"""At most this share of a product's own templates, each held out in turn, lies below its floor."""
SHARE: Final = 0.5
"""Reach of a single template, as a share of the distance to the references."""
_TYPICAL: Final = 0.25
"""Distance to the references where none are given: the median over the sets of the choice."""
_TAIL: Final = 0.90
_LEAST_SPREAD: Final = 0.01


def similarity_floor(templates: Vectors, views: Vectors | None, references: Vectors | None = None) -> float:
    """Return the cosine in [-1, 1] below which an image is not this product.

    Calibrated from good images alone. templates: (n, D), views: (m, D) augmented templates or None; rows of
    length 1. references: (kinds, designs, D) embeddings of other objects, or None for a typical distance.
    """
    foreign = _TYPICAL if references is None else _reference_distance(templates, references)
    held_out = _held_out_distances(templates)
    if not len(held_out):
        reach = SHARE * foreign
    else:
        spreads = [float(np.quantile(held_out, _TAIL))]
        if views is not None and len(views):
            # A high quantile, not the maximum: one odd view (a crop that misses the part) must not decide.
            spreads.append(float(np.quantile(1.0 - (views @ templates.T).max(axis=1), _TAIL)))
        reach = math.sqrt(max(*spreads, _LEAST_SPREAD) * foreign)
        reach = max(reach, float(np.quantile(held_out, 1.0 - REFUSED_SHARE, method="higher")))
    # float32 products of equal rows miss 1 by a few units in the last place.
    return max(1.0 - reach - 1e-6, -1.0)


def _reference_distance(templates: Vectors, references: Vectors) -> float:
    """Distance of the second nearest kind: the nearest may be a drawing of this very kind of object."""
    kinds, designs, dimension = references.shape
    rows = unit_rows(references.reshape(-1, dimension))
    similarities = (rows @ templates.T).max(axis=1).reshape(kinds, designs).max(axis=1)
    return float(np.sort(1.0 - similarities)[min(1, kinds - 1)])


def _held_out_distances(templates: Vectors) -> Vectors:
    """Return (n,) distances of each template to its nearest other one; empty for a single template."""
    if len(templates) < 2:
        return np.empty(0, dtype=np.float32)
    similarities = templates @ templates.T
    np.fill_diagonal(similarities, -np.inf)
    return np.asarray(1.0 - similarities.max(axis=1), dtype=np.float32)
