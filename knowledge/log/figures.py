"""Figures of the log: counts, rows in order, Pareto of types, days, halves, the present run, corrections."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from datetime import time as clock
from typing import Any, Final, Literal

from knowledge.log.entry import COLUMNS, time_of, timestamp

Decision = Literal["pass", "review", "fail"]
Order = Literal["latest", "first", "worst"]
_ORDERS: Final[dict[Order, str]] = {
    "latest": "at DESC, number DESC",
    "first": "at, number",
    "worst": "p_value, at DESC",
}


@dataclass(frozen=True)
class Filter:
    """Which rows. since, until: timestamps, the first inclusive. types: names of defects, any of them."""

    since: str | None = None
    until: str | None = None
    product: str | None = None
    decision: Decision | None = None
    types: tuple[str, ...] | None = None
    lot: str | None = None
    sha256: str | None = None
    name: str | None = None
    station: str | None = None

    def where(self, kind: str = "kind = 'inspection'") -> tuple[str, list[Any]]:
        """Return the condition and its values. kind: written out, so that the partial indexes serve."""
        terms, values = [kind], []
        for term, value in (
            ("at >= ?", self.since),
            ("at < ?", self.until),
            ("product = ?", self.product),
            ("decision = ?", self.decision),
            ("lot = ?", self.lot),
            ("sha256 = ?", self.sha256),
            ("name = ?", self.name),
            ("station = ?", self.station),
        ):
            if value is not None:
                terms.append(term)
                values.append(value)
        if self.types is not None:
            terms.append(f"type IN ({', '.join('?' * len(self.types))})")
            values += self.types
        return " AND ".join(terms), values


@dataclass(frozen=True)
class Counts:
    """Inspections by decision. first, last: timestamps, None where there is none."""

    passed: int = 0
    review: int = 0
    failed: int = 0
    first: str | None = None
    last: str | None = None

    @property
    def all(self) -> int:
        """All inspections."""
        return self.passed + self.review + self.failed

    @property
    def passed_share(self) -> float | None:
        """The yield, pass / all, in [0, 1]; None without an inspection."""
        return self.passed / self.all if self.all else None


@dataclass(frozen=True)
class Day:
    """Inspections of one local day. day: ISO 8601."""

    day: str
    counts: Counts


@dataclass(frozen=True)
class Run:
    """Failed parts in a row up to the last inspection. since, name: of its first."""

    count: int
    since: str
    name: str


def counts(connection: sqlite3.Connection, wanted: Filter) -> Counts:
    """Count inspections by decision."""
    where, values = wanted.where()
    failed, review, number = connection.execute(
        "SELECT COALESCE(SUM(decision = 'fail'), 0), COALESCE(SUM(decision = 'review'), 0), COUNT(*) "
        f"FROM rows WHERE {where}",
        values,
    ).fetchone()
    # Apart, since each is one step in an index, and all rows beside a sum.
    first, last = (
        connection.execute(f"SELECT {which}(at) FROM rows WHERE {where}", values).fetchone()[0]
        for which in ("MIN", "MAX")
    )
    return Counts(number - failed - review, review, failed, first, last)


def rows(
    connection: sqlite3.Connection, wanted: Filter, order: Order = "latest", limit: int | None = None
) -> Iterator[dict[str, Any]]:
    """Yield inspections as objects, in order. limit: how many at most; None for all."""
    where, values = wanted.where()
    yield from _objects(connection, where, values, order, limit)


def _objects(
    connection: sqlite3.Connection, where: str, values: list[Any], order: Order, limit: int | None
) -> Iterator[dict[str, Any]]:
    names = ("number", *COLUMNS, "hash")
    cursor = connection.execute(
        f"SELECT {', '.join(names)} FROM rows WHERE {where} ORDER BY {_ORDERS[order]} LIMIT ?",
        [*values, -1 if limit is None else limit],
    )
    for row in cursor:
        held = dict(zip(names, row, strict=True))
        yield {**held, "types": json.loads(held["types"]), "regions": json.loads(held["regions"])}


def pareto(connection: sqlite3.Connection, wanted: Filter) -> list[tuple[str, int]]:
    """Return the types of failed parts with their counts, the most frequent first."""
    where, values = replace(wanted, decision="fail").where()
    return connection.execute(
        f"SELECT type, COUNT(*) AS count FROM rows WHERE {where} AND type IS NOT NULL "
        "GROUP BY type ORDER BY count DESC, type",
        values,
    ).fetchall()


def days(
    connection: sqlite3.Connection, wanted: Filter, most: int | None = None, whole: Counts | None = None
) -> list[Day]:
    """Count by day of the local time zone, the oldest first, without days that have none.

    most: the latest that many. whole: the counts of all, where they are known.
    """
    whole = whole or counts(connection, wanted)
    if whole.first is None or whole.last is None:
        return []
    first, day = (time_of(text).astimezone().date() for text in (whole.first, whole.last))
    found: list[Day] = []
    while day >= first and (most is None or len(found) < most):
        since, until = _midnight(day), _midnight(day + timedelta(days=1))
        within = replace(
            wanted, since=max(since, wanted.since or since), until=min(until, wanted.until or until)
        )
        counted = counts(connection, within)
        if counted.all:
            found.append(Day(day.isoformat(), counted))
        # A long pause is passed over in one step.
        before = None if counted.all else _last(connection, replace(wanted, until=within.since))
        day = time_of(before).astimezone().date() if before else day - timedelta(days=1)
    return found[::-1]


def halves(
    connection: sqlite3.Connection, wanted: Filter, whole: Counts | None = None
) -> tuple[Counts, Counts]:
    """Count the earlier and the later half of the inspections. whole: see `days`."""
    whole = whole or counts(connection, wanted)
    where, values = wanted.where()
    middle = connection.execute(
        f"SELECT at FROM rows WHERE {where} ORDER BY at LIMIT 1 OFFSET ?", [*values, whole.all // 2]
    ).fetchone()
    if middle is None:
        return whole, whole
    later = counts(connection, replace(wanted, since=middle[0]))
    return Counts(
        *(getattr(whole, key) - getattr(later, key) for key in ("passed", "review", "failed"))
    ), later


def present_run(connection: sqlite3.Connection, wanted: Filter) -> Run | None:
    """Return the failed parts in a row up to the last inspection, or None where that did not fail."""
    where, values = replace(wanted, decision=None, types=None).where()
    (other,) = connection.execute(
        f"SELECT MAX(at) FROM rows WHERE {where} AND decision <> 'fail'", values
    ).fetchone()
    # After it: the same instant cannot be told apart, and does not start a run.
    after = (f"{where} AND at > ?", [*values, other]) if other is not None else (where, values)
    count, since = connection.execute(
        f"SELECT COUNT(*), MIN(at) FROM rows WHERE {after[0]}", after[1]
    ).fetchone()
    if not count:
        return None
    (name,) = connection.execute(
        f"SELECT name FROM rows WHERE {after[0]} ORDER BY at, number LIMIT 1", after[1]
    ).fetchone()
    return Run(count, since, name)


def corrections(connection: sqlite3.Connection, wanted: Filter) -> list[dict[str, Any]]:
    """Return the corrections that hold, of the period and product, the latest first."""
    where, values = wanted.where("kind = 'correction'")
    names = ("number", "at", "name", "sha256", "product", "p_value", "type", "correction", "verdict", "note",
             "operator")  # fmt: skip
    found = connection.execute(
        f"SELECT {', '.join(names)} FROM rows WHERE {where} AND kind <> 'inspection' AND correction NOT IN "
        "(SELECT correction FROM rows WHERE kind = 'undo' AND kind <> 'inspection') "
        "ORDER BY at DESC, number DESC",
        values,
    )
    return [dict(zip(names, row, strict=True)) for row in found]


def changes(connection: sqlite3.Connection, wanted: Filter) -> list[dict[str, Any]]:
    """Return the changes of products, the latest first."""
    where, values = wanted.where("kind = 'change'")
    names = ("number", "at", "product", "note", "operator", "station")
    found = connection.execute(
        f"SELECT {', '.join(names)} FROM rows WHERE {where} AND kind <> 'inspection' "
        "ORDER BY at DESC, number DESC",
        values,
    )
    return [dict(zip(names, row, strict=True)) for row in found]


def waiting(
    connection: sqlite3.Connection, wanted: Filter, limit: int | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the last inspections of images to be reviewed that no correction which holds speaks of.

    The latest first; limit: see `rows`.
    """
    where, values = replace(wanted, decision="review").where()
    last = (
        "number = (SELECT MAX(number) FROM rows AS own "
        "WHERE own.sha256 = rows.sha256 AND own.kind = 'inspection')"
    )
    unsaid = (
        "NOT EXISTS (SELECT 1 FROM rows AS own WHERE own.sha256 = rows.sha256 AND own.kind = 'correction' "
        "AND own.correction NOT IN "
        "(SELECT correction FROM rows WHERE kind = 'undo' AND kind <> 'inspection'))"
    )
    yield from _objects(connection, f"{where} AND {last} AND {unsaid}", values, "latest", limit)


def distinct(connection: sqlite3.Connection, column: Literal["product", "type"]) -> list[str]:
    """Return the products, or the types of defects, of the log."""
    # By steps through the index, one a name, instead of through all rows.
    found: list[str] = []
    while True:
        last = found[-1] if found else ""
        (name,) = connection.execute(
            f"SELECT MIN({column}) FROM rows WHERE kind = 'inspection' AND {column} > ?", (last,)
        ).fetchone()
        if name is None:
            return found
        found.append(str(name))


def _last(connection: sqlite3.Connection, wanted: Filter) -> str | None:
    where, values = wanted.where()
    (last,) = connection.execute(f"SELECT MAX(at) FROM rows WHERE {where}", values).fetchone()
    return None if last is None else str(last)


def lot_of(connection: sqlite3.Connection, name: str) -> str:
    """Return a lot as the log spells it, whatever the case; the name given where it has none such."""
    found = connection.execute(
        "SELECT lot FROM rows WHERE kind = 'inspection' AND lot IN (?, ?, ?) LIMIT 1",
        (name, name.upper(), name.capitalize()),
    ).fetchone()
    return name if found is None else str(found[0])


def _midnight(day: date) -> str:
    # Without a zone given, the machine's, with the offset that was in force on that day.
    return timestamp(datetime.combine(day, clock()).astimezone())
