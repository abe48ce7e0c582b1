"""Robust outliers among a few values, and leave-one-out anomaly scores of candidate images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

Values = NDArray[np.float64]

LEAST_IMAGES: Final = 4
"""Fewer images say nothing about which of them is odd."""
PRIOR_WEIGHT: Final = 4.0
"""Images that the prior of a spread counts as."""
REFERENCES: Final = 32
"""Most images that an image's patches are compared with; evenly spaced among more."""
UPPER_QUARTILE: Final = 0.75
NORMAL_QUARTILE: Final = 1.1503
"""That quantile of a standard normal's absolute value. It varies less than the median between few images."""
TOP_SHARE: Final = 0.01


def robust_z(values: Values, prior: float) -> Values:
    """Return each of (n,) values' distance from the others' median, in robust standard deviations.

    The spread is that of the others about their median, shrunk towards `prior`, a standard deviation that
    good images have at least: few images show little of it.
    """
    found = np.zeros(len(values))
    for index in range(len(values)):
        others = np.delete(values, index)
        middle = float(np.median(others))
        spread = float(np.quantile(np.abs(others - middle), UPPER_QUARTILE)) / NORMAL_QUARTILE
        count = len(others)
        variance = (PRIOR_WEIGHT * prior**2 + count * spread**2) / (PRIOR_WEIGHT + count)
        found[index] = (values[index] - middle) / np.sqrt(variance)
    return found


def pairwise_maps(grids: Sequence[torch.Tensor]) -> list[dict[int, Values]]:
    """Return, for each image, the cosine distance of its patches to each other image's nearest, by index.

    grids: (h, w, C) unit-length patches; the maps are flat, (h * w,).
    """
    count = len(grids)
    step = -(-count // REFERENCES)
    flat = [grid.reshape(-1, grid.shape[-1]).float() for grid in grids]
    found: list[dict[int, Values]] = []
    for index, rows in enumerate(flat):
        others = [other for other in range(0, count, step) if other != index]
        found.append({o: 1.0 - (rows @ flat[o].T).amax(dim=1).double().numpy() for o in others})
    return found


def leave_one_out(maps: Sequence[dict[int, Values]], kept: Sequence[int]) -> tuple[Values, Values]:
    """Return the log-scores and log-peaks, (n,), of the kept images, each against the other kept ones."""
    scores, peaks = [], []
    for index in kept:
        nearest = np.min([maps[index][o] for o in kept if o in maps[index]], axis=0)
        top = max(1, round(TOP_SHARE * len(nearest)))
        scores.append(np.log(max(float(np.sort(nearest)[-top:].mean()), 1e-6)))
        peaks.append(np.log(max(float(nearest.max()), 1e-6)))
    return np.array(scores), np.array(peaks)
