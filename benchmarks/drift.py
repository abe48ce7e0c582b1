"""How seldom the log's test for drift is wrong, and how soon it finds a change: simulated products and lines.

    python benchmarks/drift.py --out benchmarks/results/drift.json

A product is calibrated on a few log-scores, as at enrolment (`anomaly_core/scoring/calibration.py`). New
good parts score from the same distribution, shifted from some part on; those that fail are left out, as the
log does. It takes a few minutes, and no image.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from harness import parser, write
from numpy.typing import NDArray
from scipy.special import ndtri, stdtr

from anomaly_core.scoring.calibration import Prior, calibrate
from knowledge.log.cusum import shifts
from knowledge.log.drift import OUTERMOST

ALPHA = 0.05
LONG = 40_000
"""Parts of a line on which nothing changes."""
AFTER = 1000
"""Parts after a change."""


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


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--lines", type=int, default=100, help="simulated lines a row")
    options.add_argument("--seed", type=int, default=0)
    given = options.parse_args()
    rng = np.random.default_rng(given.seed)
    found: dict[str, list[dict[str, Any]]] = {"false_alarms": [], "delays": []}
    for name, rows in (("false_alarms", false_alarms), ("delays", delays)):
        for row in rows(rng, given.lines):
            found[name].append(row)
            print(row, flush=True)
    write(given, found)


if __name__ == "__main__":
    main()
