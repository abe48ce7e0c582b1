"""Tallies of the parts of the log: what people said of them, their p-values, places and hours."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from statistics import median

from knowledge.log.entry import time_of
from knowledge.log.figures import DECISION, Counts, Decision, Parts


@dataclass(frozen=True)
class Judged:
    """Parts that failed, or passed, as measured. good, bad: of the `parts`, that people called so."""

    parts: int
    good: int
    bad: int


def judged(parts: Parts, decision: Decision) -> Judged:
    """Count what people said of the parts of a measured decision."""
    source, values = parts.narrowed(decision=None).source()
    count, good, bad = parts.connection.execute(
        f"SELECT COUNT(*), COALESCE(SUM(said = 'good'), 0), COALESCE(SUM(said = 'anomalous'), 0) "
        f"FROM {source} AND decision = ?",
        [*values, decision],
    ).fetchone()
    return Judged(count, good, bad)


@dataclass(frozen=True)
class Scores:
    """P-values of parts. lowest, highest: with the names of their images."""

    mean: float
    median: float
    lowest: tuple[float, str]
    highest: tuple[float, str]


def scores(parts: Parts) -> Scores | None:
    """Return the p-values of parts, or None without any."""
    source, values = parts.source()
    found = parts.connection.execute(
        f"SELECT p_value, name FROM {source} ORDER BY p_value, at DESC", values
    ).fetchall()
    if not found:
        return None
    numbers = [number for number, _ in found]
    return Scores(sum(numbers) / len(numbers), median(numbers), found[0], found[-1])


def places(parts: Parts) -> list[tuple[str, str, int]]:
    """Return products, places of the image and how many failed parts have a defect there, the most first."""
    source, values = parts.narrowed(decision="fail").source()
    found = Counter(
        (product, cell)
        for product, regions in parts.connection.execute(f"SELECT product, regions FROM {source}", values)
        for cell in {region["cell"] for region in json.loads(regions)}
    )
    return [(product, cell, count) for (product, cell), count in found.most_common()]


def hours(parts: Parts) -> list[tuple[int, Counts]]:
    """Return the hours of the local day with the parts that were inspected last in them, in their order."""
    source, values = parts.source()
    found: dict[int, Counter[str]] = {}
    decided = f"SELECT at, {DECISION} FROM {source}"
    for at, decision in parts.connection.execute(decided, values):
        found.setdefault(time_of(at).astimezone().hour, Counter())[decision] += 1
    return [(hour, Counts(one["pass"], one["review"], one["fail"])) for hour, one in sorted(found.items())]


def start_of_latest(parts: Parts, number: int) -> tuple[str, int] | None:
    """Return the time and number at which the latest so many parts begin; None where there are no more."""
    source, values = parts.source()
    found = parts.connection.execute(
        f"SELECT at, number FROM {source} ORDER BY at DESC, number DESC LIMIT 1 OFFSET ?",
        [*values, number - 1],
    ).fetchone()
    return None if found is None else (str(found[0]), int(found[1]))
