"""Lines: a scratch or crack whose strongest piece a map has found, followed to its ends in the image itself.

A map tells patches apart, and a line is far thinner than a patch: where it is fainter, or crosses other
structure, the map falls and an outline by height ends. The line's own pixels go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from anomaly_core.results import Array, Region
from anomaly_core.scoring.regions import region_of_mask

WINDOW: Final = 0.03
"""Side of the median window that a line is thinner than half of, as a share of the image's shorter side."""
OF_LONG: Final = 5
OF_OTHER: Final = 20
"""Percentile of a found piece's detail that is its line's: a long one's outline may be many times as wide."""
LONG: Final = 0.5
"""Largest ratio of width to length of a long piece."""
CLEAR: Final = 4.0
"""Least contrast of a line, in standard deviations of the detail around it."""
FAINTER: Final = 0.4
"""Least contrast of the rest of a line, as a share of the found piece's."""
LEAST_SIGMAS: Final = 2.5
"""Least contrast of the rest of a line, in standard deviations of the detail around it."""
LONGER: Final = 1.15
"""Least ratio of a followed line's length to the found piece's; below it the outline stays as it is."""
LEAST_SIGMA: Final = 1.0
"""Least of these standard deviations, in grey levels: rounding."""
MOST_SAMPLES: Final = 100_000
"""Pixels, evenly spaced, that they are told of."""
THIN: Final = 0.2
"""Largest ratio of mean width to length of a line."""

Mask = NDArray[np.bool_]


def with_lines(pixels: NDArray[np.uint8], regions: Sequence[Region], room: Mask) -> list[Region]:
    """Return regions, each that is a piece of a line as the whole line, without those on an earlier one.

    pixels: (H, W, 3) uint8 RGB. room: (H, W), where the map leaves room for lines.
    """
    whole: list[Region] = []
    rooms = _areas(room)
    for region in regions:
        around = region.mask | _touched(rooms, region.mask)
        line = follow_line(pixels, region.mask, around)
        if not any((line & earlier.mask).any() for earlier in whole):
            whole.append(region if line is region.mask else region_of_mask(line, score=region.score))
    return whole


def follow_line(pixels: NDArray[np.uint8], found: Mask, around: Mask) -> Mask:
    """Return the whole of a thin line that `found` holds a piece of, or `found` where there is none.

    pixels: (H, W, 3) uint8 RGB. found: (H, W), a region's outline, not empty. around: (H, W), where the line
    may go on; it holds `found`. A line is darker or brighter than the median of its neighbourhood.
    """
    shorter = min(found.shape)
    window = max(7, round(WINDOW * shorter)) | 1
    close = _near(found, window)
    width, length = _sides(found)
    share = OF_LONG if width <= LONG * length else OF_OTHER
    own = _detail(pixels[close], window)[found[close]]
    dark, bright = (float(v) for v in np.percentile(own, (share, 100 - share)))
    contrast = bright if bright > -dark else dark
    if abs(contrast) < CLEAR * LEAST_SIGMA:
        return found  # before the room is looked at, which may be the whole image
    near = _near(around, window)
    detail, piece, room = _detail(pixels[near], window), found[near], around[near]
    rest = detail[room & ~piece]
    if rest.size == 0:
        return found
    rest = rest[:: -(-rest.size // MOST_SAMPLES)]
    sigma = max(1.4826 * float(np.median(np.abs(rest - np.median(rest)))), LEAST_SIGMA)
    if abs(contrast) < CLEAR * sigma:
        return found
    along = np.sign(contrast) * detail >= max(FAINTER * abs(contrast), LEAST_SIGMAS * sigma)
    radius = max(1, round(shorter / 300))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    joined = cv2.morphologyEx((along & room).astype(np.uint8), cv2.MORPH_CLOSE, kernel)
    line = _touched(_areas(joined > 0), piece)
    if not line.any():
        return found
    _, whole_length = _sides(line)
    if whole_length < LONGER * length or line.sum() > THIN * whole_length**2:
        return found
    whole = np.zeros_like(found)
    whole[near] = line
    return whole


def _detail(pixels: NDArray[np.uint8], window: int) -> Array:
    """Return the (h, w) grey levels of (h, w, 3) RGB less the median of the window around each."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return np.asarray(grey.astype(np.float32) - cv2.medianBlur(grey, window).astype(np.float32))


def _areas(mask: Mask) -> NDArray[np.int32]:
    """Return a mask's connected areas, numbered from 1."""
    return np.asarray(cv2.connectedComponents(mask.astype(np.uint8))[1], np.int32)


def _touched(areas: NDArray[np.int32], mask: Mask) -> Mask:
    """Return those areas that a mask touches."""
    kept = np.zeros(int(areas.max()) + 1, np.bool_)
    kept[areas[mask]] = True
    kept[0] = False
    return np.asarray(kept[areas])


def _near(mask: Mask, margin: int) -> tuple[slice, slice]:
    """Return the box of a mask, with a margin."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (
        slice(max(int(rows[0]) - margin, 0), int(rows[-1]) + margin + 1),
        slice(max(int(columns[0]) - margin, 0), int(columns[-1]) + margin + 1),
    )


def _sides(mask: Mask) -> tuple[float, float]:
    """Return the shorter and the longer side of the smallest rectangle around a mask, in pixels."""
    points = np.argwhere(mask)[:, ::-1].astype(np.float32)
    shorter, longer = sorted(cv2.minAreaRect(points)[1])
    return float(shorter) + 1, float(longer) + 1
