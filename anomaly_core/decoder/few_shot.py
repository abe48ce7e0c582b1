"""The few-shot decoder: a memory bank of normal patches, one a tap, and the distance to its nearest patch.

The idea is PatchCore's (arXiv 2106.08265) and AnomalyGPT's few-shot branch (arXiv 2308.15366, eq. 3):
M = upsample(mean over taps of 1 - max over the bank of cosine(patch, bank)). No training.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  # the name that torch's own documentation gives it
from numpy.typing import NDArray

from anomaly_core.encoders.base import Features
from anomaly_core.results import Array

SMOOTHING_PATCHES: Final = 1.0
"""Standard deviation, in patches, of the Gaussian that a map is smoothed with before its maximum is taken."""
NEIGHBOURHOOD: Final = 3
"""Side, in patches, of the window that features are averaged over (PatchCore, section 3.1)."""


@dataclass(frozen=True)
class PatchGrid:
    """One image's patches, ready to be compared. taps: one (h, w, C) L2-normalised tensor each, one grid."""

    taps: tuple[torch.Tensor, ...]

    @property
    def size(self) -> tuple[int, int]:
        """(h, w) of the grid."""
        return int(self.taps[0].shape[0]), int(self.taps[0].shape[1])


def patch_grid(features: Features) -> PatchGrid:
    """Bring every tap to the deepest tap's grid, average over the neighbourhood, and normalise."""
    grid = features.taps[-1].shape[1:]
    taps = []
    for tap in features.taps:
        patches = F.normalize(tap[None].float(), dim=1)
        if patches.shape[2:] != grid:
            patches = F.adaptive_avg_pool2d(patches, tuple(grid))
            patches = F.normalize(patches, dim=1)
        edge = NEIGHBOURHOOD // 2
        padded = F.pad(patches, (edge, edge, edge, edge), mode="replicate")
        pooled = F.normalize(F.avg_pool2d(padded, NEIGHBOURHOOD, stride=1), dim=1)
        taps.append(pooled[0].permute(1, 2, 0).contiguous())
    return PatchGrid(tuple(taps))


class MemoryBank:
    """Normal patches, one (n, C) L2-normalised tensor a tap."""

    def __init__(self, taps: tuple[torch.Tensor, ...]) -> None:
        self.taps = taps

    @classmethod
    def of(cls, grids: list[PatchGrid]) -> MemoryBank:
        """Return the bank of every patch of these normal images."""
        number = len(grids[0].taps)
        return cls(
            tuple(torch.cat([grid.taps[i].flatten(0, 1) for grid in grids]) for i in range(number))
        )

    def distances(self, grid: PatchGrid) -> torch.Tensor:
        """Return the (h, w) map of cosine distances, in [0, 2], to the nearest normal patch: mean over taps."""
        h, w = grid.size
        total = torch.zeros(h * w)
        for patches, bank in zip(grid.taps, self.taps, strict=True):
            total += 1 - nearest(patches.flatten(0, 1), bank)
        return (total / len(self.taps)).clamp_min_(0).view(h, w)

    def arrays(self) -> dict[str, NDArray[np.float16]]:
        """Return the bank as arrays to store, half precision."""
        return {f"bank.{i}": tap.half().numpy() for i, tap in enumerate(self.taps)}


def nearest(queries: torch.Tensor, bank: torch.Tensor) -> torch.Tensor:
    """Return each query's largest cosine with the bank: (q, C), (n, C) -> (q,)."""
    return (queries @ bank.T).amax(dim=1)


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
