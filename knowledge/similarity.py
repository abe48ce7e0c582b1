"""How similar an image must be to a product's templates to be taken for that product.

Distances are cosine distances, 1 - similarity. A handful of templates, or one and its augmented views, show
how far a product's own images spread, but understate it: views of one photograph lie nearer than the next
photograph does. So the reach granted is the geometric mean of that spread and of REACH, a distance at which
the encoders see another kind of object. The constants were fitted with DINOv2-S and EfficientNet-Lite0 on
screws and magnetic tiles at 1 and 4 shots, where unseen own images, defective ones included, lie at 0.01 to
0.3 and other objects at 0.3 to 1.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

REFUSED_SHARE: Final = 0.025
"""At most this share of a product's own templates, each held out in turn, lies below its floor."""

REACH: Final = 0.41
"""Cosine distance of another kind of object, the prior's scale."""
_FARTHEST: Final = 0.30
"""No prior reaches farther than this; only the product's own templates can ask for more."""
_TAIL: Final = 0.90
_UNKNOWN_SPREAD: Final = 0.12
_LEAST_SPREAD: Final = 0.01


def unit_rows(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """L2-normalise rows of (n, D). Raises ValueError for a row that is zero or not finite."""
    rows = np.atleast_2d(np.asarray(vectors, dtype=np.float32))
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    if not np.all(np.isfinite(norms)) or not np.all(norms > 0):
        raise ValueError("an embedding is zero or not finite")
    return np.ascontiguousarray(rows / norms)


def similarity_floor(templates: NDArray[np.float32], views: NDArray[np.float32] | None) -> float:
    """Return the cosine in [-1, 1] below which an image is not this product.

    Calibrated from good images alone. templates: (n, D), views: (m, D) augmented templates or None; rows of
    length 1. With one template and no views the spread is taken to be a typical one.
    """
    held_out = _held_out_distances(templates)
    spreads = [float(np.quantile(held_out, _TAIL))] if len(held_out) else []
    if views is not None and len(views):
        to_nearest = 1.0 - (views @ templates.T).max(axis=1)
        # A high quantile, not the maximum: one odd view (a crop that misses the part) must not decide.
        spreads.append(float(np.quantile(to_nearest, _TAIL)))
    spread = max([*(spreads or [_UNKNOWN_SPREAD]), _LEAST_SPREAD])
    reach = min(math.sqrt(spread * REACH), _FARTHEST)
    if len(held_out):
        reach = max(reach, float(np.quantile(held_out, 1.0 - REFUSED_SHARE, method="higher")))
    # float32 products of equal rows miss 1 by a few units in the last place.
    return max(1.0 - reach - 1e-6, -1.0)


def _held_out_distances(templates: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (n,) distances of each template to its nearest other one; empty for a single template."""
    if len(templates) < 2:
        return np.empty(0, dtype=np.float32)
    similarities = templates @ templates.T
    np.fill_diagonal(similarities, -np.inf)
    return np.asarray(1.0 - similarities.max(axis=1), dtype=np.float32)
