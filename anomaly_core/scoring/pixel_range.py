"""The range of the good images' colours at each pixel, and what lies outside of it.

A patch of the encoder sees far beyond itself, so that an outline by the map's height is a blob about the
defect. Where good images lie on each other pixel by pixel, as parts in one fixture or turned parts that are
aligned do, the pixels themselves tell where the defect ends: those of a colour that no good image has within
a few pixels of this place. How far good images lie outside of the range of the others tells from which
difference on a pixel counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from anomaly_core.imaging.frame import Frame
from anomaly_core.imaging.registration import Aligned, align, refined
from anomaly_core.results import Array
from anomaly_core.scoring.outside import Outside, disc, peak_of, radius_of

SIDE: Final = 700
"""Shorter side in pixels of the images that are compared; larger ones are made smaller."""
MOST_IMAGES: Final = 16
"""Good images that the range is learned from: each is in memory, and further ones widen it little."""
LEAST_IMAGES: Final = 3
"""Good images that must lie on each other: of two, nothing tells how far a third lies outside."""
SMOOTHING: Final = 1 / 500
"""Standard deviation of the blur before colours are compared, as a share of the shorter side."""
MOST_TRIED: Final = 3
"""Good images that the others are laid on, one after the other, until most lie on one."""
ABOUT: Final = 1 / 35
"""Distance to a place within which what good images show is tolerated, as a share of the shorter side: no two
pictures of a rough belt are alike."""
TOLERANT: Final = 4.0
"""Distance of good images outside of the range at which one counts by half, in units of CIELAB."""
USUAL: Final = 99.5
"""Percentile of the good images' distances outside of the others' range up to which a pixel is usual."""
BEYOND: Final = 1.5
"""Least distance of a defect's pixel, as a multiple of that."""
LEAST: Final = 3.0
"""Least of it, in units of CIELAB: rounding and compression."""
MOST_OUTSIDE: Final = 0.2
"""Largest share of an image's pixels outside of the range: above it all of the image is of other colours."""
COARSE: Final = 64
"""Shorter side in pixels of the copies whose light is compared."""
SHADING: Final = 0.05
"""Standard deviation of the blur that the light differs by at least, as a share of the shorter side."""
MOST_GAIN: Final = 1.25
"""Most that an image is made brighter or darker for that."""
BLACK: Final = 8.0
"""Grey levels that are added to both before they are compared: what is black tells no light."""
_ARRAYS: Final = ("reference", "lowest", "highest", "matrix")

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Picture:
    """An image as it is compared: made `small`.

    pixels: (h, w, 3) uint8 RGB. frame: its own. ignored: (h, w), what is not judged, or None for nothing.
    """

    pixels: Pixels
    frame: Frame
    ignored: Mask | None = None


@dataclass(frozen=True, eq=False)
class PixelRange:
    """The range of the good images' colours on the grid of one of them.

    reference: (h, w, 3) uint8 RGB, the image that the others were laid on. frame: its own.
    lowest, highest: (h, w, 3) uint8 CIELAB as OpenCV stores it.
    tolerated: (h, w) float16, how far outside of the range the good images lie about each place.
    usual: see `USUAL`, in the same units.
    """

    reference: Pixels
    frame: Frame
    lowest: Pixels
    highest: Pixels
    tolerated: Array
    usual: float

    @property
    def least(self) -> float:
        """Least distance outside of the range from which a pixel is no good part's, in units of CIELAB."""
        return max(BEYOND * self.usual, LEAST)

    def outside(self, picture: Picture) -> Outside | None:
        """Return how far each pixel of an image lies outside of the range; None where nothing tells.

        None where it doesn't lie on the good images, or its colours are others as a whole.
        """
        laid = _laid(Picture(self.reference, self.frame), picture)
        if laid is None:
            return None
        away = _distance(_colours(_lit_as(laid.pixels, self.reference)), self.lowest, self.highest)
        away = _less(away, self.tolerated)
        away[~_judged(picture, laid)] = 0.0
        if float((away > self.least).mean()) > MOST_OUTSIDE:
            return None
        return Outside(away, laid.warp, picture.frame.original_size, self.least)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return what `from_arrays` reads."""
        values: tuple[NDArray[Any], ...] = (self.reference, self.lowest, self.highest, self.frame.matrix)
        sizes = (*self.frame.input_size, int(self.frame.aligned))
        arrays = dict(zip(_ARRAYS, values, strict=True))
        return {
            **arrays,
            "tolerated": self.tolerated,
            "input": np.array(sizes),
            "usual": np.array([self.usual]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> PixelRange:
        """Return the range of `to_arrays`'s result."""
        reference, lowest, highest, matrix = (arrays[name] for name in _ARRAYS)
        height, width, aligned = (int(value) for value in arrays["input"])
        frame = Frame(matrix, (height, width), reference.shape[:2], bool(aligned))
        return cls(reference, frame, lowest, highest, arrays["tolerated"], float(arrays["usual"][0]))


@dataclass(frozen=True, eq=False)
class Learned:
    """The range of good images' colours, and how far each of them lies outside that of the others.

    away: (h, w) float32 of each on the range's grid, as `Outside.values`; None for one that doesn't lie on
    most of the others. differ: median `peak_of` of the same without what places tolerate.
    """

    usual: PixelRange
    away: Sequence[Array | None]
    differ: float


def learn_range(images: Sequence[Picture]) -> Learned | None:
    """Return the range of good images, or None where too few lie on each other."""
    tried = (_laid_on(images, number) for number in range(min(len(images), MOST_TRIED)))
    enough = max(LEAST_IMAGES, len(images) // 2 + 1)
    number, laid = next(((k, one) for k, one in enumerate(tried) if len(one) >= enough), (0, {}))
    if not laid:
        return None
    reference, frame = images[number].pixels, images[number].frame
    colours = [_colours(_lit_as(one.pixels, reference)) for one in laid.values()]
    # Where an image shows nothing, it neither widens the range nor lies outside of it.
    shown = [_judged(images[k], one)[..., None] for k, one in laid.items()]
    low = [np.where(seen, _lowest(own), np.uint8(255)) for own, seen in zip(colours, shown, strict=True)]
    high = [np.where(seen, _highest(own), np.uint8(0)) for own, seen in zip(colours, shown, strict=True)]
    lows, highs = np.sort(low, axis=0)[:2], np.sort(high, axis=0)[-2:]
    # Corners that a turned part's picture shows but now and then have too narrow a range.
    often = 2 * np.sum([seen[..., 0] for seen in shown], axis=0) > len(shown)
    plain, known = [], []
    for own, lowest, highest, seen in zip(colours, low, high, shown, strict=True):
        # The range of the others: that of all but this one, which may be what sets it.
        least, most = np.where(lowest > lows[0], *lows), np.where(highest < highs[1], *highs[::-1])
        known.append(often & seen[..., 0] & (least <= most).all(axis=-1))
        plain.append(np.where(known[-1], _distance(own, least, most), np.float32(0)))
    second, first = np.sort(plain, axis=0)[-2:]
    away: list[Array | None] = [None] * len(images)
    for index, distances in zip(laid, plain, strict=True):
        away[index] = _less(distances, _tolerated(np.where(distances >= first, second, first)))
    laid_away = [values for values in away if values is not None]
    told = [values[where][::4] for values, where in zip(laid_away, known, strict=True)]
    level = float(np.percentile(np.concatenate(told), USUAL))
    lowest, highest = np.where(often[..., None], lows[0], 0), np.where(often[..., None], highs[1], 255)
    limits = lowest.astype(np.uint8), highest.astype(np.uint8)
    usual = PixelRange(reference, frame, *limits, _tolerated(first), level)
    return Learned(usual, away, float(np.median([peak_of(distances) for distances in plain])))


def _tolerated(distances: Array) -> Array:
    """Return how far outside of the range good images lie about each place, from the furthest at each."""
    radius = max(1, round(ABOUT * min(distances.shape)))
    furthest = cv2.dilate(distances, disc(radius))
    return np.asarray(cv2.GaussianBlur(furthest, (0, 0), radius / 2), np.float16)


def _less(distances: Array, tolerated: Array) -> Array:
    """Return distances outside of a range, less where good images lie outside of it, too."""
    return np.asarray(distances * (TOLERANT / (TOLERANT + tolerated.astype(np.float32))), np.float32)


def small(pixels: Pixels, frame: Frame, ignored: Mask | None = None) -> Picture:
    """Return an image at the size at which images are compared. Arguments: as in `Picture`, of any size."""
    height, width = pixels.shape[:2]
    scale = SIDE / min(height, width)
    if scale >= 1:
        return Picture(pixels, frame, ignored)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    resized = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    matrix = np.diag([size[0] / width, size[1] / height]) @ frame.matrix
    if ignored is not None:
        ignored = cv2.resize(ignored.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    moved = replace(frame, matrix=matrix, original_size=(size[1], size[0]), unseen=None)
    return Picture(resized, moved, ignored)


def _judged(picture: Picture, laid: Aligned) -> Mask:
    """Return where an image shows something that is judged, on the grid that it was laid on."""
    if picture.ignored is None:
        return laid.shown
    height, width = laid.shown.shape
    flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    ignored = cv2.warpAffine(picture.ignored.astype(np.uint8), laid.warp, (width, height), flags=flags)
    return np.asarray(laid.shown & (ignored == 0))


def _laid_on(images: Sequence[Picture], number: int) -> dict[int, Aligned]:
    """Return the images that lie on one of them, on its grid, by their numbers."""
    laid = {k: _laid(images[number], one) for k, one in enumerate(images)}
    return {k: one for k, one in laid.items() if one is not None}


def _laid(reference: Picture, picture: Picture) -> Aligned | None:
    """Return an image laid on another one, or None where the two don't match."""
    laid = align(reference.pixels, reference.frame, picture.pixels, picture.frame)
    return refined(laid, reference.pixels, picture.pixels) if laid.matches else None


def _lit_as(pixels: Pixels, reference: Pixels) -> Pixels:
    """Return an image with the light of another one that it lies on, both (h, w, 3) uint8 RGB.

    Parts that are turned, or move under a lamp, are lit from another side, and a shadow may fall on them:
    what is brighter or darker over more than a spot, by little and without an edge, is of the light.
    """
    height, width = reference.shape[:2]
    scale = COARSE / min(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    own, other = (cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in (pixels, reference))
    ratio = (other.astype(np.float32) + BLACK) / (own.astype(np.float32) + BLACK)
    # A hole is no shadow: what is far from the other counts as little, and what is small not at all.
    little = np.asarray(ratio.clip(1 / MOST_GAIN, MOST_GAIN), np.float32)
    gain = cv2.GaussianBlur(cv2.medianBlur(little, 5), (0, 0), SHADING * COARSE)
    return np.asarray(np.clip(pixels * cv2.resize(gain, (width, height)), 0, 255), np.uint8)


def _colours(pixels: Pixels) -> Pixels:
    """Return the (h, w, 3) uint8 CIELAB colours of RGB, smoothed."""
    blurred = cv2.GaussianBlur(pixels, (0, 0), max(SMOOTHING * min(pixels.shape[:2]), 0.8))
    return np.asarray(cv2.cvtColor(blurred, cv2.COLOR_RGB2LAB), np.uint8)


def _lowest(colours: Pixels) -> Pixels:
    return np.asarray(cv2.erode(colours, disc(radius_of(colours.shape[:2]))), np.uint8)


def _highest(colours: Pixels) -> Pixels:
    return np.asarray(cv2.dilate(colours, disc(radius_of(colours.shape[:2]))), np.uint8)


def _distance(colours: Pixels, lowest: Pixels, highest: Pixels) -> Array:
    """Return the (h, w) distances of colours outside of a range, each (h, w, 3) uint8."""
    below, above = cv2.subtract(lowest, colours), cv2.subtract(colours, highest)
    away = np.maximum(below, above).astype(np.float32)
    return np.asarray(np.sqrt((away**2).sum(axis=-1)), np.float32)
