"""Log-scores of good images -> p-values, with a stated false-alarm rate and no threshold set by hand.

Each good image is scored against the others (leave one out). The logarithms of the scores are taken as
normal, so a new good image's follows Student's t predictive distribution. With a handful of shots their
own spread is hardly known: it is pooled with a prior spread, as a scaled-inverse-chi-squared prior does.
One shot has no others: each of its mirrored and turned views is scored against all of them, less what shows
a patch's own place (memory_bank.py). That tells the level of a new image's score less surely, and the
distribution is widened for it.

The constants were measured on the textile and procedural products of `benchmarks/selection.py`, not on any
set that results are reported for; `docs/research/experiments.md` has the figures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field

from anomaly_core.config import Config
from anomaly_core.errors import ConfigError

PRIOR_WEIGHT: Final = 4.0
"""How many observations the prior spread counts for."""
SMALLEST_SCORE: Final = 1e-6
"""Scores below it are taken as it, so that every score has a logarithm."""


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
    """The predictive distribution of a good image's log-score.

    location, spread: of the natural logarithm of the score. degrees: of freedom of Student's t.
    """

    location: float
    spread: float
    degrees: float

    def log_p(self, log_score: float) -> float:
        """Return the natural logarithm of the chance that a good image scores at least this high."""
        # Here, not above: scipy.stats takes a second to import, and most commands judge nothing.
        from scipy.special import stdtr

        chance = float(stdtr(self.degrees, (self.location - log_score) / self.spread))
        return math.log(max(chance, 1e-300))

    def p_value(self, log_score: float) -> float:
        """Return the chance, in (0, 1], that a good image scores at least this high."""
        return math.exp(self.log_p(log_score))

    def limit(self, rate: float) -> float:
        """Return the score (not its logarithm) that a share `rate` of good images exceeds."""
        from scipy.special import stdtrit

        return math.exp(self.location - self.spread * float(stdtrit(self.degrees, rate)))


def log_of(score: float) -> float:
    """Return the natural logarithm of a score >= 0."""
    return math.log(max(score, SMALLEST_SCORE))


def calibrate(log_scores: ArrayLike, *, one_shot: bool = False, prior: Prior | None = None) -> Calibration:
    """Fit the predictive distribution to the good images' log-scores.

    log_scores: (n,), each image scored against the others only; with `one_shot`, of one image's views.
    Raises ConfigError for none, or one that is not finite.
    """
    prior = prior or Prior()
    logs = np.asarray(log_scores, dtype=float).ravel()
    if logs.size == 0 or not np.isfinite(logs).all():
        raise ConfigError("calibration needs at least one finite log-score of a good image.")
    location = float(logs.mean())
    if one_shot:
        spread = math.hypot(prior.spread, prior.one_shot_spread)
        return Calibration(location + prior.one_shot_shift, spread, PRIOR_WEIGHT)
    count = len(logs)
    squares = float(((logs - location) ** 2).sum())
    degrees = PRIOR_WEIGHT + count - 1
    pooled = (PRIOR_WEIGHT * prior.spread**2 + squares) / degrees
    return Calibration(location, math.sqrt(pooled * (1 + 1 / count)), degrees)
