"""Figures of a report's overview: decisions, Pareto of defect types, and the trend over the inspections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from anomaly_core.names import plain_name
from anomaly_core.results import Decision
from tools.classify.scores import UNKNOWN
from tools.phrases import Phrases
from tools.report.records import PartRecord, counted

GROUPS: Final = 20
"""Bars of the trend, at most."""
LEAST_TREND: Final = 8
"""Parts below which there is no trend to show."""
MOST_TYPES: Final = 8


@dataclass(frozen=True)
class ParetoBar:
    """Failed parts of one type. share: of the failed ones, in [0, 1]; cumulative: with the types before."""

    name: str
    count: int
    share: float
    cumulative: float


@dataclass(frozen=True)
class Group:
    """Consecutive inspections. first, last: their numbers, from 1. since: of the first, ISO 8601, or None."""

    first: int
    last: int
    since: str | None
    counts: dict[Decision, int]

    def share(self, decision: Decision) -> float:
        """Return the share of a decision, in [0, 1]."""
        return self.counts[decision] / (self.last - self.first + 1)


def type_in_words(name: str, say: Phrases) -> str:
    """Return a defect type's name in plain words; what the catalogue calls it is not translated."""
    return say("unknown defect") if name == UNKNOWN else plain_name(name)


def pareto(parts: Sequence[PartRecord], say: Phrases) -> list[ParetoBar]:
    """Return the types of the failed parts, the most frequent first, rare ones as one.

    say: words of the report's language.
    """
    failed = [part for part in parts if part.last_word == "fail"]
    named = Counter(
        type_in_words(part.type_named, say) if part.type_named else say("no type") for part in failed
    )
    ranked = sorted(named.items(), key=lambda item: (-item[1], item[0]))
    if len(ranked) > MOST_TYPES:
        rest = ranked[MOST_TYPES - 1 :]
        ranked = [
            *ranked[: MOST_TYPES - 1],
            (say("{count} others", count=len(rest)), sum(count for _, count in rest)),
        ]
    bars, so_far = [], 0
    for name, count in ranked:
        so_far += count
        bars.append(ParetoBar(name, count, count / len(failed), so_far / len(failed)))
    return bars


def trend(parts: Sequence[PartRecord]) -> list[Group]:
    """Return consecutive groups of about equal size, in order of inspection; none of few parts."""
    if len(parts) < LEAST_TREND:
        return []
    count = min(GROUPS, len(parts) // 4)
    bounds = [round(len(parts) * number / count) for number in range(count + 1)]
    return [
        Group(start + 1, end, parts[start].at, counted(part.last_word for part in parts[start:end]))
        for start, end in pairwise(bounds)
    ]
