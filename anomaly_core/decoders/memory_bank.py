"""The few-shot decoder: a memory bank of normal patches and the distance to the nearest of them.

The idea is PatchCore's (arXiv 2106.08265) and AnomalyGPT's few-shot branch (arXiv 2308.15366, eq. 3):
M = upsample(mean over taps of 1 - max over the bank of cosine(patch, bank)). No training.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F

from anomaly_core.config import FewShotConfig
from anomaly_core.encoders.base import Features
from anomaly_core.errors import ConfigError
from anomaly_core.inspection import Array

DEEPEST_WEIGHT: Final = 0.8
"""Share of the deepest tap in the distance, where the configuration does not say."""
FIRST_RADIUS: Final = 0.02
"""Cosine distance below which two patches are taken as one when a bank is too large."""
RADIUS_GROWTH: Final = 1.5
BLOCK: Final = 512
"""Patches that are compared with one another at a time."""


def patch_grid(features: Features, config: FewShotConfig) -> torch.Tensor:
    """Return an image's patches, (h, w, C) float32 of unit length, ready to be compared.

    Every tap is brought to the deepest tap's grid, averaged over the neighbourhood and normalised; the
    taps are then put side by side, so that the cosine of two patches is the weighted mean of the
    cosines of their taps. Raises ConfigError where the weights do not fit the taps.
    """
    count = len(features.taps)
    weights = config.tap_weights or _default_weights(count)
    if len(weights) != count or min(weights) < 0 or sum(weights) <= 0:
        raise ConfigError(f"tap_weights {weights}: the encoder has {count} taps, weights are 0 or above.")
    _, height, width = features.taps[-1].shape
    edge = config.neighbourhood // 2
    parts = []
    for tap, weight in zip(features.taps, weights, strict=True):
        if weight == 0:
            continue
        patches = F.normalize(tap[None].float(), dim=1)
        if patches.shape[2:] != (height, width):
            patches = F.normalize(F.adaptive_avg_pool2d(patches, (height, width)), dim=1)
        if config.neighbourhood > 1:
            padded = F.pad(patches, (edge, edge, edge, edge), mode="replicate")
            patches = F.normalize(F.avg_pool2d(padded, config.neighbourhood, stride=1), dim=1)
        parts.append(patches * float((weight / sum(weights)) ** 0.5))
    joined: torch.Tensor = torch.cat(parts, dim=1)[0]
    return joined.permute(1, 2, 0).contiguous()


def _default_weights(taps: int) -> tuple[float, ...]:
    if taps == 1:
        return (1.0,)
    return (*([(1 - DEEPEST_WEIGHT) / (taps - 1)] * (taps - 1)), DEEPEST_WEIGHT)


class MemoryBank:
    """Normal patches: an (n, C) float32 tensor of unit-length rows."""

    def __init__(self, patches: torch.Tensor) -> None:
        self.patches = patches

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

    def distances(self, grid: torch.Tensor, left_out: torch.Tensor | None = None) -> torch.Tensor:
        """Return the (h, w) map of cosine distances, in [0, 2], to the nearest normal patch.

        left_out: (h * w, n) bool, the rows of the bank that each patch may not be compared with.
        """
        h, w, _ = grid.shape
        nearest = self._cosines(grid, left_out).amax(dim=1)
        return (1 - nearest).clamp_min_(0).view(h, w)

    def match(
        self, grid: torch.Tensor, left_out: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return `distances`, and (h, w, C) residuals: each patch less the nearest normal one.

        A residual's squares sum to twice the distance.
        """
        h, w, _ = grid.shape
        cosines = self._cosines(grid, left_out)
        # NumPy finds the place of a row's maximum faster than torch does.
        nearest = torch.from_numpy(cosines.numpy().argmax(axis=1))
        residuals = grid - self.patches[nearest].view(grid.shape)
        return (1 - cosines.amax(dim=1)).clamp_min_(0).view(h, w), residuals

    def _cosines(self, grid: torch.Tensor, left_out: torch.Tensor | None) -> torch.Tensor:
        cosines: torch.Tensor = grid.flatten(0, 1) @ self.patches.T
        return cosines if left_out is None else cosines.masked_fill_(left_out, -1.0)


def anomaly_grid(
    bank: MemoryBank, grid: torch.Tensor, config: FewShotConfig, left_out: torch.Tensor | None = None
) -> torch.Tensor:
    """Return the (h, w) anomaly map of an image's patches; see `distances` and `less_median`."""
    return less_median(bank.distances(grid, left_out), config)


def less_median(distances: torch.Tensor, config: FewShotConfig) -> torch.Tensor:
    """Return (h, w) distances less a share of their median, from 0."""
    return (distances - config.median_share * distances.median()).clamp_min_(0)


def image_score(values: torch.Tensor, config: FewShotConfig) -> float:
    """Return the image's score: the mean of the highest share of its (h, w) map."""
    count = max(1, round(config.top_share * values.numel()))
    return float(values.flatten().topk(count).values.mean())


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


def as_array(values: torch.Tensor) -> Array:
    """Return a tensor as a float32 array."""
    return np.asarray(values.numpy(), dtype=np.float32)
