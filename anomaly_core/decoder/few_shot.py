"""The few-shot decoder: a memory bank of normal patches and the distance to its nearest patch.

The idea is PatchCore's (arXiv 2106.08265) and AnomalyGPT's few-shot branch (arXiv 2308.15366, eq. 3):
M = upsample(mean over taps of 1 - max over the bank of cosine(patch, bank)). No training.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F

from anomaly_core.encoders.base import Features
from anomaly_core.results import Array

SMOOTHING_PATCHES: Final = 1.0
"""Standard deviation, in patches, of the Gaussian that a map is smoothed with before its maximum is taken."""
FIRST_RADIUS: Final = 0.004
"""Cosine distance below which two patches are taken as one when a bank is too large."""
NEIGHBOURHOOD: Final = 3
"""Side, in patches, of the window that features are averaged over (PatchCore, section 3.1)."""


BANK_LIMIT: Final = 4096
"""Most patches that a bank keeps; it bounds the cost of a search to a fraction of the encoder's."""


def patch_grid(features: Features) -> torch.Tensor:
    """Return an image's patches, (h, w, C) float32 of unit length, ready to be compared.

    Every tap is brought to the deepest tap's grid, averaged over the neighbourhood and normalised; the
    taps are then put side by side with equal weight, so that the cosine of two patches is the mean of
    the cosines of their taps.
    """
    _, height, width = features.taps[-1].shape
    taps = []
    for tap in features.taps:
        patches = F.normalize(tap[None].float(), dim=1)
        if patches.shape[2:] != (height, width):
            patches = F.normalize(F.adaptive_avg_pool2d(patches, (height, width)), dim=1)
        edge = NEIGHBOURHOOD // 2
        padded = F.pad(patches, (edge, edge, edge, edge), mode="replicate")
        taps.append(F.normalize(F.avg_pool2d(padded, NEIGHBOURHOOD, stride=1), dim=1))
    joined: torch.Tensor = torch.cat(taps, dim=1)[0] * float(len(taps) ** -0.5)
    return joined.permute(1, 2, 0).contiguous()


class MemoryBank:
    """Normal patches: an (n, C) float32 tensor of unit-length rows."""

    def __init__(self, patches: torch.Tensor) -> None:
        self.patches = patches

    @classmethod
    def of(cls, grids: Sequence[torch.Tensor], limit: int = BANK_LIMIT) -> MemoryBank:
        """Return the bank of these normal images' patches, thinned to at most `limit`.

        Thinning drops a patch only when a kept one lies within a small distance of it, and widens that
        distance until the bank fits: plain background goes first, rare structure stays.
        """
        patches = torch.cat([grid.flatten(0, 1) for grid in grids])
        radius = FIRST_RADIUS
        while len(patches) > limit:
            patches = _cover(patches, radius)
            radius *= 1.25
        return cls(patches)

    def distances(self, grid: torch.Tensor) -> torch.Tensor:
        """Return the (h, w) map of cosine distances, in [0, 2], to the nearest normal patch."""
        h, w, _ = grid.shape
        nearest = (grid.flatten(0, 1) @ self.patches.T).amax(dim=1)
        return (1 - nearest).clamp_min_(0).view(h, w)


def _cover(patches: torch.Tensor, radius: float, block: int = 512) -> torch.Tensor:
    """Return a subset of the rows such that every row is within `radius` (cosine distance) of one kept."""
    kept: torch.Tensor = patches[:0]
    for part in torch.split(patches, block):
        if len(kept):
            part = part[(part @ kept.T).amax(dim=1) < 1 - radius]
        near = part @ part.T >= 1 - radius
        alive = torch.ones(len(part), dtype=torch.bool)
        chosen = []
        for row in range(len(part)):
            if alive[row]:
                chosen.append(row)
                alive &= ~near[row]
        kept = torch.cat([kept, part[chosen]])
    return kept


def smooth(values: torch.Tensor, sigma: float = SMOOTHING_PATCHES) -> torch.Tensor:
    """Smooth an (h, w) map with a Gaussian of `sigma` patches; the border is repeated."""
    radius = max(1, round(3 * sigma))
    offsets = torch.arange(-radius, radius + 1, dtype=values.dtype)
    kernel = torch.exp(-(offsets**2) / (2 * sigma**2))
    kernel = kernel / kernel.sum()
    padded = F.pad(values[None, None], (radius, radius, radius, radius), mode="replicate")
    rows = F.conv2d(padded, kernel.view(1, 1, -1, 1))
    return F.conv2d(rows, kernel.view(1, 1, 1, -1))[0, 0]


def as_array(values: torch.Tensor) -> Array:
    """Return a tensor as a float32 array."""
    return np.asarray(values.numpy(), dtype=np.float32)
