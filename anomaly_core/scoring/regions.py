"""Regions of an anomaly map: the connected areas that exceed the normal range."""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from anomaly_core.errors import ConfigError
from anomaly_core.results import Array, Box, Region, cell_of

MIN_AREA_SHARE: Final = 0.0002
"""Default least area of a region, as a share of the image (0.02 %)."""
MIN_AREA_PX: Final = 9
"""Default least area of a region in pixels."""

MOST_REGIONS: Final = 10
"""Default largest number of regions of a map."""
CLEAR: Final = 4.5
"""Limits of a normal pixel above which values are equally clear: encoders overstate what borders cut off."""


def height_at(values: Array, share: float, limit: float) -> float:
    """Return the value at a share of the way from the median of an (H, W) map to its peak.

    The peak counts up to `CLEAR` times the limit of a normal pixel: a few far higher patches must not hide a
    clear defect's others. limit: that of a normal pixel, in the map's unit.
    """
    coarse = values[::4, ::4]
    shown = coarse[coarse > 0]
    base = float(np.median(shown)) if shown.size else 0.0
    peak = float(values.max())
    return base + share * (max(min(peak, CLEAR * limit), base) - base)


def find_regions(
    values: Array,
    *,
    threshold: float,
    least_peak: float = -math.inf,
    min_area_px: int | None = None,
    max_regions: int = MOST_REGIONS,
    scale: float,
) -> list[Region]:
    """Return the connected areas of an anomaly map that reach the threshold, strongest peak first.

    values: (H, W) float32 anomaly map. threshold: in the map's unit, inclusive. least_peak: areas whose peak
        is lower are dropped, except the strongest.
    min_area_px: smaller areas are dropped, except the strongest; default 0.02 % of the image, at least 9 px.
    scale: unit of the excess, > 0, in the map's unit. A region's score is
        1 - exp(-(peak - threshold) / scale): 0 at the threshold, 0.63 one scale above it, towards 1.
    Gaps of a pixel or two (more on large images) are closed, so a mask may hold pixels below the threshold.
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
    kept = [
        k for rank, k in enumerate(order) if rank == 0 or (boxes[k][4] >= least and peaks[k] >= least_peak)
    ]
    return [
        region_of_mask(labels == k + 1, score=1.0 - math.exp(-max(peaks[k] - threshold, 0.0) / scale))
        for k in kept[:max_regions]
    ]


def region_of_mask(mask: NDArray[np.bool_], *, score: float) -> Region:
    """Return the region of an (H, W) bool mask with at least one true pixel; score in [0, 1].

    The cell is that of the centroid, or of the nearest mask pixel where the centroid lies outside the mask,
    as in a ring. Raises ConfigError for an empty mask.
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


def region_of_box(box: Box, size: tuple[int, int], *, score: float) -> Region:
    """Return the region that fills a box (x0, y0, x1, y1) of an image of this (height, width)."""
    mask: NDArray[np.bool_] = np.zeros(size, np.bool_)
    mask[box[1] : box[3], box[0] : box[2]] = True
    return region_of_mask(mask, score=score)


def _components(
    binary: NDArray[np.bool_], *, close: bool = True
) -> tuple[NDArray[np.int32], list[tuple[int, int, int, int, int]]]:
    """Return the (H, W) labels 1..n of 8-connected components, and (x0, y0, x1, y1, area) of each."""
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
