"""Scores of good images -> p-value and verdict, with a stated false-alarm rate and no threshold set by hand.

Each good image is scored against the others (leave one out). The logarithms of the scores are taken as
normal, so a new good image's follows Student's t predictive distribution. With a handful of shots their
own spread is hardly known: it is pooled with a prior spread, as a scaled-inverse-chi-squared prior does.
One shot has no others: each of its mirrored and turned views is scored against all of them, less what shows
a patch's own place (views.py). That tells the level of a new image's score less surely, and the
distribution is widened for it.

The constants were measured on the textile and drawn products of `benchmarks/selection.py`, not on any
set that results are reported for; `docs/experiments.md` has the figures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field
from scipy.stats import t as student

from anomaly_core.config import Config
from anomaly_core.errors import ConfigError
from anomaly_core.inspection import Verdict

PRIOR_WEIGHT: Final = 4.0
"""How many observations the prior spread counts for."""
SMALLEST_SCORE: Final = 1e-6
UNCERTAIN_FACTOR: Final = 2.0
"""A p-value within this factor of alpha, on either side, is uncertain."""


class Prior(Config):
    """What is known of good images' log-scores before a product's own are seen. Defaults: the few-shot score.

    spread: standard deviation between good images. one_shot_shift: how far a new good image's log-score lies
    above that of the one shot's own views, on the mean; one_shot_spread: standard deviation of that distance
    between products.
    """

    spread: float = Field(default=0.10, gt=0)
    one_shot_shift: float = 0.0
    one_shot_spread: float = Field(default=0.15, ge=0)


@dataclass(frozen=True)
class Calibration:
    """The predictive distribution of a good image's score.

    location, spread: of the natural logarithm of the score. degrees: of freedom of Student's t.
    alpha: the stated false-alarm rate.
    """

    location: float
    spread: float
    degrees: float
    alpha: float

    def p_value(self, raw_score: float) -> float:
        """Return the chance, in (0, 1], that a good image scores at least this high."""
        standard = (math.log(max(raw_score, SMALLEST_SCORE)) - self.location) / self.spread
        return max(float(student.sf(standard, self.degrees)), 1e-12)

    def limit(self, beyond: float | None = None) -> float:
        """Return the raw score that a share `beyond` of good images exceeds; alpha's: where verdicts turn."""
        share = self.alpha if beyond is None else beyond
        return math.exp(self.location + self.spread * float(student.isf(share, self.degrees)))

    def judge(self, raw_score: float) -> Verdict:
        """Return the verdict of a raw score."""
        p_value = self.p_value(raw_score)
        near = self.alpha / UNCERTAIN_FACTOR <= p_value < self.alpha * UNCERTAIN_FACTOR
        return Verdict(
            anomalous=p_value < self.alpha,
            score=1.0 - p_value,
            p_value=p_value,
            uncertain=near,
            alpha=self.alpha,
            raw_score=raw_score,
        )


def calibrate(
    scores: ArrayLike, alpha: float, *, one_shot: bool = False, prior: Prior | None = None
) -> Calibration:
    """Fit the predictive distribution to the good images' scores.

    scores: (n,) raw scores, each image scored against the others only; with `one_shot`, of one image's
    views. Raises ConfigError for none, a negative or a non-finite one.
    """
    prior = prior or Prior()
    values = np.asarray(scores, dtype=float).ravel()
    if values.size == 0 or not np.isfinite(values).all() or (values < 0).any():
        raise ConfigError("calibration needs at least one finite, non-negative score of a good image.")
    logs = np.log(np.maximum(values, SMALLEST_SCORE))
    location = float(logs.mean())
    if one_shot:
        spread = math.hypot(prior.spread, prior.one_shot_spread)
        return Calibration(location + prior.one_shot_shift, spread, PRIOR_WEIGHT, alpha)
    count = len(logs)
    squares = float(((logs - location) ** 2).sum())
    degrees = PRIOR_WEIGHT + count - 1
    pooled = (PRIOR_WEIGHT * prior.spread**2 + squares) / degrees
    return Calibration(location, math.sqrt(pooled * (1 + 1 / count)), degrees, alpha)
