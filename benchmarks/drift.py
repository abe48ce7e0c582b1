"""How seldom the log's test for drift is wrong, and how soon it finds a change: simulated products and lines.

    python benchmarks/drift.py --out benchmarks/results/drift.json

A product is calibrated on a few log-scores, as at enrolment (`anomaly_core/scoring/calibration.py`). New
good parts score from the same distribution, shifted from some part on; those that fail are left out, as the
log does. Images of a steady line and of one that changes are simulated by their sharpness, whose spread is
told in the smallest that counts (`SMALLEST`). It takes a few minutes, and no image.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from harness import parser, write
from numpy.typing import NDArray
from scipy.special import ndtri, stdtr

from anomaly_core.scoring.calibration import Prior, calibrate
from knowledge.log.cusum import KNOWN, shifts
from knowledge.log.drift import OUTERMOST, SMALLEST, image_shifts

ALPHA = 0.05
LONG = 40_000
"""Parts of a line on which nothing changes."""
AFTER = 1000
"""Parts after a change."""

SEQUENCE = 500
"""Images of a steady line of which it is told how many such lines have an alarm."""


def line(rng: np.random.Generator, shots: int, spread: float, levels: NDArray[np.float64]) -> tuple[Any, Any]:
    """Return the numbers of the parts that do not fail, and their quantiles as the log takes them.

    spread: of the log-scores of good parts. levels: (n,), of each part above enrolment, in that unit.
    """
    learned = calibrate(rng.normal(0, spread, shots))
    scores = rng.normal(levels * spread, spread)
    p_values = stdtr(learned.degrees, (learned.location - scores) / learned.spread)
    passed = np.flatnonzero(p_values >= ALPHA)
    shares = (p_values[passed] - ALPHA) / (1 - ALPHA)
    return passed, -ndtri(np.clip(shares, OUTERMOST, 1 - OUTERMOST))


def false_alarms(rng: np.random.Generator, lines: int) -> Iterator[dict[str, Any]]:
    """Yield parts a false alarm, by the good images and the spread that they have."""
    for shots in (4, 8, 16):
        for factor in (0.5, 1.0, 2.0):
            alarms = parts = 0
            for _ in range(lines):
                _, values = line(rng, shots, factor * Prior().spread, np.zeros(LONG))
                alarms += len(shifts(values))
                parts += len(values)
            yield {
                "shots": shots,
                "spread_to_prior": factor,
                "parts": parts,
                "alarms": alarms,
                "parts_an_alarm": round(parts / max(alarms, 1)),
            }


def delays(rng: np.random.Generator, lines: int) -> Iterator[dict[str, Any]]:
    """Yield how many parts after a change it is found, and how far off the part is that is called first."""
    for before in (50, 500):
        for size in (-2.0, -1.0, 0.5, 1.0, 1.5, 2.0):
            found, first = [], []
            for _ in range(lines):
                levels = np.concatenate([np.zeros(before), np.full(AFTER, size)])
                numbers, values = line(rng, 8, Prior().spread, levels)
                told = [one for one in shifts(values) if numbers[one.found] >= before]
                if told:
                    found.append(int(numbers[told[0].found]) - before + 1)
                    first.append(abs(int(numbers[told[0].first]) - before))
            yield {
                "before": before,
                "size": size,
                "found": len(found) / lines,
                "delay_median": float(np.median(found)),
                "delay_90": round(float(np.quantile(found, 0.9)), 1),
                "first_off_median": float(np.median(first)),
            }


def alike(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Return (count,) standard normal values, each correlated with the one before by one half."""
    values = rng.normal(size=count)
    for n in range(1, count):
        values[n] = 0.5 * values[n - 1] + 0.75**0.5 * values[n]
    return values


IMAGES: dict[str, Callable[[np.random.Generator, int], NDArray[np.float64]]] = {
    "normal": lambda rng, count: rng.normal(size=count),
    "heavy tails": lambda rng, count: rng.standard_t(4, size=count) / 2**0.5,
    "skewed": lambda rng, count: (rng.lognormal(0, 0.5, count) - 1.133) / 0.604,
    "two variants": lambda rng, count: rng.choice((-1.0, 1.0), count) + rng.normal(scale=0.1, size=count),
    "one in 50 far off": lambda rng, count: np.where(rng.random(count) < 0.02, 15, rng.normal(size=count)),
    "alike in a row": alike,
}
"""Distributions of a measure of the images, of mean 0 and variance 1 without what is far off."""


def steady_images(rng: np.random.Generator, lines: int) -> Iterator[dict[str, Any]]:
    """Yield images a false alarm, and the share of short sequences with one, by distribution and spread."""
    smallest = SMALLEST["sharpness"]
    for name, draw in IMAGES.items():
        for spread in (0.3, 1.0, 3.0):
            scale = spread * smallest
            long = [len(image_shifts("sharpness", scale * draw(rng, LONG // 4))) for _ in range(lines)]
            short = [bool(image_shifts("sharpness", scale * draw(rng, SEQUENCE))) for _ in range(5 * lines)]
            yield {
                "images": name,
                "spread_to_smallest": spread,
                "images_an_alarm": round(lines * (LONG // 4) / max(sum(long), 1)),
                "alarms": sum(long),
                "sequences_with_an_alarm": sum(short) / len(short),
            }


def changed_images(rng: np.random.Generator, lines: int) -> Iterator[dict[str, Any]]:
    """Yield how many images after a change it is found; size: in the larger of spread and smallest."""
    smallest = SMALLEST["sharpness"]
    for spread in (0.3, 1.0):
        for before in (50, 200):
            for size in (0.5, 1.0, 1.5, 2.0, 4.0):
                found, first = [], []
                for _ in range(lines):
                    values = rng.normal(0, spread * smallest, before + AFTER)
                    values[before:] -= size * smallest
                    told = [one for one in image_shifts("sharpness", values) if one.found + KNOWN >= before]
                    found += [one.found + KNOWN - before + 1 for one in told[:1]]
                    first += [abs(one.first + KNOWN - before) for one in told[:1]]
                yield {
                    "spread_to_smallest": spread,
                    "before": before,
                    "size": size,
                    "found": len(found) / lines,
                    "delay_median": float(np.median(found)) if found else None,
                    "delay_90": round(float(np.quantile(found, 0.9)), 1) if found else None,
                    "first_off_median": float(np.median(first)) if first else None,
                }


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--lines", type=int, default=100, help="simulated lines a row")
    options.add_argument("--seed", type=int, default=0)
    given = options.parse_args()
    rng = np.random.default_rng(given.seed)
    found: dict[str, list[dict[str, Any]]] = {}
    for rows in (false_alarms, delays, steady_images, changed_images):
        for row in rows(rng, given.lines):
            found.setdefault(rows.__name__, []).append(row)
            print(row, flush=True)
    write(given, found)


if __name__ == "__main__":
    main()
