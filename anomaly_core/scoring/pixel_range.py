"""The range of the good images' colours at each pixel, and what lies outside of it.

A patch of the encoder sees far beyond itself, so that an outline by the map's height is a blob about the
defect. Where good images lie on each other pixel by pixel, as parts in one fixture or turned parts that are
aligned do, the pixels themselves tell where the defect ends: those of a colour that no good image has within
a few pixels of this place, and those where all good images have a colour that this one has nowhere near, as
where a letter is missing. How far good images lie outside of the range of the others tells from which
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
from anomaly_core.scoring.outside import FLOORS, Outside, disc, radius_of, smoothed

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
SOFT: Final = 0.3
"""Share of a thin thing's contrast that is no evidence where it lacks."""
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
_ARRAYS: Final = ("reference", "lowest", "highest", "darkest", "brightest", "matrix")

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Bounds = tuple[Pixels, Pixels]
"""Lowest and highest colours at each pixel."""


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
    lowest, highest: (h, w, 3) uint8 CIELAB as OpenCV stores it, of all within `REACH` of a pixel.
    darkest, brightest: likewise of the pixel itself.
    tolerated: (s, h, w) float16, how far outside of the range the good images lie about each place, for each
        scale of `smoothed`. levels: (s,) usual largest distance of a good image at each.
    usual: see `USUAL`, in the same units.
    """

    reference: Pixels
    frame: Frame
    lowest: Pixels
    highest: Pixels
    darkest: Pixels
    brightest: Pixels
    tolerated: Array
    levels: Array
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
        colours = _colours(_lit_as(laid.pixels, self.reference))
        about, at = (self.lowest, self.highest), (self.darkest, self.brightest)
        plain = _away(colours, (_lowest(colours), _highest(colours)), about, at)
        plain[~_judged(picture, laid)] = 0.0
        away = _less(plain, self.tolerated[0])
        if float((away > self.least).mean()) > MOST_OUTSIDE:
            return None
        heights = _heights(_less(smoothed(plain), self.tolerated), self.levels)
        return Outside(away, heights, laid.warp, picture.frame.original_size, self.least)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return what `from_arrays` reads."""
        values: tuple[NDArray[Any], ...] = (
            *(self.reference, self.lowest, self.highest, self.darkest, self.brightest),
            self.frame.matrix,
        )
        sizes = (*self.frame.input_size, int(self.frame.aligned))
        arrays = dict(zip(_ARRAYS, values, strict=True))
        return {
            **arrays,
            "tolerated": self.tolerated,
            "levels": self.levels,
            "input": np.array(sizes),
            "usual": np.array([self.usual]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> PixelRange:
        """Return the range of `to_arrays`'s result."""
        reference, lowest, highest, darkest, brightest, matrix = (arrays[name] for name in _ARRAYS)
        height, width, aligned = (int(value) for value in arrays["input"])
        frame = Frame(matrix, (height, width), reference.shape[:2], bool(aligned))
        tolerated, levels, usual = arrays["tolerated"], arrays["levels"], float(arrays["usual"][0])
        return cls(reference, frame, lowest, highest, darkest, brightest, tolerated, levels, usual)


@dataclass(frozen=True, eq=False)
class Learned:
    """The range of good images' colours, and how far each of them lies outside that of the others.

    peaks: of each image that lies on the others, as `Outside.peak`. differ: median of their largest distances
    at the finer scale, plus its floor, in CIELAB, without what places tolerate.
    """

    usual: PixelRange
    peaks: Sequence[float]
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
    shown = [_judged(images[k], one) for k, one in laid.items()]
    about = _Bounds([_lowest(own) for own in colours], [_highest(own) for own in colours], shown)
    at = _Bounds(colours, colours, shown)
    # Corners that a turned part's picture shows but now and then have too narrow a range.
    often = 2 * np.sum(shown, axis=0) > len(shown)
    plain, known = [], []
    for index, own in enumerate(colours):
        least, most = others_about = about.of_others(index)
        known.append(often & shown[index] & (least <= most).all(axis=-1))
        own_about = about.low[index], about.high[index]
        distances = _away(own, own_about, others_about, at.of_others(index))
        plain.append(np.where(known[-1], distances, np.float32(0)))
    scales = np.stack([smoothed(distances) for distances in plain])
    second, first = np.sort(scales, axis=0)[-2:]
    # About a place where an image lies furthest outside, the others' distances are what is tolerated.
    others = [_tolerated(np.where(own >= first, second, first)) for own in scales]
    less = [_less(own, tolerated) for own, tolerated in zip(scales, others, strict=True)]
    levels = np.median([own.max(axis=(1, 2)) + FLOORS for own in less], axis=0).astype(np.float32)
    told = [
        _less(own, tolerated[0])[where][::4]
        for own, tolerated, where in zip(plain, others, known, strict=True)
    ]
    usual = PixelRange(
        reference,
        frame,
        *about.of_all(often),
        *at.of_all(often),
        _tolerated(first),
        levels,
        float(np.percentile(np.concatenate(told), USUAL)),
    )
    peaks = [float(_heights(own, levels).max()) for own in less]
    return Learned(usual, peaks, float(np.median(scales[:, 0].max(axis=(1, 2)))) + FLOORS[0])


class _Bounds:
    """Lowest and highest colours of several images at each pixel, of all and of all but one.

    low, high: of each image, (h, w, 3) uint8. shown: (h, w) of each; where an image shows nothing, it doesn't
    widen the range.
    """

    def __init__(self, low: Sequence[Pixels], high: Sequence[Pixels], shown: Sequence[Mask]) -> None:
        self.low = [
            np.where(seen[..., None], own, np.uint8(255)) for own, seen in zip(low, shown, strict=True)
        ]
        self.high = [
            np.where(seen[..., None], own, np.uint8(0)) for own, seen in zip(high, shown, strict=True)
        ]
        self._lows, self._highs = np.sort(self.low, axis=0)[:2], np.sort(self.high, axis=0)[-2:]

    def of_others(self, index: int) -> Bounds:
        """Return the bounds of all but one image, which may be what sets those of all."""
        least = np.where(self.low[index] > self._lows[0], *self._lows)
        return least, np.where(self.high[index] < self._highs[1], *self._highs[::-1])

    def of_all(self, known: Mask) -> Bounds:
        """Return the bounds of all images; where they aren't known, those of all colours."""
        least, most = (
            np.where(known[..., None], self._lows[0], 0),
            np.where(known[..., None], self._highs[1], 255),
        )
        return least.astype(np.uint8), most.astype(np.uint8)


def _tolerated(distances: Array) -> Array:
    """Return how far outside of the range good images lie about each place, from the furthest at each.

    distances: (s, h, w), smoothed at each scale.
    """
    radius = max(1, round(ABOUT * min(distances.shape[1:])))
    furthest = [cv2.GaussianBlur(cv2.dilate(one, disc(radius)), (0, 0), radius / 2) for one in distances]
    return np.asarray(furthest, np.float16)


def _less(distances: Array, tolerated: Array) -> Array:
    """Return distances outside of a range, less where good images lie outside of it, too."""
    return np.asarray(distances * (TOLERANT / (TOLERANT + tolerated.astype(np.float32))), np.float32)


def _heights(distances: Array, levels: Array) -> Array:
    """Return the (h, w) largest of smoothed distances, (s, h, w), in units of the usual peaks."""
    raised = distances + np.array(FLOORS, np.float32)[:, None, None]
    return np.asarray((raised / levels[:, None, None]).max(axis=0), np.float32)


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


def _away(own: Pixels, own_about: Bounds, about: Bounds, at: Bounds) -> Array:
    """Return the (h, w) distances of an image's colours outside of the good images' range, either way.

    What no good image has about a place was added, and what all of them have at it and this one has not about
    it is missing; less a share of the contrast there, which a soft picture lacks.

    own: (h, w, 3) uint8. own_about: its lowest and highest colours about each pixel. about, at: those of the
    good images about each pixel, and at the pixel itself.
    """
    contrast = np.linalg.norm(np.maximum(about[1].astype(np.float32) - about[0], 0), axis=-1)
    missing = _distance(*at, *own_about) - SOFT * contrast
    return np.asarray(np.maximum(_distance(own, own, *about), missing), np.float32)


def _distance(least: Pixels, most: Pixels, lowest: Pixels, highest: Pixels) -> Array:
    """Return the (h, w) distances of ranges of colours to another range of them, each (h, w, 3) uint8."""
    below, above = cv2.subtract(lowest, most), cv2.subtract(least, highest)
    away = np.maximum(below, above).astype(np.float32)
    return np.asarray(np.sqrt((away**2).sum(axis=-1)), np.float32)
