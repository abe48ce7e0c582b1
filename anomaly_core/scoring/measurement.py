"""Measurement of a region: shape, size, orientation, contrast and colour, as numbers and as a phrase."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from anomaly_core.errors import ConfigError
from anomaly_core.results import Region

_RING_PX: Final = 25
"""Largest width in pixels of the surroundings that a region is compared with."""

_PIECE_PX: Final = 6
"""Length of a piece of a region, whose middle is looked at."""
_PIECES: Final = (4, 12)
"""Least and most pieces of a region."""
_GAP_PX: Final = 2.5
"""Least pixels between two arms of a piece."""
_TINT: Final = 16.0
"""Least range of the channels' differences of what is tinted."""

Shape = Literal["round", "elongated", "irregular"]


@dataclass(frozen=True)
class RegionDescription:
    """Measurements of one region.

    shape: "round" (aspect ratio at most 1.6, solid), "elongated" (3 or more), else "irregular".
    length_px >= width_px: sides of the smallest enclosing rectangle; the width is area / length where the
        mask fills less than 0.6 of its hull, as a curved crack does.
    orientation_deg: of the long side, in [0, 180), counter-clockwise from the x axis on screen; None where
        the rectangle is nearly square. solidity: area over that of the convex hulls of its connected
        areas, in (0, 1]. bend: how far its middle line leaves a straight one, over its length.
        forked: share of its length where it is in two or more arms, in [0, 1].
    area_share: of the image, in (0, 1]. contrast: mean grey level inside minus that of the surroundings, or
        of the same place in the template where one was given; negative is darker.
    colour: a colour word where the region has a hue that its surroundings do not have, or a tint, else None.
    text: these numbers as one English phrase.
    """

    shape: Shape
    length_px: float
    width_px: float
    orientation_deg: float | None
    solidity: float
    area_share: float
    contrast: float
    compared_with: Literal["surroundings", "template"]
    colour: str | None
    text: str
    bend: float = 0.0
    forked: float = 0.0


def describe_region(
    pixels: NDArray[np.uint8], region: Region, template: NDArray[np.uint8] | None = None
) -> RegionDescription:
    """Measure one region of an image.

    pixels: (H, W, 3) uint8 RGB on the grid of region.mask. template: the same for a normal image aligned
    with this one, for the contrast. Raises ConfigError where the sizes differ.
    """
    if pixels.shape[:2] != region.mask.shape:
        raise ConfigError(f"the image is {pixels.shape[:2]} but the region's mask is {region.mask.shape}")
    if template is not None and template.shape != pixels.shape:
        raise ConfigError(f"the template is {template.shape} but the image is {pixels.shape}; align it first")
    length, width, orientation, solidity = _geometry(region)
    aspect = length / max(width, 1.0)
    shape: Shape = "irregular"
    if aspect >= 3:
        shape = "elongated"
    elif aspect <= 1.6 and solidity >= 0.85:
        shape = "round"

    near = _near(region)
    mask, shown = region.mask[near], pixels[near]
    inside = shown[mask].astype(np.float64)
    reference = template[near][mask] if template is not None else shown[_ring(mask)]
    compared: Literal["surroundings", "template"] = "template" if template is not None else "surroundings"
    # A region that fills the image has no surroundings: its contrast with itself is 0.
    around = reference.astype(np.float64) if reference.size else inside
    contrast = _grey(inside) - _grey(around)
    colour = colour_word(inside.mean(axis=0))
    if colour is None:
        colour = _tint(inside.mean(axis=0), around.mean(axis=0))
    elif _same_hue(inside.mean(axis=0), around.mean(axis=0)):
        colour = None
    share = region.area_px / region.mask.size
    text = _sentence(shape, length, width, orientation, contrast, compared, colour)
    return RegionDescription(
        *(shape, length, width, orientation, solidity, share, contrast, compared, colour, text),
        *course_of(region),
    )


def colour_contrast(pixels: NDArray[np.uint8], region: Region) -> float:
    """Return the root mean square distance of a region's mean colour from its surroundings', in levels.

    pixels: (H, W, 3) uint8 RGB, the original. 0 for a region that fills the image.
    """
    near = _near(region)
    mask, shown = region.mask[near], pixels[near].astype(np.float64)
    around = shown[_ring(mask)]
    apart = shown[mask].mean(axis=0) - around.mean(axis=0) if around.size else np.zeros(3)
    return float(np.sqrt(np.square(apart).mean()))


def _near(region: Region) -> tuple[slice, slice]:
    """Return a region's neighbourhood: on a large photograph the rest of the image costs most."""
    x0, y0, x1, y1 = region.bbox
    return np.s_[max(y0 - _RING_PX - 1, 0) : y1 + _RING_PX + 1, max(x0 - _RING_PX - 1, 0) : x1 + _RING_PX + 1]


def course_of(region: Region) -> tuple[float, float]:
    """Return the bend of a region's middle line, and the share of its length where it is in two or more arms.

    bend: range of the middle line across the longest extent, over the length of that.
    """
    x0, y0, x1, y1 = region.bbox
    y, x = np.nonzero(region.mask[y0:y1, x0:x1])
    points = np.stack([x, y], axis=1).astype(np.float64)
    centred = points - points.mean(axis=0)
    axes = np.linalg.eigh(centred.T @ centred)[1]
    across, along = (centred @ axes).T  # the least variance first
    length = float(np.ptp(along)) + 1
    count = int(np.clip(length / _PIECE_PX, *_PIECES))
    piece = np.minimum((along - along.min()) / length * count, count - 1).astype(int)
    pieces = [np.sort(across[piece == number]) for number in range(count)]
    held = [each for each in pieces if len(each)]
    middle = [float(each.mean()) for each in held]
    forked = [len(each) > 1 and float(np.diff(each).max()) > _GAP_PX for each in held]
    return float(np.ptp(middle)) / length, float(np.mean(forked))


def _geometry(region: Region) -> tuple[float, float, float | None, float]:
    """Return length and width in pixels, orientation in degrees or None, solidity."""
    x0, y0, x1, y1 = region.bbox
    part = np.ascontiguousarray(region.mask[y0:y1, x0:x1].astype(np.uint8))
    contours, _ = cv2.findContours(part, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    centres = np.concatenate(contours).reshape(-1, 2).astype(np.float32)
    points = cv2.boxPoints(cv2.minAreaRect(centres))
    sides = (points[1] - points[0], points[2] - points[1])
    long, short = sorted(sides, key=lambda v: -float(np.hypot(*v)))
    # Contours run through pixel centres, half a pixel short of the region on each side.
    length, width = float(np.hypot(*long)) + 1, float(np.hypot(*short)) + 1
    angle = math.degrees(math.atan2(-float(long[1]), float(long[0])))
    orientation = round(angle % 180.0, 3) % 180.0 if length >= 1.6 * width else None
    half = np.array([(-0.5, -0.5), (-0.5, 0.5), (0.5, -0.5), (0.5, 0.5)], dtype=np.float32)
    hulls = [
        cv2.convexHull((each.reshape(-1, 1, 2).astype(np.float32) + half).reshape(-1, 2)) for each in contours
    ]
    solidity = min(region.area_px / sum(float(cv2.contourArea(hull)) for hull in hulls), 1.0)
    if solidity < 0.6:  # curved or branched: its enclosing rectangle is far wider than the line itself
        width = min(width, region.area_px / length)
    return length, width, orientation, solidity


def _ring(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the surroundings of a mask: a band as wide as the region's radius, 3 to 25 px."""
    radius = int(min(max(math.sqrt(mask.sum() / math.pi), 3), _RING_PX))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    near = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    image = mask.astype(np.uint8)
    # One pixel of margin: the edge of a defect is blurred into its surroundings.
    return (cv2.dilate(image, kernel) > 0) & ~(cv2.dilate(image, near) > 0)


def _grey(pixels: NDArray[np.float64]) -> float:
    """Return the mean luma of (n, 3) RGB, ITU-R BT.601."""
    return float((pixels @ np.array([0.299, 0.587, 0.114])).mean())


def colour_word(mean: NDArray[np.float64]) -> str | None:
    """Name the hue of a mean colour, (3,) RGB in [0, 255], or None where it is near grey."""
    high, low = float(mean.max()), float(mean.min())
    if high - low < 40 or (high - low) / max(high, 1.0) < 0.3:
        return None
    return _hue_word(mean, dark=high < 150)


def _same_hue(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    """Return whether two mean colours, (3,) RGB, are of one hue: brown is a dark orange."""
    both = [None if colour_word(each) is None else _hue_word(each, dark=False) for each in (one, other)]
    return both[0] == both[1]


def _tint(inside: NDArray[np.float64], around: NDArray[np.float64]) -> str | None:
    """Name the hue by which a region near grey is more coloured than its surroundings; (3,) RGB each.

    The surroundings are compared at the region's brightness: a shadow has no tint.
    """
    shaded = inside - around * (inside.mean() / max(float(around.mean()), 1.0))
    if np.ptp(shaded) < _TINT or np.ptp(inside) < np.ptp(around) + _TINT / 2:
        return None
    return _hue_word(shaded, dark=float(inside.max()) < 200)


def _hue_word(mean: NDArray[np.float64], *, dark: bool) -> str:
    """Name the hue of an RGB colour, or of a difference of colours; a dark orange is brown."""
    red, green, blue = (float(v) for v in mean)
    hue = math.degrees(math.atan2(math.sqrt(3) * (green - blue), 2 * red - green - blue)) % 360
    if 15 <= hue < 45:
        return "brown" if dark else "orange"
    names = ((15, "red"), (70, "yellow"), (165, "green"), (200, "cyan"), (260, "blue"), (300, "purple"))
    return next((name for upper, name in names if hue < upper), "pink" if hue < 345 else "red")


def _sentence(
    shape: Shape,
    length: float,
    width: float,
    orientation: float | None,
    contrast: float,
    compared_with: str,
    colour: str | None,
) -> str:
    """Phrase the measurements."""
    levels = abs(round(contrast))
    tone = "" if levels < 3 else "dark" if contrast < 0 else "bright"
    words = " ".join(w for w in (shape, tone, colour or "") if w)
    article = "an" if words[0] in "aeiou" else "a"
    if shape == "round":
        size = f"about {round((length + width) / 2)} px across"
    else:
        size = f"{round(length)} px long and {max(round(width), 1)} px wide"
    degrees = 0 if orientation is None else round(orientation) % 180
    unit = "degree" if degrees == 1 else "degrees"
    running = "" if orientation is None else f", running at {degrees} {unit}"
    against = "its surroundings" if compared_with == "surroundings" else "the normal template there"
    unit = "grey level" if levels == 1 else "grey levels"
    if levels == 0:
        difference = f"as bright as {against}"
    else:
        difference = f"{levels} {unit} {'darker' if contrast < 0 else 'brighter'} than {against}"
    return f"{article} {words} area {size}{running}, {difference}"
