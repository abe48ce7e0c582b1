"""One-to-one matching of an image's components with a layout's slots at the least total deviation.

A component is described by place, size, colour, shape and texture. Its deviation from a slot, the mean of the
good images' matching components, is the largest of the five differences, each in units of its normal spread.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from anomaly_core.imaging.components import Component

Array = NDArray[np.float64]

GROUPS: Final = {
    "place": slice(0, 2),
    "size": slice(2, 3),
    "colour": slice(3, 6),
    "shape": slice(6, 7),
    "texture": slice(7, 8),
}
"""Columns of a component's row, by measure."""
PRIOR_SPREADS: Final = (0.01, 0.06, 3.0, 0.06, 2.0)
"""Prior standard deviation of each measure between good images: share of the longer side, log area, CIELAB,
log elongation, CIELAB."""
PRIOR_WEIGHT: Final = 4.0
"""Number of observations that the prior, and the spread pooled over all slots, count for."""
UNMATCHED: Final = 12.0
"""Deviation beyond which a component and a slot are not matched."""
_LIGHTNESS: Final = 3


def rows_of(components: Sequence[Component], size: tuple[int, int]) -> Array:
    """Return (n, 8): x and y over the longer side, log area share, L, a, b, log elongation, texture.

    size: (height, width) of the image.
    """
    height, width = size
    side = max(height, width)
    return np.array(
        [
            (
                (c.centroid[0] + 0.5) / side,
                (c.centroid[1] + 0.5) / side,
                math.log(c.area_px / (height * width)),
                *c.colour,
                math.log(c.elongation),
                c.contrast,
            )
            for c in components
        ],
        dtype=np.float64,
    ).reshape(len(components), 8)


@dataclass(frozen=True)
class Match:
    """Components matched with slots.

    pairs: (slot, component). missing: slots without a component. extra: components without a slot.
    deviations: (n_pairs, 5), in spreads. rows: (n, 8) components, corrected for a common shift and a common
    change of lightness. score: the largest deviation, or at least UNMATCHED with a missing or extra one.
    """

    pairs: list[tuple[int, int]]
    missing: list[int]
    extra: list[int]
    deviations: Array
    rows: Array
    score: float


def deviations(rows: Array, slots: Array, spreads: Array) -> Array:
    """Return (n, k, 5) differences of n components from k slots, in spreads.

    rows: (n, 8). slots: (k, 8). spreads: (k, 5) > 0, infinite for a measure that is ignored.
    """
    difference = rows[:, None] - slots[None]
    lengths = [np.linalg.norm(difference[..., columns], axis=-1) for columns in GROUPS.values()]
    return np.asarray(np.stack(lengths, axis=-1) / spreads)


def match(rows: Array, slots: Array, spreads: Array) -> Match:
    """Match (n, 8) components with (k, 8) slots; see `deviations`.

    A common shift of all components, and a common change of lightness, are subtracted first.
    """
    paired = _assign(rows, slots, spreads)
    if paired:
        chosen, filled = rows[[c for _, c in paired]], slots[[s for s, _ in paired]]
        common = np.median(chosen - filled, axis=0)
        corrected = rows.copy()
        for column in (0, 1, _LIGHTNESS):
            corrected[:, column] -= common[column]
        rows, paired = corrected, _assign(corrected, slots, spreads)
    every = deviations(rows, slots, spreads)
    kept = np.array([every[component, slot] for slot, component in paired]).reshape(len(paired), len(GROUPS))
    missing = sorted(set(range(len(slots))) - {slot for slot, _ in paired})
    extra = sorted(set(range(len(rows))) - {component for _, component in paired})
    score = float(kept.max()) if kept.size else 0.0
    if missing or extra:
        score = UNMATCHED + len(missing) + len(extra) - 1
    return Match(paired, missing, extra, kept, rows, score)


def _assign(rows: Array, slots: Array, spreads: Array) -> list[tuple[int, int]]:
    """Return the pairs (slot, component) of least cost, where leaving both out costs UNMATCHED."""
    from scipy.optimize import linear_sum_assignment  # imported late: 0.7 s, and few products have a layout

    n, k = len(rows), len(slots)
    cost = np.zeros((n + k, k + n))
    cost[:n, :k] = deviations(rows, slots, spreads).max(axis=-1)
    # Each component and each slot may stay unmatched at half the cost.
    cost[:n, k:] = np.where(np.eye(n, dtype=bool), UNMATCHED / 2, 1e6)
    cost[n:, :k] = np.where(np.eye(k, dtype=bool), UNMATCHED / 2, 1e6)
    at_row, at_column = linear_sum_assignment(np.minimum(cost, 1e6))
    pairs = [(int(j), int(i)) for i, j in zip(at_row, at_column, strict=True) if i < n and j < k]
    return sorted(pairs)


def spreads_of(residuals: Array, *, placed: bool) -> Array:
    """Return (k, 5) spreads of each slot's measures, pooled with those of all slots and with a prior.

    residuals: (images, k, 8) of matched components from their slots' means, at least one image.
    placed: whether places are fixed; else the place is ignored.
    """
    count, slots, _ = residuals.shape
    squares = np.stack(
        [(residuals[..., columns] ** 2).sum(axis=-1) for columns in GROUPS.values()], axis=-1
    )  # (images, k, 5)
    prior = np.array(PRIOR_SPREADS) ** 2
    degrees = count - 1
    pooled = (PRIOR_WEIGHT * prior + squares.sum(axis=(0, 1))) / (PRIOR_WEIGHT + slots * degrees)
    own = (PRIOR_WEIGHT * pooled + squares.sum(axis=0)) / (PRIOR_WEIGHT + degrees)
    spreads = np.sqrt(own * (1 + 1 / count))
    if not placed:
        spreads[:, 0] = np.inf
    return np.asarray(spreads)
