"""Frozen result types, from image to verdict.

Coordinates are pixels of the upright original image (after its EXIF orientation is applied):
x to the right, y down, boxes end-exclusive. Maps are float32 arrays of shape (H, W).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

CELLS: Final[tuple[str, ...]] = (
    "top left",
    "top",
    "top right",
    "left",
    "center",
    "right",
    "bottom left",
    "bottom",
    "bottom right",
)
"""The 3x3 grid of AnomalyGPT's answers (arXiv 2308.15366), row by row."""


def cell_of(x: float, y: float, width: int, height: int) -> str:
    """Return the 3x3 cell that holds the point (x, y), in pixels, of a width x height image."""
    column = min(max(int(3 * x / width), 0), 2)
    row = min(max(int(3 * y / height), 0), 2)
    return CELLS[3 * row + column]


@dataclass(frozen=True)
class AnomalyMap:
    """How anomalous each pixel is.

    values: (H, W) float32 on the original image's grid, 0 at best, unbounded above, larger is
        more anomalous. The unit is the decoder's distance, not a probability.
    score: the image's raw anomaly score, in the same unit.
    """

    values: Array
    score: float


@dataclass(frozen=True)
class Region:
    """One connected anomalous area.

    bbox: (x0, y0, x1, y1) pixels, end-exclusive. centroid: (x, y). area_px: pixels in the mask.
    score: in [0, 1], how far beyond the normal range its strongest pixel lies.
    mask: (H, W) bool, true on this region's pixels only.
    """

    bbox: tuple[int, int, int, int]
    centroid: tuple[float, float]
    cell: str
    area_px: int
    score: float
    mask: NDArray[np.bool_]


@dataclass(frozen=True)
class Verdict:
    """The calibrated decision.

    score: in [0, 1], larger is more anomalous; 1 - p_value.
    p_value: in (0, 1], the chance that a good image scores as high.
    anomalous: p_value < alpha. alpha: the stated false-alarm rate.
    uncertain: p_value so near alpha that a person should look.
    """

    anomalous: bool
    score: float
    p_value: float
    uncertain: bool
    alpha: float
    raw_score: float


def verdict_sentence(anomalous: bool, cells: list[str]) -> str:
    """The answer in AnomalyGPT's form (arXiv 2308.15366, section 3.4).

    cells: the 3x3 cells of the regions, strongest first, repeats allowed.
    """
    if not anomalous:
        return "No, there is no anomaly in the image."
    if not cells:
        return "Yes, there is an anomaly in the image."
    if len(cells) == 1:
        return f"Yes, there is an anomaly in the image, at the {cells[0]} of the image."
    unique = list(dict.fromkeys(cells))
    where = unique[0] if len(unique) == 1 else ", ".join(unique[:-1]) + " and " + unique[-1]
    return f"Yes, there are {len(cells)} anomalies in the image, they are at the {where} of the image."
