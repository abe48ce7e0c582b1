"""Foreground components of a scene, segmented and measured.

Unlike `imaging.foreground`, which segments one part on a plain background, this allows for a textured one:
the background's colours and their spread are estimated from the image's border.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

WORKING_SIDE: Final = 384
"""Longer side in pixels of the copy that is segmented."""
SMOOTHING: Final = 0.006
"""Standard deviation of the blur that removes a background's texture, as a share of the longer side."""
BORDER: Final = 0.03
"""Width of the border strip, as a share of the shorter side."""
LEAST_SPREAD: Final = 2.0
"""Lower bound of the background's standard deviation, in CIELAB units: sensor noise, shading."""
BEYOND: Final = 1.3
"""Threshold of a component, in units of the border's 99.5 % quantile of distance."""
ROUGHNESS: Final = 10.0
"""CIELAB units that a factor of e in the local standard deviation counts for."""
GAP: Final = 9
"""Working pixels within which pieces are joined."""
FAINT: Final = 0.8
"""Threshold at which a component is extended, as a share of the threshold at which it is found."""
LEAST_DISTANCE: Final = 4.0
"""Lower bound of the threshold, in standard deviations of the background."""
LEAST_AREA: Final = 0.0015
"""Least area of a component, as a share of the image."""
MOST_COVERED: Final = 0.7
"""Largest share of the image that components may cover."""
PLAIN: Final = 0.75
"""Least share of the border that must be background."""


@dataclass(frozen=True)
class Component:
    """One component.

    bbox: (x0, y0, x1, y1) pixels of the original image, end-exclusive. centroid: (x, y) pixels.
    area_px: in original pixels. colour: mean CIELAB, L in [0, 100].
    elongation: length over breadth of the smallest enclosing rectangle, >= 1. solidity: area over that of
    the convex hull, in (0, 1]. contrast: standard deviation of L within the piece.
    """

    bbox: tuple[int, int, int, int]
    centroid: tuple[float, float]
    area_px: int
    colour: tuple[float, float, float]
    elongation: float
    solidity: float
    contrast: float

    @property
    def rgb(self) -> NDArray[np.float64]:
        """The mean colour, (3,) RGB in [0, 255]."""
        lab = np.array(self.colour, dtype=np.float32)[None, None]
        return np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)[0, 0] * 255.0, dtype=np.float64)


def find_components(pixels: NDArray[np.uint8]) -> list[Component] | None:
    """Return the components of an (H, W, 3) uint8 RGB image, top to bottom.

    None where the border shows no uniform background, or the foreground covers most of the image; an empty
    list for an image of the background alone.
    """
    height, width = pixels.shape[:2]
    scale = min(1.0, WORKING_SIDE / max(height, width))
    size = (max(round(width * scale), 16), max(round(height * scale), 16))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    lab = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2LAB), dtype=np.float32)
    mask = _foreground(lab)
    if mask is None:
        return None
    count, labels, stats, centres = cv2.connectedComponentsWithStats(mask, connectivity=8)
    to_original = np.array([width / size[0], height / size[1]])
    found = []
    for label in range(1, count):
        x, y, w, h, area = (int(v) for v in stats[label])
        if area < LEAST_AREA * mask.size:
            continue
        box = np.s_[y : y + h, x : x + w]
        found.append(_measure(labels[box] == label, lab[box], (x, y), centres[label], to_original))
    found.sort(key=lambda c: (c.centroid[1], c.centroid[0]))
    return found


def _foreground(lab: NDArray[np.float32]) -> NDArray[np.uint8] | None:
    """Return the (h, w) mask, 0 or 1, of pixels that differ from the background, holes filled.

    They differ in colour or in local roughness, which shows parts of the background's own colour.
    """
    height, width = lab.shape[:2]
    sigma = SMOOTHING * max(height, width)
    blurred = cv2.GaussianBlur(lab, (0, 0), sigma)
    squares = cv2.GaussianBlur((lab[..., 0] - blurred[..., 0]) ** 2, (0, 0), sigma)
    seen = np.dstack([blurred, ROUGHNESS * np.log(LEAST_SPREAD + np.sqrt(squares))])
    strip = max(2, round(BORDER * min(height, width)))
    border = np.ones((height, width), np.bool_)
    border[strip:-strip, strip:-strip] = False
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    plane = np.stack([np.ones_like(rows), columns / width, rows / height], axis=-1)
    a, b = plane[border], seen[border]
    residual = np.abs(b - np.median(b, axis=0))
    for _ in range(4):  # refit without the border pixels that components cover
        spread = np.maximum(1.48 * np.median(residual, axis=0), LEAST_SPREAD)
        keep = (residual <= 3 * spread).all(axis=1)
        if keep.mean() < PLAIN:
            return None
        coefficients = np.linalg.lstsq(a[keep], b[keep], rcond=None)[0]
        residual = np.abs(b - a @ coefficients)
    deviation = (seen - plane @ coefficients) / spread
    deviation[..., 3] = np.maximum(deviation[..., 3], 0)  # smoother than the background: blur
    distance = np.sqrt((deviation**2).sum(axis=2))
    limit = max(LEAST_DISTANCE, BEYOND * float(np.quantile(distance[border][keep], 0.995)))
    mask = _pieces(distance, limit)
    return None if mask.mean() > MOST_COVERED else mask


def _pieces(distance: NDArray[np.float32], limit: float) -> NDArray[np.uint8]:
    """Return the (h, w) mask, 0 or 1, of pixels beyond the limit and their fainter surroundings, filled."""
    faint = (distance > FAINT * limit).astype(np.uint8)
    _, labels = cv2.connectedComponents(faint, connectivity=8)
    grown = np.isin(labels, np.unique(labels[distance > limit]))
    gap = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (GAP, GAP))
    closed = cv2.morphologyEx(grown.astype(np.uint8), cv2.MORPH_CLOSE, gap)
    contours, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros_like(closed)
    cv2.drawContours(filled, contours, -1, 1, cv2.FILLED)
    specks = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    # The blur moved each outline outwards by about the width of this erosion.
    return np.asarray(cv2.erode(cv2.morphologyEx(filled, cv2.MORPH_OPEN, specks), specks), dtype=np.uint8)


def _measure(
    mask: NDArray[np.bool_],
    lab: NDArray[np.float32],
    corner: tuple[int, int],
    centre: NDArray[np.float64],
    to_original: NDArray[np.float64],
) -> Component:
    """Measure one component. mask, lab: its box on the working grid; corner: (x, y) of that box."""
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = np.concatenate(contours).reshape(-1, 2).astype(np.float32)
    _, sides, _ = cv2.minAreaRect(outline)
    half = np.array([(-0.5, -0.5), (-0.5, 0.5), (0.5, -0.5), (0.5, 0.5)], dtype=np.float32)
    hull = cv2.contourArea(cv2.convexHull((outline[:, None] + half).reshape(-1, 2)))
    area = int(mask.sum())
    h, w = mask.shape
    x, y = corner
    box = np.array([x, y, x + w, y + h]) * np.tile(to_original, 2)
    # A pixel's centre lies half a pixel from its corner, on the working grid as on the original.
    centroid = (centre + 0.5) * to_original - 0.5
    inside = lab[mask]
    colour = inside.mean(axis=0)
    x0, y0, x1, y1 = (math.floor(box[0]), math.floor(box[1]), math.ceil(box[2]), math.ceil(box[3]))
    return Component(
        bbox=(x0, y0, x1, y1),
        centroid=(float(centroid[0]), float(centroid[1])),
        area_px=round(area * float(to_original.prod())),
        colour=(float(colour[0]), float(colour[1]), float(colour[2])),
        elongation=float((max(sides) + 1) / (min(sides) + 1)),
        solidity=min(area / max(float(hull), 1.0), 1.0),
        contrast=float(inside[:, 0].std()),
    )
