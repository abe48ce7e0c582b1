"""Frozen result types: anomaly map, region, verdict, language model's answer.

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
"""A p-value between alpha / this and alpha * this is uncertain."""
SMALLEST_P: Final = 1e-12
"""Lower bound of a stated p-value."""


def cell_of(x: float, y: float, width: int, height: int) -> str:
    """Return the 3x3 cell that holds the point (x, y), in pixels, of a width x height image."""
    column = min(max(int(3 * x / width), 0), 2)
    row = min(max(int(3 * y / height), 0), 2)
    return CELLS[3 * row + column]


@dataclass(frozen=True)
class AnomalyMap:
    """Anomaly of each pixel.

    values: (H, W) float32 >= 0 on the original image's grid, larger is more anomalous; the unit is the
        decoder's distance, not a probability.
    score: the image's raw anomaly score, in the same unit.
    """

    values: Array
    score: float


@dataclass(frozen=True)
class Region:
    """One connected anomalous area.

    bbox: (x0, y0, x1, y1) pixels, end-exclusive. centroid: (x, y). area_px: pixels in the mask.
    score: in [0, 1], excess of its strongest pixel over the normal range. mask: (H, W) bool, true on the
        region. text: its measured description, or "". beside: whether it lies wholly beside the part.
    """

    bbox: Box
    centroid: tuple[float, float]
    cell: str
    area_px: int
    score: float
    mask: NDArray[np.bool_]
    text: str = ""
    beside: bool = False


@dataclass(frozen=True)
class Verdict:
    """The calibrated decision.

    log_p: natural logarithm of the p-value, the probability that a good image scores as high.
    alpha: the stated false-alarm rate; a p-value below it is "fail". review: one below this is "review".
    problems: why the image isn't comparable with the good images, as sentences; with any it is never "pass".
    """

    log_p: float
    alpha: float
    review: float
    problems: tuple[str, ...] = ()

    @property
    def p_value(self) -> float:
        """Probability that a good image scores as high, in [1e-12, 1]."""
        return max(math.exp(self.log_p), SMALLEST_P)

    @property
    def decision(self) -> Decision:
        """The decision at the rates alpha and review."""
        if self.p_value < self.alpha:
            return "fail"
        return "review" if self.problems or self.p_value < self.review else "pass"

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
        """Whether the p-value lies near alpha, see `UNCERTAIN_FACTOR`."""
        return self.alpha / UNCERTAIN_FACTOR <= self.p_value < self.alpha * UNCERTAIN_FACTOR


@dataclass(frozen=True)
class LanguageAnswer:
    """The prompt-learned language model's answer to whether an image's map shows an anomaly.

    margin: log p(Yes) - log p(No), or None without an answer. model: its name, where it answered.
    problem: why a model that was asked gave no answer, or "".
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
