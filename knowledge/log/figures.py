"""Figures of the log: inspections in order, and parts, each counted once by its last word; corrections."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from datetime import time as clock
from typing import Any, Final, Literal, Self

from knowledge.log.entry import COLUMNS, time_of, timestamp

Decision = Literal["pass", "review", "fail"]
Order = Literal["latest", "first", "worst"]
_ORDERS: Final[dict[Order, str]] = {
    "latest": "at DESC, number DESC",
    "first": "at, number",
    "worst": "p_value, at DESC",
}
DECISION: Final = "COALESCE(said_decision, decision)"
_TYPE: Final = "COALESCE(said_type, type)"
_LABEL: Final = {"said": "said", "last_word": DECISION}
HOLDS: Final = (
    "kind = 'correction' AND kind <> 'inspection' AND correction NOT IN "
    "(SELECT correction FROM rows WHERE kind = 'undo' AND kind <> 'inspection')"
)
"""A correction that was not undone; written so that the index of what is no inspection serves."""


@dataclass(frozen=True)
class Filter:
    """Which rows. since, until: timestamps, the first inclusive. types: any of them. start: (at, number).

    other_than: SHA-256 of an image that is left out.
    """

    since: str | None = None
    until: str | None = None
    product: str | None = None
    decision: Decision | None = None
    types: tuple[str, ...] | None = None
    lot: str | None = None
    sha256: str | None = None
    name: str | None = None
    station: str | None = None
    operator: str | None = None
    start: tuple[str, int] | None = None
    other_than: str | None = None

    def where(self, kind: str = "kind = 'inspection'") -> tuple[str, list[Any]]:
        """Return the condition and its values. kind: written out, so that the partial indexes serve."""
        terms = [kind]
        values: list[Any] = []
        for term, value in (
            ("at >= ?", self.since),
            ("at < ?", self.until),
            ("product = ?", self.product),
            ("decision = ?", self.decision),
            ("lot = ?", self.lot),
            ("sha256 = ?", self.sha256),
            ("sha256 <> ?", self.other_than),
            ("name = ?", self.name),
            ("station = ?", self.station),
            ("operator = ?", self.operator),
        ):
            if value is not None:
                terms.append(term)
                values.append(value)
        if self.start is not None:
            terms.append("(at, number) >= (?, ?)")
            values.extend(self.start)
        if self.types is not None:
            terms.append(f"type IN ({', '.join('?' * len(self.types))})")
            values += self.types
        return " AND ".join(terms), values


@dataclass(frozen=True)
class Counts:
    """Parts by decision. inspections: at least one each. first, last: timestamps, None without a part."""

    passed: int = 0
    review: int = 0
    failed: int = 0
    inspections: int = 0
    first: str | None = None
    last: str | None = None

    @property
    def all(self) -> int:
        """All parts."""
        return self.passed + self.review + self.failed

    @property
    def passed_share(self) -> float | None:
        """The yield, pass / all, in [0, 1]; None without a part."""
        return self.passed / self.all if self.all else None


@dataclass(frozen=True)
class Day:
    """Parts of one local day, that of their last inspection. day: ISO 8601."""

    day: str
    counts: Counts


@dataclass(frozen=True)
class Run:
    """Failed parts in a row up to the last one inspected. since, name: of the first of them."""

    count: int
    since: str
    name: str


def rows(
    connection: sqlite3.Connection, wanted: Filter, order: Order = "latest", limit: int | None = None
) -> Iterator[dict[str, Any]]:
    """Yield inspections as they were logged, in order. limit: how many at most; None for all."""
    where, values = wanted.where()
    yield from _objects(connection, f"rows WHERE {where}", values, order, limit)


def _objects(
    connection: sqlite3.Connection,
    source: str,
    values: list[Any],
    order: Order,
    limit: int | None,
    also: Mapping[str, str] | None = None,
) -> Iterator[dict[str, Any]]:
    names = {**{name: name for name in ("number", *COLUMNS, "hash")}, **(also or {})}
    cursor = connection.execute(
        f"SELECT {', '.join(names.values())} FROM {source} ORDER BY {_ORDERS[order]} LIMIT ?",
        [*values, -1 if limit is None else limit],
    )
    for row in cursor:
        held = dict(zip(names, row, strict=True))
        yield {**held, "types": json.loads(held["types"]), "regions": json.loads(held["regions"])}


class Parts:
    """The parts of a filter, each image once, as the last word decides.

    That is a person's where a correction of it holds, good as pass and anomalous as fail; else that of the
    last of its inspections that the filter takes. A part that went to another lot is of that one alone. Of
    one state of the log: made and used inside one `read`.
    """

    def __init__(self, connection: sqlite3.Connection, wanted: Filter) -> None:
        self.connection, self.wanted = connection, wanted
        scope, values = replace(wanted, decision=None, types=None, lot=None).where()
        # A part is of one lot at a time: an inspection in another lot supersedes those in this one. Logs of
        # earlier versions hold inspections without the part's lot, which take it out of none.
        scope += " AND lot IS NOT NULL" if wanted.lot is not None else ""
        connection.execute("CREATE TEMP TABLE IF NOT EXISTS superseded (old INTEGER PRIMARY KEY)")
        connection.execute(
            "CREATE TEMP TABLE IF NOT EXISTS labels "
            "(number INTEGER PRIMARY KEY, said TEXT, said_decision TEXT, said_type TEXT)"
        )
        connection.execute("DELETE FROM superseded")
        connection.execute("DELETE FROM labels")
        # Few images are inspected twice, and few are corrected: these alone are looked up one by one, and
        # the figures of all others are read from the indexes.
        connection.execute(
            "INSERT INTO superseded SELECT number FROM "
            "(SELECT number, MAX(number) OVER (PARTITION BY sha256) AS newest "
            f"FROM rows INDEXED BY by_image WHERE {scope} "
            "AND sha256 IN (SELECT sha256 FROM repeated)) WHERE number < newest",
            values,
        )
        connection.execute(
            "INSERT INTO labels SELECT rows.number, word, iif(word = 'good', 'pass', 'fail'), named FROM "
            "(SELECT sha256 AS image, product AS enrolled, verdict AS word, type AS named, MAX(number) "
            f"FROM rows INDEXED BY by_correction WHERE {HOLDS} GROUP BY sha256, product) "
            "JOIN rows INDEXED BY by_image ON sha256 = image AND product = enrolled "
            "WHERE kind = 'inspection'"
        )

    def narrowed(self, **fields: Any) -> Self:
        """Return the parts that fields of a Filter take of these."""
        made = copy(self)
        made.wanted = replace(self.wanted, **fields)
        return made

    def counts(self) -> Counts:
        """Count by decision."""
        source, values = self.source()
        failed, review, number = self.connection.execute(
            f"SELECT COALESCE(SUM({DECISION} = 'fail'), 0), COALESCE(SUM({DECISION} = 'review'), 0), "
            f"COUNT(*) FROM {source}",
            values,
        ).fetchone()
        again, again_values = self.source("rows NOT INDEXED", every=True)
        (repeats,) = self.connection.execute(
            f"SELECT COUNT(*) FROM {again} AND number IN superseded", again_values
        ).fetchone()
        # Apart, since each is one step in an index, and all rows beside a sum.
        first, last = self._time("at"), self._time("at DESC")
        return Counts(number - failed - review, review, failed, number + repeats, first, last)

    def rows(
        self, order: Order = "latest", limit: int | None = None, *, every: bool = False
    ) -> Iterator[dict[str, Any]]:
        """Yield the last inspection of each part, or every inspection, in order.

        As logged, with `said`, a person's verdict that holds or None, and `last_word`, the decision by it. A
        part that a person called good is no worst one. limit: how many at most; None for all.
        """
        source, values = self.source(every=every)
        if order == "worst":
            source += " AND said IS NOT 'good'"
        yield from _objects(self.connection, source, values, order, limit, _LABEL)

    def pareto(self) -> list[tuple[str, int]]:
        """Return the types of failed parts with their counts, the most frequent first."""
        source, values = self.narrowed(decision="fail").source()
        return self.connection.execute(
            f"SELECT {_TYPE} AS named, COUNT(*) AS count FROM {source} AND named IS NOT NULL "
            "GROUP BY named ORDER BY count DESC, named",
            values,
        ).fetchall()

    def below(self, p_value: float) -> int:
        """Count the parts whose last inspection has a p-value below this one, whatever people said."""
        source, values = self.source()
        (count,) = self.connection.execute(
            f"SELECT COUNT(*) FROM {source} AND p_value < ?", [*values, p_value]
        ).fetchone()
        return int(count)

    def by(self, column: Literal["lot", "station", "operator", "product"]) -> list[tuple[str, Counts]]:
        """Return a column's names with their parts, the most failed first; without inspections and times.

        A part that several stations or operators inspected is of the last of them.
        """
        source, values = self.source()
        found = self.connection.execute(
            f"SELECT {column}, COUNT(*) AS count, SUM({DECISION} = 'review'), "
            f"SUM({DECISION} = 'fail') AS failed "
            f"FROM {source} AND {column} IS NOT NULL GROUP BY {column} ORDER BY failed DESC, count, {column}",
            values,
        )
        return [
            (name, Counts(count - review - failed, review, failed)) for name, count, review, failed in found
        ]

    def days(self, most: int | None = None, whole: Counts | None = None) -> list[Day]:
        """Count by day of the local time zone, the oldest first, without days that have none.

        most: the latest that many. whole: the counts of all, where they are known.
        """
        whole = whole or self.counts()
        if whole.first is None or whole.last is None:
            return []
        first, day = (time_of(text).astimezone().date() for text in (whole.first, whole.last))
        found: list[Day] = []
        while day >= first and (most is None or len(found) < most):
            since, until = _midnight(day), _midnight(day + timedelta(days=1))
            within = self.narrowed(
                since=max(since, self.wanted.since or since), until=min(until, self.wanted.until or until)
            )
            counted = within.counts()
            if counted.all:
                found.append(Day(day.isoformat(), counted))
            # A long pause is passed over in one step.
            before = None if counted.all else self.narrowed(until=within.wanted.since)._time("at DESC")
            day = time_of(before).astimezone().date() if before else day - timedelta(days=1)
        return found[::-1]

    def halves(self, whole: Counts | None = None) -> tuple[Counts, Counts]:
        """Count the earlier and the later half of the parts. whole: see `days`."""
        whole = whole or self.counts()
        source, values = self.source()
        middle = self.connection.execute(
            f"SELECT at FROM {source} ORDER BY at LIMIT 1 OFFSET ?", [*values, whole.all // 2]
        ).fetchone()
        if middle is None:
            return whole, whole
        later = self.narrowed(since=middle[0]).counts()
        return Counts(
            *(getattr(whole, key) - getattr(later, key) for key in ("passed", "review", "failed"))
        ), later

    def present_run(self) -> Run | None:
        """Return the failed parts in a row up to the last one, or None where that did not fail."""
        source, values = self.narrowed(decision=None, types=None).source()
        other = self.connection.execute(
            f"SELECT at FROM {source} AND {DECISION} <> 'fail' ORDER BY at DESC LIMIT 1", values
        ).fetchone()
        # After it: the same instant cannot be told apart, and does not start a run.
        after = (f"{source} AND at > ?", [*values, *other]) if other is not None else (source, values)
        count, since = self.connection.execute(
            f"SELECT COUNT(*), MIN(at) FROM {after[0]}", after[1]
        ).fetchone()
        if not count:
            return None
        (name,) = self.connection.execute(
            f"SELECT name FROM {after[0]} ORDER BY at, number LIMIT 1", after[1]
        ).fetchone()
        return Run(count, since, name)

    def source(self, table: str = "rows", *, every: bool = False) -> tuple[str, list[Any]]:
        """Return what stands behind FROM, and its values. every: with inspections that were superseded."""
        # A time is always given, so that the index by time serves where no other does.
        since = self.wanted.since or ""
        where, values = replace(self.wanted, since=since, decision=None, types=None).where()
        if not every:
            where += " AND number NOT IN superseded"
        if self.wanted.decision is not None:
            where += f" AND {DECISION} = ?"
            values.append(self.wanted.decision)
        if self.wanted.types is not None:
            where += f" AND {_TYPE} IN ({', '.join('?' * len(self.wanted.types))})"
            values += self.wanted.types
        return f"{table} LEFT JOIN labels USING (number) WHERE {where}", values

    def _time(self, order: Literal["at", "at DESC"]) -> str | None:
        """Return the time of the first or the last."""
        source, values = self.source()
        found = self.connection.execute(
            f"SELECT at FROM {source} ORDER BY {order} LIMIT 1", values
        ).fetchone()
        return None if found is None else str(found[0])


def corrections(connection: sqlite3.Connection, wanted: Filter) -> list[dict[str, Any]]:
    """Return the corrections that hold, of the period and product, the latest first."""
    names = "number, at, name, sha256, product, p_value, type, correction, verdict, note, operator"
    return _listed(connection, names, *wanted.where(HOLDS))


def changes(connection: sqlite3.Connection, wanted: Filter) -> list[dict[str, Any]]:
    """Return the changes of products, the latest first."""
    where, values = wanted.where("kind = 'change' AND kind <> 'inspection'")
    return _listed(connection, "number, at, product, note, operator, station", where, values)


def _listed(
    connection: sqlite3.Connection, names: str, where: str, values: list[Any]
) -> list[dict[str, Any]]:
    """Return columns of rows as objects, the latest first."""
    rows = connection.execute(f"SELECT {names} FROM rows WHERE {where} ORDER BY at DESC, number DESC", values)
    return [dict(zip(names.split(", "), row, strict=True)) for row in rows]


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
    unsaid = f"sha256 NOT IN (SELECT sha256 FROM rows WHERE {HOLDS})"
    source = f"rows WHERE {where} AND {last} AND {unsaid}"
    yield from _objects(connection, source, values, "latest", limit)


def _midnight(day: date) -> str:
    # Without a zone given, the machine's, with the offset that was in force on that day.
    return timestamp(datetime.combine(day, clock()).astimezone())
