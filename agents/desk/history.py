"""The log for people: rows, figures, what waits for review, and what other rates would have decided."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import date, datetime
from sqlite3 import Connection
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from anomaly_core.errors import ConfigError
from knowledge.log import figures
from knowledge.log.drift import drifts
from knowledge.log.entry import RECORDING, timestamp
from knowledge.log.figures import Counts, Decision, Filter, Order, Parts
from knowledge.log.log import Checked, InspectionLog, require_log
from knowledge.log.names import as_spelled, distinct
from knowledge.log.outlook import outlook

if TYPE_CHECKING:
    from agents.questions.log.periods import Period

T = TypeVar("T")
EXPORTED: Final = (
    *("number", "at", "name", "product", "decision", "p_value", "alpha", "review", "type", "lot", "station"),
    *("operator", "said", "last_word", "sha256", "hash"),
    *RECORDING,
)
"""Columns of an export."""


class History:
    """The log of an application. Each method raises ConfigError where none is kept, and StoreError."""

    def __init__(self, log: InspectionLog | None) -> None:
        self._log = log

    def rows(self, wanted: Filter, order: Order = "latest", limit: int | None = None) -> list[dict[str, Any]]:
        """Return inspections as objects, a person's verdict with each; see `knowledge.log.figures.Parts`."""
        return self._read(
            lambda held: list(Parts(held, as_spelled(held, wanted)).rows(order, limit, every=True))
        )

    def summary(self, wanted: Filter) -> dict[str, Any]:
        """Return counts, yield, types of defects, days and drift as one object."""
        return self._read(lambda held: summary(held, as_spelled(held, wanted)))

    def waiting(self, product: str | None = None, limit: int | None = None) -> list[dict[str, Any]]:
        """Return the inspections that wait for a person, the latest first."""
        return self._read(lambda held: list(figures.waiting(held, Filter(product=product), limit)))

    def origins(self) -> dict[str, list[str]]:
        """Return the lots, stations and operators of the inspections, by name."""
        columns: tuple[Literal["lot", "station", "operator"], ...] = ("lot", "station", "operator")
        return self._read(lambda held: {each: distinct(held, each) for each in columns})

    def changes(self, product: str | None = None) -> list[dict[str, Any]]:
        """Return who changed products, and what, the latest first."""
        return self._read(lambda held: figures.changes(held, Filter(product=product)))

    def latest(self, sha256: str) -> dict[str, Any] | None:
        """Return the last inspection of an image, or None."""
        return next(iter(self.rows(Filter(sha256=sha256), limit=1)), None)

    def export(self, wanted: Filter) -> str:
        """Return the rows as CSV, the oldest first."""
        written = io.StringIO()
        table = csv.DictWriter(written, EXPORTED, extrasaction="ignore")
        table.writeheader()
        table.writerows(
            {key: _cell(value) for key, value in row.items()} for row in self.rows(wanted, "first")
        )
        return written.getvalue()

    def verify(self) -> Checked:
        """Check the chain; see `InspectionLog.verify`."""
        return require_log(self._log).verify()

    def _read(self, query: Callable[[Connection], T]) -> T:
        return require_log(self._log).read(query)


def since(text: str | None) -> str | None:
    """Return the timestamp from which a period in words counts. Raises ConfigError."""
    if text is None:
        return None
    start = _said(text, "since").since
    return None if start is None else timestamp(start)


def until(text: str | None) -> str | None:
    """Return the timestamp before which a period in words counts: the end of a day; None where it goes on.

    Raises ConfigError.
    """
    if text is None:
        return None
    period = _said(text, "until")
    end = period.since if period.instant else period.until
    return None if end is None else timestamp(end)


def _said(text: str, option: str) -> Period:
    from agents.questions.log.periods import Period
    from agents.questions.log.points import day_point
    from agents.questions.log.said import said_period

    period: Period | None
    try:
        # A day that is to come is one too.
        day = day_point(0, 0, date.fromisoformat(text.strip()))
    except ValueError:
        period = said_period(text, datetime.now().astimezone())
    else:
        period = Period(day.since, day.until)
    if period is None or period.since is None:
        raise ConfigError(f"{option}: {text}: give a date (2026-11-24), a time (14:00), or words such as "
                          "today, yesterday, monday, 3 days, gestern, ayer, 昨日")  # fmt: skip
    return period


def summary(connection: Connection, wanted: Filter) -> dict[str, Any]:
    """Return counts, yield, types of defects, days, drift and, of a product, outlook as one object."""
    parts = Parts(connection, wanted)
    whole = parts.counts()
    found = {
        **counted(whole),
        "first": whole.first,
        "last": whole.last,
        "defect_types": [{"name": name, "count": count} for name, count in parts.pareto()],
        "days": [{"day": one.day, **counted(one.counts)} for one in parts.days(whole=whole)],
        "corrections": len(figures.corrections(connection, wanted)),
        "drift": [{**asdict(one), "advice": one.advice} for one in drifts(connection, wanted)],
        "filter": {key: value for key, value in asdict(wanted).items() if value is not None},
    }
    # Last, since it counts other parts.
    expected = None if wanted.product is None else outlook(connection, wanted.product)
    return {**found, "outlook": None if expected is None else {**asdict(expected), "told": expected.told}}


def counted(one: Counts) -> dict[str, Any]:
    """Return counts and yield of parts as an object."""
    share = None if one.passed_share is None else round(one.passed_share, 6)
    decided = {"pass": one.passed, "review": one.review, "fail": one.failed}
    return {"count": one.all, "inspections": one.inspections, **decided, "yield": share}


def at_rates(rows: Iterable[Mapping[str, Any]], alpha: float, review: float) -> Counts:
    """Count what inspections would have been decided at other rates."""
    found = Counter(decision_at(row, alpha, review) for row in rows)
    return Counts(found["pass"], found["review"], found["fail"])


def decision_at(row: Mapping[str, Any], alpha: float, review: float) -> Decision:
    """Return what an inspection would have been decided at other rates.

    What was to be reviewed for another reason than its p-value stays so.
    """
    if row["p_value"] < alpha:
        return "fail"
    held = row["decision"] == "review" and row["p_value"] >= row["review"]
    return "review" if held or row["p_value"] < review else "pass"


def _cell(value: object) -> object:
    """Return a value that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
