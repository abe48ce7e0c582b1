"""The range of the good images' colours at each pixel, and outlines by what lies outside of it.

A patch of the encoder sees far beyond itself, so that an outline by the map's height is a blob about the
defect. Where good images lie on each other pixel by pixel, as parts in one fixture or turned parts that are
aligned do, the pixels themselves tell where the defect ends: those of a colour that no good image has within
a few pixels of this place. How far good images lie outside of the range of the others tells from which
difference on a pixel counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from anomaly_core.imaging.frame import Frame
from anomaly_core.imaging.registration import Aligned, align
from anomaly_core.results import Array, Region
from anomaly_core.scoring.regions import region_of_mask

SIDE: Final = 700
"""Shorter side in pixels of the images that are compared; larger ones are made smaller."""
MOST_IMAGES: Final = 16
"""Good images that the range is learned from: each is in memory, and further ones widen it little."""
LEAST_IMAGES: Final = 3
"""Good images that must lie on each other: of two, nothing tells how far a third lies outside."""
SMOOTHING: Final = 1 / 500
"""Standard deviation of the blur before colours are compared, as a share of the shorter side."""
REACH: Final = 1 / 250
"""Distance over which a good image's colours count for a pixel, as a share of the shorter side: the rest of
what turning and shifting leave."""
MOST_TRIED: Final = 3
"""Good images that the others are laid on, one after the other, until most lie on one."""
USUAL: Final = 99.5
"""Percentile of the good images' distances outside of the others' range up to which a pixel is usual."""
BEYOND: Final = 1.5
"""Least distance of a defect's pixel, as a multiple of that."""
LEAST: Final = 3.0
"""Least of it, in units of CIELAB: rounding and compression."""
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
MOST_OUTSIDE: Final = 0.2
"""Largest share of an image's pixels outside of the range: above it all of the image is of other colours."""
LEAST_PIXELS: Final = 9
"""Least pixels of an outline."""
_ARRAYS: Final = ("reference", "lowest", "highest", "matrix")
_PREFIX: Final = "pixel_range/"

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class PixelRange:
    """The range of the good images' colours on the grid of one of them.

    reference: (h, w, 3) uint8 RGB, the image that the others were laid on. frame: its own.
    lowest, highest: (h, w, 3) uint8 CIELAB as OpenCV stores it. usual: see `USUAL`, in the same units.
    """

    reference: Pixels
    frame: Frame
    lowest: Pixels
    highest: Pixels
    usual: float

    @classmethod
    def learn(cls, images: Sequence[tuple[Pixels, Frame]]) -> PixelRange | None:
        """Return the range of good images, each made `small`, or None where too few lie on each other."""
        tried = (_laid_on(images, number) for number in range(min(len(images), MOST_TRIED)))
        enough = max(LEAST_IMAGES, len(images) // 2 + 1)
        number, laid = next(((k, one) for k, one in enumerate(tried) if len(one) >= enough), (0, []))
        if not laid:
            return None
        colours = [_colours(one.pixels) for one in laid]
        # Where an image shows nothing, it neither widens the range nor lies outside of it.
        shown = [one.shown[..., None] for one in laid]
        low = [np.where(seen, _lowest(own), np.uint8(255)) for own, seen in zip(colours, shown, strict=True)]
        high = [np.where(seen, _highest(own), np.uint8(0)) for own, seen in zip(colours, shown, strict=True)]
        lows, highs = np.sort(low, axis=0)[:2], np.sort(high, axis=0)[-2:]
        away = []
        for own, lowest, highest, seen in zip(colours, low, high, shown, strict=True):
            # The range of the others: that of all but this one, which may be what sets it.
            least, most = np.where(lowest > lows[0], *lows), np.where(highest < highs[1], *highs[::-1])
            known = seen[..., 0] & (least <= most).all(axis=-1)
            away.append(_distance(own, least, most)[known][::4])
        usual = float(np.percentile(np.concatenate(away), USUAL))
        reference, frame = images[number]
        return cls(reference, frame, lows[0], highs[1], usual)

    @property
    def least(self) -> float:
        """Least distance outside of the range from which a pixel is no good part's, in units of CIELAB."""
        return max(BEYOND * self.usual, LEAST)

    def outside(self, pixels: Pixels, frame: Frame) -> Array | None:
        """Return how far each pixel lies outside of the range, in units of CIELAB; None where nothing tells.

        pixels, frame: of an image made `small`. Returns (h, w) float32 on its grid: 0 within the range. None
        where it doesn't lie on the good images, or its colours are others as a whole.
        """
        laid = align(pixels, frame, self.reference, self.frame)
        if not laid.matches:
            return None
        lowest, highest = (laid.warped(each) for each in (self.lowest, self.highest))
        away = _distance(_colours(pixels), lowest, highest)
        away[~laid.shown] = 0.0
        return None if float((away > self.least).mean()) > MOST_OUTSIDE else away

    def outlines(self, pixels: Pixels, frame: Frame, regions: Sequence[Region]) -> list[Region | None]:
        """Return the regions with the outlines of the pixels that no good image has there.

        pixels: (H, W, 3) uint8 RGB, the whole image. frame: its own. None for a region in which none is
        clearly outside of the range.
        """
        away = self.outside(*small(pixels, frame)) if regions else None
        if away is None:
            return [None] * len(regions)
        found = [(region, self._outline(away, region)) for region in regions]
        return [
            None if outline is None else region_of_mask(outline, score=region.score)
            for region, outline in found
        ]

    def _outline(self, away: Array, region: Region) -> Mask | None:
        """Return the (H, W) outline of a region by the distances of `outside`; None where none is clear."""
        size = away.shape[::-1]
        inside = cv2.resize(region.mask.astype(np.uint8), size, interpolation=cv2.INTER_AREA) > 0
        if not inside.any():
            return None
        peak = float(away[inside].max())
        if peak < CLEAR * self.least:
            return None
        radius = _radius(away.shape)
        joined = cv2.morphologyEx(
            (away > max(self.least, OF_PEAK * peak)).astype(np.uint8), cv2.MORPH_CLOSE, _disc(radius)
        )
        _, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
        touched = np.unique(labels[inside & (joined > 0)])
        areas = {int(k): int(stats[k, cv2.CC_STAT_AREA]) for k in touched if k}
        largest = max(areas.values())
        kept = [
            k
            for k, area in areas.items()
            if area >= LEAST_AREA * largest and away[inside & (labels == k)].max() >= LEAST_PEAK * peak
        ]
        outline = np.isin(labels, kept)
        if outline.sum() > MOST_GROWTH * inside.sum():
            outline &= cv2.dilate(inside.astype(np.uint8), _disc(2 * radius)) > 0
        whole = region.mask.shape
        full = cv2.resize(outline.astype(np.uint8), whole[::-1], interpolation=cv2.INTER_NEAREST) > 0
        return np.asarray(full) if full.sum() >= LEAST_PIXELS else None

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return what `pixel_range_of` reads."""
        values: tuple[NDArray[Any], ...] = (self.reference, self.lowest, self.highest, self.frame.matrix)
        arrays = {f"{_PREFIX}{name}": value for name, value in zip(_ARRAYS, values, strict=True)}
        sizes = (*self.frame.input_size, int(self.frame.aligned))
        return {**arrays, f"{_PREFIX}input": np.array(sizes), f"{_PREFIX}usual": np.array([self.usual])}


def pixel_range_of(arrays: Mapping[str, NDArray[Any]]) -> PixelRange | None:
    """Return the range in a product's arrays, or None where it has none."""
    if f"{_PREFIX}reference" not in arrays:
        return None
    reference, lowest, highest, matrix = (arrays[f"{_PREFIX}{name}"] for name in _ARRAYS)
    height, width, aligned = (int(value) for value in arrays[f"{_PREFIX}input"])
    frame = Frame(matrix, (height, width), reference.shape[:2], bool(aligned))
    return PixelRange(reference, frame, lowest, highest, float(arrays[f"{_PREFIX}usual"][0]))


def small(pixels: Pixels, frame: Frame) -> tuple[Pixels, Frame]:
    """Return an image and its frame at the size at which images are compared."""
    height, width = pixels.shape[:2]
    scale = SIDE / min(height, width)
    if scale >= 1:
        return pixels, frame
    size = max(1, round(width * scale)), max(1, round(height * scale))
    resized = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    matrix = np.diag([size[0] / width, size[1] / height]) @ frame.matrix
    return resized, replace(frame, matrix=matrix, original_size=(size[1], size[0]), unseen=None)


def _laid_on(images: Sequence[tuple[Pixels, Frame]], number: int) -> list[Aligned]:
    """Return the images that lie on one of them, on its grid."""
    reference, frame = images[number]
    return [laid for each in images if (laid := align(reference, frame, *each)).matches]


def _colours(pixels: Pixels) -> Pixels:
    """Return the (h, w, 3) uint8 CIELAB colours of RGB, smoothed."""
    blurred = cv2.GaussianBlur(pixels, (0, 0), max(SMOOTHING * min(pixels.shape[:2]), 0.8))
    return np.asarray(cv2.cvtColor(blurred, cv2.COLOR_RGB2LAB), np.uint8)


def _radius(shape: Iterable[int]) -> int:
    return max(1, round(REACH * min(shape)))


def _disc(radius: int) -> NDArray[np.uint8]:
    size = 2 * radius + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)


def _lowest(colours: Pixels) -> Pixels:
    return np.asarray(cv2.erode(colours, _disc(_radius(colours.shape[:2]))), np.uint8)


def _highest(colours: Pixels) -> Pixels:
    return np.asarray(cv2.dilate(colours, _disc(_radius(colours.shape[:2]))), np.uint8)


def _distance(colours: Pixels, lowest: Pixels, highest: Pixels) -> Array:
    """Return the (h, w) distances of colours outside of a range, each (h, w, 3) uint8."""
    below, above = cv2.subtract(lowest, colours), cv2.subtract(colours, highest)
    away = np.maximum(below, above).astype(np.float32)
    return np.asarray(np.sqrt((away**2).sum(axis=-1)), np.float32)
