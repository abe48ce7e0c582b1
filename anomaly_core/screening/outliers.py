"""Robust outliers among a few values, and how anomalous candidate images are against each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from anomaly_core.decoders.memory_bank import MemoryBank
from anomaly_core.scoring.calibration import SMALLEST_SCORE, Prior, calibrate

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
SUSPECTS: Final = 0.2
"""Share of the other images that may be anomalous too."""
SCORE_SPREAD: Final = 0.1
"""Prior standard deviation of good images' log-scores."""


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


def locally_anomalous(grids: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """Return each image's (h, w) map of how unlike the others its patches are, relative to local variation.

    A patch's distance to the nearest patch of all other images is divided by that of patches like it: for
    each other image, the one most like the patch has a distance of its own to the images other than its own;
    the median of these says how much good parts vary there (compare LOF, Breunig et al., 2000). The mean of
    all distances is added to it. 1 and below: usual. grids: three or more, (h, w, C), unit length.
    """
    step = -(-len(grids) // REFERENCES)
    banks = {other: MemoryBank(grids[other].flatten(0, 1)) for other in range(0, len(grids), step)}
    matches = [
        {other: bank.nearest(grid) for other, bank in banks.items() if other != index}
        for index, grid in enumerate(grids)
    ]
    own = [torch.stack([distances for distances, _ in found.values()]).amin(0) for found in matches]
    usual = float(torch.cat([distances.flatten() for distances in own]).mean())
    maps = []
    for distances, found in zip(own, matches, strict=True):
        local = torch.stack([own[other].flatten()[nearest] for other, (_, nearest) in found.items()])
        maps.append(distances / (local.median(0).values + usual + SMALLEST_SCORE))
    return maps


def p_values(log_scores: Values) -> Values:
    """Return the probability of each of (n,) images' log-scores, given those of the others.

    The highest share `SUSPECTS` of the others is left out, at least one: it may be anomalous too, and would
    hide the image. So these are below the true probabilities; limits on them are measured on good images.
    """
    found = []
    for index, score in enumerate(log_scores):
        others = np.sort(np.delete(log_scores, index))
        kept = others[: len(others) - max(1, int(SUSPECTS * len(others)))]
        found.append(calibrate(kept, prior=Prior(spread=SCORE_SPREAD)).p_value(float(score)))
    return np.array(found)
