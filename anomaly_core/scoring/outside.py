"""How far an image's pixels lie outside of the range of the good images' colours, and the areas that do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from anomaly_core.results import Array, Region
from anomaly_core.scoring.regions import MOST_REGIONS, region_of_mask

REACH: Final = 1 / 250
"""Distance over which a good image's colours count for a pixel, as a share of the shorter side: the rest of
what turning and shifting leave."""
SCALES: Final = (1 / 350, 1 / 80)
"""Standard deviations of the blur before the largest distance is taken, as shares of the shorter side: single
pixels say little, and edges, at which good images differ, nothing beside an area of another colour."""
FLOORS: Final = (2.0, 4.0)
"""What is added to that of each: good images that hardly differ are no measure of what a defect is, and over
a wider area the light differs."""
CLEAR: Final = 1.33
"""Least ratio of a region's largest distance to that least one: below it nothing stands out clearly."""
OF_PEAK: Final = 0.25
"""Least distance of a region's pixel, as a share of its largest: a defect's edge is blurred."""
LEAST_PEAK: Final = 0.5
"""Least of an area's own largest distance, as a share of the region's."""
LEAST_AREA: Final = 0.1
"""Least of an area, as a share of the region's largest one."""
MOST_GROWTH: Final = 2.0
"""Largest ratio of the outline by pixels to the one by height; beyond it only what lies in that counts."""
LEAST_PIXELS: Final = 9
"""Least pixels of an outline."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Outside:
    """How far an image's pixels lie outside of the range of the good images' colours.

    values: (h, w) float32 on the range's grid, in units of CIELAB, less where good images lie outside of it,
        too; 0 within the range.
    heights: (h, w) float32, the same smoothed, over the good images' usual peaks.
    warp: (2, 3), pixels of that grid -> of the image made `small`, of this (height, width) `size`.
    least: see `PixelRange.least`.
    """

    values: Array
    heights: Array
    warp: NDArray[np.float64]
    size: tuple[int, int]
    least: float

    @property
    def peak(self) -> float:
        """The largest of the heights."""
        return float(self.heights.max())

    def on_image(self, values: Array) -> Array:
        """Return (h, w) values on the image made `small`, (height, width) float32; 0 where none lie."""
        height, width = self.size
        return np.asarray(cv2.warpAffine(values, self.warp, (width, height)), np.float32)

    def areas(self, limit: float, size: tuple[int, int]) -> list[tuple[Mask, float]]:
        """Return the areas of an image whose height exceeds a limit, highest first, with its multiple.

        size: (height, width) of the original, on which the masks are.
        """
        values, peaks = self.on_image(self.values), self.on_image(self.heights)
        found = []
        _, labels = cv2.connectedComponents(_joined(values, self.least), connectivity=8)
        for number in np.unique(labels[(peaks > limit) & (labels > 0)]):
            area = labels == number
            peak = float(values[area].max())
            outline = (_joined(values, max(self.least, OF_PEAK * peak)) > 0) & area
            found.append((_on_original(outline, size), float(peaks[area].max()) / limit))
        found.sort(key=lambda one: -one[1])
        return [(mask, times) for mask, times in found[:MOST_REGIONS] if mask.any()]

    def outlines(self, regions: Sequence[Region]) -> list[Region | None]:
        """Return the regions with the outlines of the pixels that no good image has there.

        None for a region in which none is clearly outside of the range.
        """
        values = self.on_image(self.values)
        found = [(region, self._outline(values, region)) for region in regions]
        return [
            None if outline is None else region_of_mask(outline, score=region.score)
            for region, outline in found
        ]

    def _outline(self, away: Array, region: Region) -> Mask | None:
        """Return the (H, W) outline of a region by the distances of `outside`; None where none is clear."""
        # A thin line must not vanish where the image is made smaller.
        shrunk = cv2.resize(
            region.mask.astype(np.uint8) * 255, away.shape[::-1], interpolation=cv2.INTER_AREA
        )
        inside = shrunk > 0
        peak = float(away[inside].max())
        if peak < CLEAR * self.least:
            return None
        joined = _joined(away, max(self.least, OF_PEAK * peak))
        outline = strong_areas(joined, np.where(inside, away, np.float32(0)), inside, peak)
        if outline.sum() > MOST_GROWTH * inside.sum():
            outline &= cv2.dilate(shrunk, disc(2 * radius_of(away.shape))) > 0
        full = _on_original(outline, region.mask.shape)
        return full if full.sum() >= LEAST_PIXELS else None


def strong_areas(joined: NDArray[np.uint8], values: Array, touched: Mask, peak: float) -> Mask:
    """Return the areas of an (h, w) mask that are touched and neither far smaller nor far weaker than others.

    values: (h, w), of which an area has its largest one. peak: the region's largest. Grain may leave hundreds
    of specks: only the few large areas are looked at. At least one area is touched.
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    areas = {int(k): int(stats[k, cv2.CC_STAT_AREA]) for k in np.unique(labels[touched]) if k}
    large = [k for k, area in areas.items() if area >= LEAST_AREA * max(areas.values())]
    return np.isin(labels, [k for k in large if values[labels == k].max() >= LEAST_PEAK * peak])


def smoothed(values: Array) -> Array:
    """Return (h, w) distances outside of the range at each of `SCALES`, (s, h, w)."""
    side = min(values.shape)
    return np.stack([np.asarray(cv2.GaussianBlur(values, (0, 0), scale * side)) for scale in SCALES])


def _joined(values: Array, least: float) -> NDArray[np.uint8]:
    """Return the (h, w) mask of values above a least one, small gaps closed."""
    above = (values > least).astype(np.uint8)
    return np.asarray(cv2.morphologyEx(above, cv2.MORPH_CLOSE, disc(radius_of(values.shape))), np.uint8)


def _on_original(mask: Mask, size: tuple[int, ...]) -> Mask:
    """Return an (h, w) mask on the grid of the original, of this (height, width)."""
    whole = cv2.resize(mask.astype(np.uint8), (size[1], size[0]), interpolation=cv2.INTER_NEAREST)
    return np.asarray(whole > 0)


def radius_of(shape: Iterable[int]) -> int:
    """Return `REACH` on a grid of this (height, width), in pixels, at least one."""
    return max(1, round(REACH * min(shape)))


def disc(radius: int) -> NDArray[np.uint8]:
    """Return a disc as a structuring element, (2 r + 1, 2 r + 1)."""
    size = 2 * radius + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)
