"""A standard test for drift: the self-starting two-sided CUSUM (Hawkins 1987, doi 10.2307/2348827).

Each value is compared with mean and spread of all values before it, so that no level has to be known:
Student's t of the difference, as a normal quantile, is standard normal as long as nothing changes. The sums
of the log-likelihood ratios for a shift by `SHIFT` and none, upwards and downwards, never below 0, exceed
`LIMIT` seldom by chance (`benchmarks/drift.py` measures how seldom), and soon after a shift.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

SHIFT: Final = 1.0
"""Shift in standard deviations that is found quickest."""
LIMIT: Final = 9.0
"""Log-likelihood ratio from which a change is told."""
KNOWN: Final = 32
"""Values of mean 0 and variance 1 that the calibration counts for: with fewer, a shift within the first ones
becomes their level before it is found; with more, the error of a calibration by few images is told as one."""


@dataclass(frozen=True)
class Shift:
    """A lasting change of the level.

    first, found: indices of the first value after it, and of the one that showed it. end: index of the first
    value of the old level again, None where it lasts. size: mean over all of them, in standard deviations of
    the values before; negative is downwards.
    """

    first: int
    found: int
    end: int | None
    size: float


@dataclass(frozen=True)
class _Level:
    """What is known of values: their count, sum, and sum of squares. least: that the spread is taken for."""

    count: float = KNOWN
    total: float = 0.0
    squares: float = KNOWN - 1.0
    least: float = 0.0

    @property
    def mean(self) -> float:
        return self.total / self.count

    @property
    def spread(self) -> float:
        own = float(np.sqrt((self.squares - self.count * self.mean**2) / (self.count - 1)))
        return max(own, self.least)

    def after(self, values: Values) -> _Level:
        return _Level(
            self.count + len(values),
            self.total + float(values.sum()),
            self.squares + float((values**2).sum()),
            self.least,
        )


def shifts(values: Values, least: float = 0.0) -> list[Shift]:
    """Return the lasting changes of (n,) values, standard normal at the calibrated level; oldest first.

    A value beyond what the others show, such as a missed defect, should be bounded beforehand. least: the
    standard deviation that a smaller one is taken for, so that a change which does not matter is not told.
    """
    level, start = _Level(least=least), 0
    made: list[Shift] = []
    while (change := _change(values[start:], level)) is not None:
        first, found = start + change[0], start + change[1]
        level = level.after(values[start:first])
        away = (values[first:] - level.mean) / level.spread
        shown = found - first + 1
        back = _exceeded(_towards_zero(away[shown:], float(away[:shown].mean())))
        if back is None:
            return [*made, Shift(first, found, None, float(away.mean()))]
        start = found + 1 + back[0]
        made.append(Shift(first, found, start, float(away[: start - first].mean())))
    return made


def _change(values: Values, level: _Level) -> tuple[int, int] | None:
    """Return the first index after a change, and the index that shows it; None where there is none."""
    standard = _standardised(values, level)
    sides = [_exceeded(SHIFT * (side * standard - SHIFT / 2)) for side in (1, -1)]
    return min((one for one in sides if one is not None), key=lambda one: one[1], default=None)


def _standardised(values: Values, level: _Level) -> Values:
    """Return each value against those before it, as a standard normal quantile."""
    count = level.count + np.arange(len(values))
    mean = (level.total + np.cumsum(values) - values) / count
    squares = level.squares + np.cumsum(values**2) - values**2
    spread = np.maximum(np.sqrt((squares - count * mean**2) / (count - 1)), level.least)
    away = (values - mean) / (spread * np.sqrt(1 + 1 / count))
    # Wallace 1959 ("Bounds on normal approximations to Student's ..."), within .0004 up to 3, and 30 times
    # quicker than the exact quantile: a hundred thousand rows have several measures.
    free = count - 1
    factor = (8 * free + 1) / (8 * free + 3)
    return np.asarray(np.sign(away) * factor * np.sqrt(free * np.log1p(away**2 / free)), np.float64)


def _towards_zero(away: Values, size: float) -> Values:
    """Return the log-likelihood ratios for a level of 0 and one of half a shift.

    Half, since the values that show a shift exaggerate it.
    """
    half = abs(size) / 2
    return np.asarray(half * (half / 2 - np.sign(size) * away), np.float64)


def _exceeded(ratios: Values) -> tuple[int, int] | None:
    """Return where the sum, never below 0, began that first exceeds `LIMIT`, and where it does."""
    sums = np.concatenate([[0.0], np.cumsum(ratios)])
    above = sums - np.minimum.accumulate(sums) > LIMIT
    if not above.any():
        return None
    found = int(above.argmax())
    lowest = sums[:found]
    return found - 1 - int(lowest[::-1].argmin()), found - 1
