"""Anomaly map -> regions -> words: where the map exceeds the normal range, and what is seen there.

Every number in a description is measured on the picture, so that a language model has only to phrase it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from anomaly_core.errors import ConfigError
from anomaly_core.inspection import Array, Region, cell_of

MIN_AREA_SHARE: Final = 0.0002
"""Least area of a region as a share of the image, where the caller names none (0.02 %)."""
MIN_AREA_PX: Final = 9
"""Least area of a region in pixels, where the caller names none: one 3x3 speck."""

MOST_REGIONS: Final = 10
"""Most regions of a map, where the caller names no number."""

_RING_PX: Final = 25
"""Greatest width in pixels of the surroundings that a region is compared with."""

Shape = Literal["round", "elongated", "irregular"]


def find_regions(
    values: Array,
    *,
    threshold: float,
    min_area_px: int | None = None,
    max_regions: int = MOST_REGIONS,
    scale: float,
) -> list[Region]:
    """Return the connected areas of an anomaly map that reach the threshold, strongest peak first.

    values: (H, W) float32 anomaly map. threshold: in the map's unit; a pixel at it belongs.
    min_area_px: smaller areas are dropped, save the strongest; default 0.02 % of the image, at least 9 px.
    scale: the map's unit of excess, such as the spread of normal scores, above 0. A region's score is
        1 - exp(-(peak - threshold) / scale): 0 at the threshold, 0.63 one scale above it, towards 1.
    The mask closes gaps of a pixel or two (more on large images), so it may hold pixels below the threshold.
    Raises ConfigError where the map is not a finite (H, W) array, or scale or max_regions is not positive.
    """
    if values.ndim != 2 or values.size == 0 or not np.isfinite(values).all():
        raise ConfigError(f"an anomaly map must be a finite (H, W) array, not one of shape {values.shape}")
    if not (scale > 0 and math.isfinite(scale) and math.isfinite(threshold)):
        raise ConfigError(f"threshold must be finite and scale positive, not {threshold} and {scale}")
    if max_regions < 1:
        raise ConfigError(f"max_regions must be at least 1, not {max_regions}")
    least = max(MIN_AREA_PX, round(MIN_AREA_SHARE * values.size)) if min_area_px is None else min_area_px

    labels, boxes = _components(values >= threshold)
    if not boxes:
        return []
    peaks = [
        float(values[y0:y1, x0:x1][labels[y0:y1, x0:x1] == k].max())
        for k, (x0, y0, x1, y1, _) in enumerate(boxes, start=1)
    ]
    order = sorted(range(len(boxes)), key=lambda k: (-peaks[k], -boxes[k][4]))
    kept = [k for rank, k in enumerate(order) if rank == 0 or boxes[k][4] >= least][:max_regions]
    return [
        region_of_mask(labels == k + 1, score=1.0 - math.exp(-max(peaks[k] - threshold, 0.0) / scale))
        for k in kept
    ]


def region_of_mask(mask: NDArray[np.bool_], *, score: float) -> Region:
    """Return the region that a mask draws: (H, W) bool with at least one true pixel; score in [0, 1].

    The cell is that of the centroid, or of the mask pixel nearest to it where the centroid lies outside
    the mask, as it does in a ring. Raises ConfigError for an empty mask.
    """
    rows, columns = np.nonzero(mask)
    if rows.size == 0:
        raise ConfigError("a region needs a mask with at least one true pixel")
    height, width = mask.shape
    x, y = float(columns.mean()), float(rows.mean())
    at_x, at_y = x, y
    if not mask[round(y), round(x)]:
        nearest = int(np.argmin((columns - x) ** 2 + (rows - y) ** 2))
        at_x, at_y = float(columns[nearest]), float(rows[nearest])
    return Region(
        bbox=(int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1),
        centroid=(x, y),
        # A pixel covers [n, n + 1): its middle decides the cell, so that the grid is symmetric.
        cell=cell_of(at_x + 0.5, at_y + 0.5, width, height),
        area_px=int(rows.size),
        score=score,
        mask=mask,
    )


def regions_of_mask(mask: NDArray[np.bool_], *, score: float = 1.0) -> list[Region]:
    """Return the 8-connected parts of a known mask, (H, W) bool, largest first, each with the same score."""
    labels, boxes = _components(mask, close=False)
    order = sorted(range(len(boxes)), key=lambda k: -boxes[k][4])
    return [region_of_mask(labels == k + 1, score=score) for k in order]


def _components(
    binary: NDArray[np.bool_], *, close: bool = True
) -> tuple[NDArray[np.int32], list[tuple[int, int, int, int, int]]]:
    """Label 8-connected parts 1..n; return (H, W) labels and (x0, y0, x1, y1, area) of each part."""
    image: NDArray[np.uint8] = binary.astype(np.uint8)
    if close:
        radius = max(1, round(min(image.shape) / 300))
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
        # The border is padded, or closing would treat the outside as true there and reach along the edge.
        padded = cv2.copyMakeBorder(image, radius, radius, radius, radius, cv2.BORDER_CONSTANT, value=0)
        closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, kernel)
        image = np.maximum(image, closed[radius:-radius, radius:-radius]).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(image, connectivity=8, ltype=cv2.CV_32S)
    boxes = []
    for k in range(1, count):
        x, y, w, h, area = (int(v) for v in stats[k])
        boxes.append((x, y, x + w, y + h, area))
    return np.asarray(labels, dtype=np.int32), boxes


@dataclass(frozen=True)
class RegionDescription:
    """What was measured in one region.

    shape: "round" (about as long as wide, and solid), "elongated" (three times as long as wide, or more),
        else "irregular". length_px >= width_px: the sides of the smallest enclosing rectangle; the width
        is area / length where the mask fills little of its hull, as a curved crack does.
    orientation_deg: of the long side, in [0, 180), counter-clockwise from the x axis as seen on screen;
        None where that rectangle is nearly square. solidity: area over that of the convex hull, in (0, 1].
    area_share: of the image, in (0, 1]. contrast: mean grey level inside minus that of its surroundings
        (of the same place in the template where one was given), in grey levels, negative = darker.
    colour: a plain word where the region is colourful and its surroundings are not of that colour, else None.
    text: one English phrase made of these numbers.
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


def describe_region(
    pixels: NDArray[np.uint8], region: Region, template: NDArray[np.uint8] | None = None
) -> RegionDescription:
    """Measure one region of an image.

    pixels: (H, W, 3) uint8 RGB on the grid of region.mask. template: the same, of a normal image aligned
    with this one; the contrast is then taken against the template at the same place.
    Raises ConfigError where the sizes differ.
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

    # Only the region's own neighbourhood is looked at: on a large photograph the rest costs most.
    x0, y0, x1, y1 = region.bbox
    near = np.s_[max(y0 - _RING_PX - 1, 0) : y1 + _RING_PX + 1, max(x0 - _RING_PX - 1, 0) : x1 + _RING_PX + 1]
    mask, shown = region.mask[near], pixels[near]
    inside = shown[mask].astype(np.float64)
    reference = template[near][mask] if template is not None else shown[_ring(mask)]
    compared: Literal["surroundings", "template"] = "template" if template is not None else "surroundings"
    # A region that fills the image has no surroundings: its contrast with itself is 0.
    around = reference.astype(np.float64) if reference.size else inside
    contrast = _grey(inside) - _grey(around)
    colour = colour_word(inside.mean(axis=0))
    if colour is not None and colour == colour_word(around.mean(axis=0)):
        colour = None
    share = region.area_px / region.mask.size
    text = _sentence(shape, length, width, orientation, contrast, compared, colour)
    return RegionDescription(
        shape, length, width, orientation, solidity, share, contrast, compared, colour, text
    )


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
    hull = cv2.convexHull((centres[:, None] + half).reshape(-1, 2))
    solidity = min(region.area_px / float(cv2.contourArea(hull)), 1.0)
    if solidity < 0.6:  # curved or branched: its enclosing rectangle is far wider than the line itself
        width = min(width, region.area_px / length)
    return length, width, orientation, solidity


def _ring(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the surroundings of a mask: a band about as wide as the region's own radius, 3 to 25 px."""
    radius = int(min(max(math.sqrt(mask.sum() / math.pi), 3), _RING_PX))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    near = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    image = mask.astype(np.uint8)
    # One pixel of margin: the edge of a defect is blurred into its surroundings.
    return (cv2.dilate(image, kernel) > 0) & ~(cv2.dilate(image, near) > 0)


def _grey(pixels: NDArray[np.float64]) -> float:
    """Mean luma of (n, 3) RGB, ITU-R BT.601."""
    return float((pixels @ np.array([0.299, 0.587, 0.114])).mean())


def colour_word(mean: NDArray[np.float64]) -> str | None:
    """Name the hue of a mean colour, (3,) RGB in [0, 255], or None where it is near grey."""
    high, low = float(mean.max()), float(mean.min())
    if high - low < 40 or (high - low) / max(high, 1.0) < 0.3:
        return None
    red, green, blue = (float(v) for v in mean)
    hue = math.degrees(math.atan2(math.sqrt(3) * (green - blue), 2 * red - green - blue)) % 360
    if 15 <= hue < 45:
        return "brown" if high < 150 else "orange"
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
