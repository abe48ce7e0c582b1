"""The few-shot decoder: a memory bank of normal patches and the distance to the nearest of them.

The idea is PatchCore's (arXiv 2106.08265) and AnomalyGPT's few-shot branch (arXiv 2308.15366, eq. 3):
M = upsample(mean over taps of 1 - max over the bank of cosine(patch, bank)). No training.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch

from anomaly_core.config import FewShotConfig
from anomaly_core.decoders.patches import top_share_mean
from anomaly_core.imaging.augment import symmetries

FIRST_RADIUS: Final = 0.02
"""Cosine distance below which two patches are taken as one when a bank is too large."""
RADIUS_GROWTH: Final = 1.5
BLOCK: Final = 512
"""Patches that are compared with one another at a time."""


class MemoryBank:
    """Normal patches: an (n, C) float32 tensor of unit-length rows.

    excluded: (h * w, n) bool, the rows that each patch of a grid may not be compared with; None for none.
    """

    def __init__(self, patches: torch.Tensor, excluded: torch.Tensor | None = None) -> None:
        self.patches = patches
        self._excluded = excluded

    @classmethod
    def of(cls, grids: Sequence[torch.Tensor], limit: int, keep: Sequence[torch.Tensor] = ()) -> MemoryBank:
        """Return the bank of these patches, (..., C) each, thinned to at most `limit`.

        Those of `keep` stay whole if they fit, so that an enrolled image finds itself again. Of the rest
        a patch is dropped only when a kept one lies within a small distance of it: plain background goes
        first, rare structure stays. The distance grows whenever the kept ones are too many (the doubling
        algorithm for k-centre, Charikar et al., STOC 1997), so each patch is looked at once.
        """
        if sum(grid[..., 0].numel() for grid in keep) >= limit:
            grids, keep = [*keep, *grids], ()
        patches, base = _rows([*grids, *(grid[:0] for grid in keep)]), _rows([*keep, *(g[:0] for g in grids)])
        if len(base) + len(patches) <= limit:
            return cls(torch.cat([base, patches]))
        radius = FIRST_RADIUS
        kept = base
        for part in torch.split(patches, BLOCK):
            kept = _cover(kept, part, radius)
            while len(kept) > limit:
                radius *= RADIUS_GROWTH
                rest, kept = kept[len(base) :], base
                for piece in torch.split(rest, BLOCK):
                    kept = _cover(kept, piece, radius)
        return cls(kept)

    @classmethod
    def of_other_places(cls, grids: Sequence[torch.Tensor], view: int, limit: int) -> MemoryBank:
        """Return a bank of one image's `symmetries` that one of these views can be compared with.

        grids: (h, w, C) patches of each view. view: the number of the one that is compared. A view finds
        itself in every other, a new image has no such twin: what shows a patch's own place, or one next to
        it, is excluded; where that is all there is, nothing is. The bank has evenly spaced patches, `limit`
        at most.
        """
        height, width, _ = grids[0].shape
        places = np.moveaxis(np.indices((height, width), dtype=np.int16), 0, -1)
        shown = [each.reshape(-1, 2) for each in symmetries(places)]
        step = -(-len(grids) * height * width // limit)
        others = np.concatenate(shown)[::step]
        own = np.ones((height * width, len(others)), dtype=np.bool_)
        for axis in (0, 1):
            own &= np.abs(shown[view][:, None, axis] - others[None, :, axis]) <= 1
        own[own.all(axis=1)] = False
        patches = torch.cat([grid.flatten(0, 1) for grid in grids])[::step]
        return cls(patches, torch.from_numpy(own))

    def distances(self, grid: torch.Tensor) -> torch.Tensor:
        """Return the (h, w) map of cosine distances, in [0, 2], to the nearest normal patch."""
        h, w, _ = grid.shape
        nearest = self._cosines(grid).amax(dim=1)
        return (1 - nearest).clamp_min_(0).view(h, w)

    def match(self, grid: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return `distances`, and (h, w, C) residuals: each patch less the nearest normal one.

        A residual's squares sum to twice the distance.
        """
        h, w, _ = grid.shape
        cosines = self._cosines(grid)
        # NumPy finds the place of a row's maximum faster than torch does.
        nearest = torch.from_numpy(cosines.numpy().argmax(axis=1))
        residuals = grid - self.patches[nearest].view(grid.shape)
        return (1 - cosines.amax(dim=1)).clamp_min_(0).view(h, w), residuals

    def _cosines(self, grid: torch.Tensor) -> torch.Tensor:
        cosines: torch.Tensor = grid.flatten(0, 1) @ self.patches.T
        return cosines if self._excluded is None else cosines.masked_fill_(self._excluded, -1.0)


def anomaly_grid(bank: MemoryBank, grid: torch.Tensor, config: FewShotConfig) -> torch.Tensor:
    """Return the (h, w) anomaly map of an image's patches; see `distances` and `less_median`."""
    return less_median(bank.distances(grid), config)


def less_median(distances: torch.Tensor, config: FewShotConfig) -> torch.Tensor:
    """Return (h, w) distances less a share of their median, from 0."""
    return (distances - config.median_share * distances.median()).clamp_min_(0)


def image_score(values: torch.Tensor, config: FewShotConfig) -> float:
    """Return the image's score: the mean of the highest share of its (h, w) map."""
    return float(top_share_mean(values.flatten(), config.top_share))


def _rows(grids: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return (..., C) tensors as the rows of one."""
    rows: torch.Tensor = torch.cat([grid.reshape(-1, grid.shape[-1]) for grid in grids])
    return rows


def _cover(kept: torch.Tensor, part: torch.Tensor, radius: float) -> torch.Tensor:
    """Return `kept` and those rows of `part` that no row before them covers within `radius` (cosine)."""
    if len(kept):
        part = part[(part @ kept.T).amax(dim=1) < 1 - radius]
    near = (part @ part.T >= 1 - radius).numpy()
    alive = np.ones(len(part), dtype=bool)
    chosen = []
    for row in range(len(part)):
        if alive[row]:
            chosen.append(row)
            alive &= ~near[row]
    return torch.cat([kept, part[chosen]])
