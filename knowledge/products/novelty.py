"""How similar an image must be to a product's templates to be taken for that product.

Distances are cosine distances, 1 - similarity. How far a product's own images spread is seen only from
several templates; views of one photograph lie nearer than the next photograph does. How far away another
kind of object lies is measured on strangers: drawn products, seen by the same encoder. The floor lies
between: for one template, half-way to the strangers; for more, the geometric mean of spread and strangers.
Constants were chosen on drawn products and a textile, each stranger's kind left out, where 1 in 40 of a
product's own images and 99 in 100 of other kinds of object are refused; see docs/retrieval.md.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

REFUSED_SHARE: Final = 0.025
"""At most this share of a product's own templates, each held out in turn, lies below its floor."""
SHARE: Final = 0.5
"""Reach of a single template, as a share of the distance to the strangers."""
_TYPICAL: Final = 0.25
"""Distance to strangers where none are given: the median over the sets of the choice."""
_TAIL: Final = 0.90
_LEAST_SPREAD: Final = 0.01


def unit_rows(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """L2-normalise rows of (n, D). Raises ValueError for a row that is zero or not finite."""
    rows = np.atleast_2d(np.asarray(vectors, dtype=np.float32))
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    if not np.all(np.isfinite(norms)) or not np.all(norms > 0):
        raise ValueError("an embedding is zero or not finite")
    return np.ascontiguousarray(rows / norms)


def similarity_floor(
    templates: NDArray[np.float32],
    views: NDArray[np.float32] | None,
    strangers: NDArray[np.float32] | None = None,
) -> float:
    """Return the cosine in [-1, 1] below which an image is not this product.

    Calibrated from good images alone. templates: (n, D), views: (m, D) augmented templates or None; rows of
    length 1. strangers: (kinds, designs, D) embeddings of other objects, or None for a typical distance.
    """
    stranger = _TYPICAL if strangers is None else _stranger_distance(templates, strangers)
    held_out = _held_out_distances(templates)
    if not len(held_out):
        reach = SHARE * stranger
    else:
        spreads = [float(np.quantile(held_out, _TAIL))]
        if views is not None and len(views):
            # A high quantile, not the maximum: one odd view (a crop that misses the part) must not decide.
            spreads.append(float(np.quantile(1.0 - (views @ templates.T).max(axis=1), _TAIL)))
        reach = math.sqrt(max(*spreads, _LEAST_SPREAD) * stranger)
        reach = max(reach, float(np.quantile(held_out, 1.0 - REFUSED_SHARE, method="higher")))
    # float32 products of equal rows miss 1 by a few units in the last place.
    return max(1.0 - reach - 1e-6, -1.0)


def _stranger_distance(templates: NDArray[np.float32], strangers: NDArray[np.float32]) -> float:
    """Distance of the second nearest kind: the nearest may be a drawing of this very kind of object."""
    kinds, designs, dimension = strangers.shape
    rows = unit_rows(strangers.reshape(-1, dimension))
    similarities = (rows @ templates.T).max(axis=1).reshape(kinds, designs).max(axis=1)
    return float(np.sort(1.0 - similarities)[min(1, kinds - 1)])


def _held_out_distances(templates: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (n,) distances of each template to its nearest other one; empty for a single template."""
    if len(templates) < 2:
        return np.empty(0, dtype=np.float32)
    similarities = templates @ templates.T
    np.fill_diagonal(similarities, -np.inf)
    return np.asarray(1.0 - similarities.max(axis=1), dtype=np.float32)
