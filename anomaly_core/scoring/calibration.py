"""Calibration: p-values from the log-scores of good images, without a threshold set by hand.

Each good image is scored against the others (leave one out). Log-scores are taken as normal, so that of a new
good image follows Student's t predictive distribution, whose spread is pooled with a prior spread
(scaled-inverse-chi-squared). With one shot, each of its flips is scored against all of them, except patches
of the same position (memory_bank.py); the distribution is widened, since that level is less certain.

`benchmarks/calibration.py` and `benchmarks/one_shot.py` choose the prior on good images; see
`docs/research/experiments.md`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field

from anomaly_core.config import Config
from anomaly_core.errors import ConfigError

ONE_SHOT_DEGREES: Final = 4.0
"""Degrees of freedom of the distribution that a single image gives."""
MAD_TO_DEVIATION: Final = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation."""
SMALLEST_SCORE: Final = 1e-6
"""Lower bound of a score, so that every score has a logarithm."""


class Prior(Config):
    """Prior on the log-scores of a product's good images. Defaults: of the few-shot score."""

    spread: float = Field(0.10, gt=0, description="standard deviation between good images")
    weight: float = Field(4.0, gt=0, description="number of observations that the spread counts for")
    clip: float | None = Field(
        None, gt=0, description="spreads from the median at which a good image's log-score is clipped"
    )
    shot_exponent: float = Field(
        0.0, ge=0, description="exponent b of the score's fall with the number n of good images, as n^-b"
    )
    one_shot_shift: float = Field(
        0.0, description="mean log-score of a new good image less that of the single shot's views"
    )
    one_shot_spread: float = Field(
        0.15, gt=0, description="standard deviation of that difference between products"
    )
    one_shot_level: float | None = Field(
        None, description="mean log-score of a new good image against a single shot, over products"
    )
    one_shot_level_spread: float = Field(
        0.15, gt=0, description="standard deviation of that level between products"
    )

    def one_shot(self, views: float) -> tuple[float, float]:
        """Return mean and standard deviation of a new good image's level. views: mean of the shot's views."""
        told, spread = views + self.one_shot_shift, self.one_shot_spread
        if self.one_shot_level is None:
            return told, spread
        of_views, of_products = spread**-2, self.one_shot_level_spread**-2
        total = of_views + of_products
        return (of_views * told + of_products * self.one_shot_level) / total, total**-0.5


@dataclass(frozen=True)
class Calibration:
    """Student's t predictive distribution of a good image's natural log-score; degrees: of freedom."""

    location: float
    spread: float
    degrees: float

    def log_p(self, log_score: float) -> float:
        """Return the natural logarithm of the p-value of a log-score."""
        # Imported late: scipy takes a second, and most commands judge nothing.
        from scipy.special import stdtr

        chance = float(stdtr(self.degrees, (self.location - log_score) / self.spread))
        return math.log(max(chance, 1e-300))

    def p_value(self, log_score: float) -> float:
        """Return the probability, in (0, 1], that a good image scores at least this high."""
        return math.exp(self.log_p(log_score))

    def limit(self, rate: float) -> float:
        """Return the score (not its logarithm) that a share `rate` of good images exceeds."""
        from scipy.special import stdtrit

        return math.exp(self.location - self.spread * float(stdtrit(self.degrees, rate)))


def log_of(score: float) -> float:
    """Return the natural logarithm of a score >= 0."""
    return math.log(max(score, SMALLEST_SCORE))


def calibrate(
    log_scores: ArrayLike,
    *,
    one_shot: bool = False,
    prior: Prior | None = None,
    further: Sequence[float] = (),
    least_spread: float = 0.0,
) -> Calibration:
    """Fit the predictive distribution to the good images' log-scores.

    log_scores: (n,), leave-one-out; with `one_shot`, of one image's views. prior: the default if None.
    further: log-scores of good images that the product was not learned from; with any, those of a single
    image's views do not count. least_spread: lower bound of the spread, such as that between recordings of
    one part. Raises ConfigError for no score, or one that is not finite.
    """
    prior = prior or Prior()
    logs = np.asarray(log_scores, dtype=float).ravel()
    if len(logs) > 1 and not one_shot:
        # A new image is compared with one good image more than each of them was.
        logs = logs - prior.shot_exponent * math.log(len(logs) / (len(logs) - 1))
    if len(further):
        logs, one_shot = np.concatenate([logs[:0] if one_shot else logs, further]), False
    if logs.size == 0 or not np.isfinite(logs).all():
        raise ConfigError("calibration needs at least one finite log-score of a good image.")
    if prior.clip is not None and not one_shot:
        # One odd good image would hide what differs less than it does.
        median = float(np.median(logs))
        own = MAD_TO_DEVIATION * float(np.median(np.abs(logs - median)))
        reach = prior.clip * max(prior.spread, own)
        logs = logs.clip(median - reach, median + reach)
    location = float(logs.mean())
    if one_shot:
        location, uncertain = prior.one_shot(location)
        return Calibration(location, math.hypot(prior.spread, uncertain), ONE_SHOT_DEGREES)
    count = len(logs)
    squares = float(((logs - location) ** 2).sum())
    degrees = prior.weight + count - 1
    pooled = (prior.weight * prior.spread**2 + squares) / degrees
    return Calibration(location, max(math.sqrt(pooled * (1 + 1 / count)), least_spread), degrees)
