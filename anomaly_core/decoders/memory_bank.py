"""The few-shot decoder: cosine distance of patches to the nearest patch of a memory bank.

As in PatchCore (arXiv 2106.08265) and AnomalyGPT's few-shot branch (arXiv 2308.15366, eq. 3), without
training: M = upsample(mean over taps of 1 - max over the bank of cosine(patch, bank)).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F

from anomaly_core.config import FewShotConfig
from anomaly_core.decoders.patches import top_share_mean
from anomaly_core.imaging.augment import flips

FIRST_RADIUS: Final = 0.02
"""Initial cosine distance within which a kept patch covers another, where a bank is too large."""
RADIUS_GROWTH: Final = 1.5
REACH: Final = 1
"""Places around a patch's own that it is compared with, in patches."""
BLOCK: Final = 512
"""Patches compared at a time."""


class MemoryBank:
    """Normal patches, an (n, C) float32 tensor of unit-length rows.

    excluded: (h * w, n) bool, rows that a patch of the grid is not compared with; None for no exclusion.
    """

    def __init__(self, patches: torch.Tensor, excluded: torch.Tensor | None = None) -> None:
        self.patches = patches
        self._excluded = excluded

    @cached_property
    def likeness(self) -> float:
        """Mean cosine of its patches: near 1 on an even texture, below a half on most parts."""
        return float(self.patches.mean(dim=0).square().sum())

    @classmethod
    def of(cls, grids: Sequence[torch.Tensor], limit: int, keep: Sequence[torch.Tensor] = ()) -> MemoryBank:
        """Return the bank of patches, (..., C) each, thinned to at most `limit`.

        Patches of `keep` all stay if they fit, so that an enrolled image scores 0. Another patch is dropped
        where a kept one covers it, that is lies within a radius, which grows whenever too many are kept (the
        doubling algorithm for k-centre, Charikar et al., STOC 1997): each patch is processed once, and rare
        patches remain.
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
        """Return a bank of all `flips` of one image, for scoring one of these views.

        grids: (h, w, C) patches of each view. view: number of the view to score. Patches that show the same
        position of the image as the scored one, or a neighbouring one, are excluded, since a new image would
        have none of them; where that excludes all, none is. The bank has evenly spaced patches, at most
        `limit`.
        """
        height, width, _ = grids[0].shape
        positions = np.moveaxis(np.indices((height, width), dtype=np.int16), 0, -1)
        shown = [each.reshape(-1, 2) for each in flips(positions)]
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

    def nearest(self, grid: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return `distances`, and the (h, w) numbers of the nearest normal patches."""
        h, w, _ = grid.shape
        cosines = self._cosines(grid)
        # NumPy's argmax is faster than torch's.
        found = torch.from_numpy(cosines.numpy().argmax(axis=1))
        return (1 - cosines.amax(dim=1)).clamp_min_(0).view(h, w), found.view(h, w)

    def match(self, grid: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return `distances`, and (h, w, C) residuals: each patch minus the nearest normal one.

        The squared length of a residual is twice the distance.
        """
        distances, found = self.nearest(grid)
        return distances, grid - self.patches[found]

    def _cosines(self, grid: torch.Tensor) -> torch.Tensor:
        cosines: torch.Tensor = grid.flatten(0, 1) @ self.patches.T
        return cosines if self._excluded is None else cosines.masked_fill_(self._excluded, -1.0)


class PlacedBank:
    """The patches of good images at their places, (n, h, w, C) float32 of unit length.

    A patch is compared with those of its place and of the `REACH` places around it. What is missing, moved or
    exchanged is seen by that, though it is normal elsewhere.
    """

    def __init__(self, grids: torch.Tensor) -> None:
        self.size = (grids.shape[1], grids.shape[2])
        padded = F.pad(grids.permute(0, 3, 1, 2), (REACH, REACH, REACH, REACH), mode="replicate")
        # (h, w, n, C): the patches of a place lie beside each other, since one patch is compared with all.
        self._padded = padded.permute(2, 3, 0, 1).contiguous()

    def match(self, grid: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return distances and residuals as `MemoryBank.match` does, for an (h, w, C) grid of this size."""
        h, w, _ = grid.shape
        steps = [(top, left) for top in range(2 * REACH + 1) for left in range(2 * REACH + 1)]
        count = self._padded.shape[2]
        cosines = grid.new_empty(len(steps), h, w, count)
        for number, (down, right) in enumerate(steps):
            # Row by row, which copies nothing: a window of the padded grid is no tensor of its own.
            for row in range(h):
                near = self._padded[down + row, right : right + w]
                torch.bmm(near, grid[row, :, :, None], out=cosines[number, row, :, :, None])
        best, found = cosines.permute(0, 3, 1, 2).flatten(0, 1).max(dim=0)
        top, left = (torch.tensor(each)[found // count] for each in zip(*steps, strict=True))
        rows, columns = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
        nearest = self._padded[rows + top, columns + left, found % count]
        return (1 - best).clamp_min_(0), grid - nearest


def anomaly_grid(bank: MemoryBank, grid: torch.Tensor, config: FewShotConfig) -> torch.Tensor:
    """Return the (h, w) anomaly map of an image's patches; see `distances` and `less_median`."""
    return less_median(bank.distances(grid), config)


def less_median(distances: torch.Tensor, config: FewShotConfig) -> torch.Tensor:
    """Return (h, w) distances minus a share of their median, at least 0."""
    return (distances - config.median_share * distances.median()).clamp_min_(0)


def image_score(values: torch.Tensor, config: FewShotConfig) -> float:
    """Return the image score: the mean of the highest share of an (h, w) map."""
    return float(top_share_mean(values.flatten(), config.top_share))


def _rows(grids: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return (..., C) tensors as one (n, C) tensor."""
    rows: torch.Tensor = torch.cat([grid.reshape(-1, grid.shape[-1]) for grid in grids])
    return rows


def _cover(kept: torch.Tensor, part: torch.Tensor, radius: float) -> torch.Tensor:
    """Return `kept` and the rows of `part` that no earlier row covers within `radius` (cosine distance)."""
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
