"""Frozen result types, from image to verdict.

Coordinates are pixels of the upright original image (after its EXIF orientation is applied):
x to the right, y down, boxes end-exclusive. Maps are float32 arrays of shape (H, W).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Box = tuple[int, int, int, int]
Decision = Literal["pass", "review", "fail"]

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
UNCERTAIN_FACTOR: Final = 2.0
"""A p-value within this factor of alpha, on either side, is uncertain."""
SMALLEST_P: Final = 1e-12
"""p-values are stated down to this one."""


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
    mask: (H, W) bool, true on this region's pixels only. text: its measured description, or "".
    """

    bbox: Box
    centroid: tuple[float, float]
    cell: str
    area_px: int
    score: float
    mask: NDArray[np.bool_]
    text: str = ""


@dataclass(frozen=True)
class Verdict:
    """The calibrated decision.

    log_p: natural logarithm of the chance that a good image scores as high.
    alpha: the stated false-alarm rate; below it the decision is "fail".
    review: the rate below which it is "review".
    """

    log_p: float
    alpha: float
    review: float

    @property
    def p_value(self) -> float:
        """The chance that a good image scores as high, in [1e-12, 1]."""
        return max(math.exp(self.log_p), SMALLEST_P)

    @property
    def decision(self) -> Decision:
        """What to do with the part."""
        if self.p_value < self.alpha:
            return "fail"
        return "review" if self.p_value < self.review else "pass"

    @property
    def anomalous(self) -> bool:
        """Whether the decision is "fail"."""
        return self.decision == "fail"

    @property
    def score(self) -> float:
        """1 - p_value: in [0, 1), larger is more anomalous."""
        return 1.0 - self.p_value

    @property
    def uncertain(self) -> bool:
        """Whether the p-value is so near alpha that a person should look."""
        return self.alpha / UNCERTAIN_FACTOR <= self.p_value < self.alpha * UNCERTAIN_FACTOR


@dataclass(frozen=True)
class Reading:
    """What the prompt-learned language model said of an image's map.

    margin: log p(Yes) - log p(No), or None where it was not asked. model: its name, where it answered.
    problem: why it did not answer although it should have, or "".
    """

    margin: float | None = None
    model: str | None = None
    problem: str = ""


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
