"""An encoded image: its frame, and the features and patch grid of each view."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from anomaly_core.config import FewShotConfig
from anomaly_core.encoders.base import Features
from anomaly_core.errors import ConfigError
from anomaly_core.imaging.augment import undo_flip
from anomaly_core.imaging.components import Component, find_components
from anomaly_core.imaging.frame import Frame
from anomaly_core.imaging.quality import Quality, measure_quality
from anomaly_core.imaging.reading import LoadedImage
from anomaly_core.imaging.zones import Zone, ignored_cells, on_original
from anomaly_core.results import Array

Pixels = NDArray[np.uint8]

DEEPEST_WEIGHT: Final = 0.8
"""Default weight of the deepest tap."""


@dataclass(frozen=True)
class View:
    """One view of an image, encoded. grid: (h, w, C) float32, see `patch_grid`."""

    features: Features
    grid: torch.Tensor


@dataclass(frozen=True, eq=False)
class EncodedImage:
    """One image, framed and encoded.

    source: (H, W, 3) uint8 RGB, the original, alone or with its file, or a function that reads it again.
    views: the encoder input alone, or all its `flips` (imaging/augment.py), of which it is the first.
    reference_grids: (..., C) patches of further views of a good image, which enter the memory bank and are
    not scored. recorded_again: other recordings of a good image, which are scored and not learned.
    zones: of the product; maps are 0 in those that are not judged. flipped: which of the `flips` the first
    view is, where it stands alone. input_noise: that of the
    encoder input, in grey levels. noise: what was removed of it before encoding, since the good images have
    less; else 0. picture: see `small_picture`; None where it is made again.
    """

    source: Pixels | LoadedImage | Callable[[], Pixels]
    frame: Frame
    views: tuple[View, ...]
    reference_grids: tuple[torch.Tensor, ...] = ()
    recorded_again: tuple[View, ...] = ()
    zones: tuple[Zone, ...] = ()
    input_noise: float = 0.0
    noise: float = 0.0
    picture: Array | None = None
    flipped: int = 0

    @property
    def pixels(self) -> Pixels:
        """(H, W, 3) uint8 RGB, the original; read at each use where `source` is a function."""
        if isinstance(self.source, LoadedImage):
            return self.source.pixels
        return self.source() if callable(self.source) else self.source

    @property
    def features(self) -> Features:
        """Features of the first view."""
        return self.views[0].features

    @property
    def grid(self) -> torch.Tensor:
        """(h, w, C) patches of the first view."""
        return self.views[0].grid

    @property
    def embedding(self) -> Array:
        """(D,) float32 image embedding, L2-normalised."""
        return as_array(self.features.embedding)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the original in pixels."""
        return self.frame.original_size

    @cached_property
    def quality(self) -> Quality:
        """Quality of the original."""
        return self.source.quality if isinstance(self.source, LoadedImage) else measure_quality(self.pixels)

    @cached_property
    def components(self) -> list[Component] | None:
        """Foreground components in zones that are judged, or None where no background can be segmented."""
        found = find_components(self.pixels)
        return None if found is None else self.judged_components(found)

    def judged_components(self, found: list[Component]) -> list[Component]:
        """Return the components without those whose centre lies in a zone that is not judged."""
        ignored = self.ignored
        if ignored is None:
            return found
        return [one for one in found if not ignored[int(one.centroid[1]), int(one.centroid[0])]]

    @property
    def ignored(self) -> NDArray[np.bool_] | None:
        """(H, W) mask of the zones of the original that are not judged, or None for none."""
        masks = [on_original(zone, self.frame) for zone in self.zones if zone.ignored]
        return np.logical_or.reduce(masks) if masks else None

    def judged(self, values: torch.Tensor) -> torch.Tensor:
        """Return an (h, w) map over the input with 0 in zones that are not judged, and beyond the original.

        The input of a part at the image's border reaches beyond it; what it holds there is made up.
        """
        rows, columns = values.shape
        mask = ~self.frame.inside(rows, columns)
        ignored = ignored_cells(self.zones, rows, columns)
        left_out = torch.from_numpy(mask if ignored is None else mask | ignored)
        return values.masked_fill(undo_flip(left_out, self.flipped), 0.0)

    @cached_property
    def first_view(self) -> EncodedImage:
        """The same image with its first view only."""
        return self if len(self.views) == 1 else self.with_view(0)

    def with_view(self, number: int) -> EncodedImage:
        """Return the same image with one of its views only."""
        only = (self.views[number],)
        return EncodedImage(self.source, self.frame, only, zones=self.zones, flipped=number)


def patch_grid(features: Features, config: FewShotConfig) -> torch.Tensor:
    """Return an image's patches, (h, w, C) float32 of unit length.

    Each tap is resized to the deepest tap's grid, averaged over the neighbourhood and normalised; taps are
    concatenated with weights such that the cosine of two patches is the weighted mean of their taps' cosines.
    Raises ConfigError where the weights do not fit the taps.
    """
    count = len(features.taps)
    weights = config.tap_weights or features.weights or _default_weights(count)
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


def top_share_mean(values: torch.Tensor, share: float) -> torch.Tensor:
    """Return (...) means of the highest `share`, in (0, 1], of (..., n) values, at least one."""
    count = max(1, round(share * values.shape[-1]))
    means: torch.Tensor = values.topk(count, dim=-1).values.mean(dim=-1)
    return means


def as_array(values: torch.Tensor) -> Array:
    """Return a tensor as a float32 array."""
    return np.asarray(values.numpy(), dtype=np.float32)


def _default_weights(taps: int) -> tuple[float, ...]:
    if taps == 1:
        return (1.0,)
    return (*([(1 - DEEPEST_WEIGHT) / (taps - 1)] * (taps - 1)), DEEPEST_WEIGHT)
