"""Robust outliers among a few values, and leave-one-out anomaly scores of candidate images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from anomaly_core.decoders.memory_bank import MemoryBank
from anomaly_core.decoders.patches import top_share_mean
from anomaly_core.scoring.calibration import log_of

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


def pairwise_maps(grids: Sequence[torch.Tensor]) -> list[dict[int, torch.Tensor]]:
    """Return, for each image, the cosine distance of its patches to each other image's nearest, by index.

    grids: (h, w, C) unit-length patches; the maps are flat, (h * w,).
    """
    step = -(-len(grids) // REFERENCES)
    banks = {other: MemoryBank(grids[other].flatten(0, 1)) for other in range(0, len(grids), step)}
    return [
        {other: bank.distances(grid).flatten() for other, bank in banks.items() if other != index}
        for index, grid in enumerate(grids)
    ]


def leave_one_out(maps: Sequence[dict[int, torch.Tensor]], kept: Sequence[int]) -> tuple[Values, Values]:
    """Return the log-scores and log-peaks, (n,), of the kept images, each against the other kept ones."""
    scores, peaks = [], []
    for index in kept:
        nearest = torch.stack([maps[index][o] for o in kept if o in maps[index]]).amin(0)
        scores.append(log_of(float(top_share_mean(nearest, TOP_SHARE))))
        peaks.append(log_of(float(nearest.max())))
    return np.array(scores), np.array(peaks)
