"""Tight outlines: the pixels of a region that its surroundings do not have.

A patch of the encoder sees far beyond itself: a strong small defect lifts the map around it, and an outline
by height is several times as wide as the defect. Where what is around the region is of one look, as cloth or
a plain surface is, the image itself tells which pixels of the region are of another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from anomaly_core.results import Array, Region
from anomaly_core.scoring.lines import with_lines
from anomaly_core.scoring.outside import CLEAR, LEAST_PIXELS, Outside, strong_areas
from anomaly_core.scoring.regions import region_of_mask

SIDE: Final = 700
"""Shorter side in pixels of the image that is looked at; larger ones are made smaller."""
SMOOTHING: Final = 1 / 350
"""Standard deviation of the blur before pixels are compared, as a share of the shorter side: threads of a
cloth and grain are no defect by themselves."""
USUAL: Final = 99.5
"""Percentile of the surroundings' differences that pixels of one look have."""
BEYOND: Final = 1.5
"""Least difference of a defect's pixel, as a multiple of that."""
LEAST_RING: Final = 200
"""Least pixels of the surroundings."""
TIGHTER: Final = 0.5
"""Largest ratio of the tight outline to the one by height: above it the region stays as it is."""

Mask = NDArray[np.bool_]


def outlined(
    pixels: NDArray[np.uint8], regions: Sequence[Region], room: Mask, outside: Outside | None = None
) -> list[Region]:
    """Return regions of a map, strongest first, by the image's own pixels.

    What lies outside of the range of the good images' pixels is the outline; where there is no such range, or
    nothing is clearly outside of it, lines are followed to their ends, and spots are as small as they are.
    pixels: (H, W, 3) uint8 RGB. room: (H, W), where the map leaves room for lines. outside: of the image.
    """
    by_range = [None] * len(regions) if outside is None else outside.outlines(regions)
    rest = [region for region, own in zip(regions, by_range, strict=True) if own is None]
    others = [tightened(pixels, region) for region in with_lines(pixels, rest, room)]
    found: list[Region] = []
    for region in (*(own for own in by_range if own is not None), *others):
        if not any((region.mask & earlier.mask).any() for earlier in found):
            found.append(region)
    return sorted(found, key=lambda region: -region.score)


def tightened(pixels: NDArray[np.uint8], region: Region) -> Region:
    """Return a region with the outline of the pixels that differ from its surroundings, or as it is.

    pixels: (H, W, 3) uint8 RGB. Where the surroundings are of several looks, as at the edge of a part,
    little differs from all of them, and the outline by height stays.
    """
    x0, y0, x1, y1 = region.bbox
    margin = max(max(x1 - x0, y1 - y0) // 2, 16)
    near = np.s_[max(y0 - margin, 0) : y1 + margin, max(x0 - margin, 0) : x1 + margin]
    inside, shown = region.mask[near], pixels[near]
    shorter = min(region.mask.shape)
    scale = min(1.0, SIDE / shorter)
    size = (max(1, round(shown.shape[1] * scale)), max(1, round(shown.shape[0] * scale)))
    small = cv2.resize(inside.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    resized = np.asarray(cv2.resize(shown, size, interpolation=cv2.INTER_AREA), np.uint8)
    found = _differing(resized, small, shorter * scale)
    if found is None:
        return region
    full = cv2.resize(found.astype(np.uint8), inside.shape[::-1], interpolation=cv2.INTER_NEAREST)
    tight = np.zeros_like(region.mask)
    tight[near] = (full > 0) & inside
    if not LEAST_PIXELS <= int(tight.sum()) <= TIGHTER * region.area_px:
        return region
    return region_of_mask(tight, score=region.score)


def _differing(pixels: NDArray[np.uint8], inside: Mask, shorter: float) -> Mask | None:
    """Return the pixels of a region that differ from its surroundings, or None where none clearly does.

    pixels: (h, w, 3) uint8 RGB of the region and its surroundings. inside: (h, w). shorter: side of the
    image in these pixels.
    """
    ring = cv2.dilate(inside.astype(np.uint8), np.ones((5, 5), np.uint8)) == 0
    if ring.sum() < LEAST_RING or not inside.any():
        return None
    colours = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB).astype(np.float32)
    blurred = cv2.GaussianBlur(colours, (0, 0), SMOOTHING * shorter)
    differences = _differences(np.asarray(blurred, np.float32), ring)
    least = BEYOND * float(np.percentile(differences[ring], USUAL))
    peak = float(differences[inside].max())
    if peak < CLEAR * least:
        return None
    radius = max(1, round(shorter / 150))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    joined = cv2.morphologyEx(((differences > least) & inside).astype(np.uint8), cv2.MORPH_CLOSE, kernel)
    return strong_areas(np.asarray(joined, np.uint8), differences, joined > 0, peak)


def _differences(colours: Array, ring: Mask) -> Array:
    """Return how far each colour of (h, w, 3) lies from the ring's, in its standard deviations."""
    of_ring = colours[ring]
    middle = np.median(of_ring, axis=0)
    spread = np.cov((of_ring - middle).T) + np.eye(3)
    away = colours - middle
    return np.asarray(np.sqrt(np.einsum("hwi,ij,hwj->hw", away, np.linalg.inv(spread), away)), np.float32)
