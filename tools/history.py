"""What the log tells of earlier inspections: the figures that a question asks for."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Literal

from pydantic import Field

from anomaly_core.names import name_key, plain_name
from anomaly_core.results import Decision
from knowledge.catalogue.product_match import mentioned
from knowledge.log import figures, names
from knowledge.log.drift import drifts
from knowledge.log.figures import Filter, Parts
from knowledge.log.log import require_log
from tools.context import Context, Part
from tools.records import LogFigure, LogQuestion, Record

MOST_ROWS: Final = 10
"""Images that an answer names."""
OF_LOTS: Final = frozenset[LogFigure]({"count", "yield", "worst", "list"})
"""Figures that are given by lot where a question names several."""
MOST_DAYS: Final = 14
"""Days, the latest, of a trend."""


class CountsRecord(Record):
    """Parts by decision; see `knowledge.log.figures.Counts`."""

    passed: int
    review: int
    failed: int
    inspections: int

    @property
    def all(self) -> int:
        """All parts."""
        return self.passed + self.review + self.failed

    def of(self, decision: Decision | None) -> int:
        """Return the parts of a decision, or all."""
        return {None: self.all, "pass": self.passed, "review": self.review, "fail": self.failed}[decision]


class LoggedRecord(Record):
    """A part in the log. decision: its last word; at, p_value: of its last inspection."""

    name: str
    at: str
    product: str
    decision: Decision
    p_value: float
    type: str | None


class CorrectedRecord(Record):
    """A correction in the log."""

    name: str
    at: str
    verdict: str
    type: str | None


class TypeCount(Record):
    """Failed parts of a type."""

    name: str
    count: int


class OperatorRecord(Record):
    """Who inspected. count: of inspections."""

    name: str
    count: int


class LotRecord(Record):
    """Parts of a lot. count: failed ones and all others."""

    name: str
    failed: int
    count: int


class DayRecord(Record):
    """Parts of a local day."""

    day: str
    counts: CountsRecord


class RunRecord(Record):
    """Failed parts in a row up to the last one inspected."""

    count: int
    since: str
    name: str


class DriftRecord(Record):
    """A lasting change of the scores; see `knowledge.log.drift.Drift`."""

    product: str
    station: str | None
    direction: Literal["higher", "lower"]
    size: float
    since: str
    name: str
    until: str | None


class HistoryRecord(Record):
    """Figures of the log.

    product, types, lot, station, image (its name): what they are narrowed to. products: of the log, where all
    count. counts: of all parts; number: of those of the decision and type that are asked for. Lists are empty
    where the figure has no use for them.
    """

    figure: LogFigure
    decision: Decision | None
    since: str | None
    until: str | None
    period: str
    product: str | None
    types: list[str]
    lot: str | None
    station: str | None = None
    image: str | None = None
    products: list[str] = Field(default_factory=list)
    counts: CountsRecord
    number: int
    rows: list[LoggedRecord] = Field(default_factory=list)
    by_type: list[TypeCount] = Field(default_factory=list)
    by_lot: list[LotRecord] = Field(default_factory=list)
    by_operator: list[OperatorRecord] = Field(default_factory=list)
    by_day: list[DayRecord] = Field(default_factory=list)
    halves: list[CountsRecord] = Field(default_factory=list)
    run: RunRecord | None = None
    drifts: list[DriftRecord] = Field(default_factory=list)
    corrections: list[CorrectedRecord] = Field(default_factory=list)

    @property
    def text(self) -> str:
        """The figures in words, without names of files, which are others' words."""
        narrowed = [
            *([f"product {self.product}"] if self.product else []),
            *(f"type {name}" for name in self.types),
            *([f"lot {self.lot}"] if self.lot else []),
            *([f"station {self.station}"] if self.station else []),
            *(["one image"] if self.image else []),
            *([f"since {self.since}"] if self.since else []),
            *([f"until {self.until}"] if self.until else []),
        ]
        one = self.counts
        told = f"the log holds {one.all} parts, {one.inspections} inspections"
        told += f"{', ' if narrowed else ''}{', '.join(narrowed)}: "
        told += f"{one.passed} pass, {one.review} review, {one.failed} fail"
        if self.by_type:
            told += f"; {', '.join(f'{plain_name(each.name)} {each.count}' for each in self.by_type)}"
        if self.by_lot:
            told += (
                f"; {', '.join(f'lot {one.name}: {one.failed} of {one.count} fail' for one in self.by_lot)}"
            )
        if self.drifts:
            told += f"; the scores changed {len(self.drifts)} times"
        if self.corrections:
            told += f"; {len(self.corrections)} verdicts corrected"
        return told


def log_figures(part: Part, asked: Mapping[str, Any] | None = None) -> HistoryRecord:
    """Read what the log tells of earlier inspections.

    asked: a LogQuestion as JSON, which no model gives; without it all inspections are counted.
    """
    question = LogQuestion.model_validate(asked or {})
    alone = question.figure == "corrected" and not (question.since or question.until or question.image_name)
    return look_up(
        part.context,
        question,
        product=part.product if question.this else None,
        sha256=part.sha256 if alone else None,
    )


def look_up(
    context: Context, asked: LogQuestion, *, product: str | None = None, sha256: str | None = None
) -> HistoryRecord:
    """Return the figures that a question asks of the log, of the product that it names, else of `product`.

    sha256: of the one image that it is about. Raises StoreError, and ConfigError where no log is kept.
    """
    return require_log(context.log).read(lambda connection: _figures(connection, asked, product, sha256))


def logged_products(context: Context) -> list[str]:
    """Return the products of the log. Raises StoreError."""
    if context.log is None:
        return []
    return context.log.read(lambda connection: names.distinct(connection, "product"))


def is_of_the_log(context: Context, text: str) -> bool:
    """Return whether a text, in lower case, names a lot, a station or an image that the log holds.

    Raises StoreError.
    """
    if context.log is None:
        return False

    def look(connection: sqlite3.Connection) -> bool:
        lots, station, image = _names(connection, text)
        return bool(lots) or station is not None or image is not None

    return context.log.read(look)


def _names(connection: sqlite3.Connection, text: str) -> tuple[list[str], str | None, str | None]:
    """Return the lots, the station and the image that a text names, as the log spells them."""
    # A name stands by itself in a language without spaces, too: "L41批次".
    words = [word.strip(".-") for word in re.findall(r"[a-z0-9][a-z0-9_.-]*", text)]
    coded = list(dict.fromkeys(word for word in words if re.search(r"\d", word)))[:MOST_ROWS]
    stations = _named(text, names.stations(connection))
    station = stations[0] if stations else None
    others = [word for word in coded if station is None or word != station.lower()]
    lots = [lot for word in others if (lot := names.lot_of(connection, word)) is not None]
    named = [word for word in others if re.search(r"[a-z]", word) and word not in map(str.lower, lots)]
    images = (names.image_of(connection, word) for word in named)
    return lots, station, next((image for image in images if image is not None), None)


def _figures(
    connection: sqlite3.Connection, asked: LogQuestion, product: str | None, sha256: str | None
) -> HistoryRecord:
    logged = names.distinct(connection, "product")
    named = mentioned(asked.text, logged)
    types = _types(asked, names.distinct(connection, "type"))
    lots, station, image = _names(connection, asked.text)
    figure = "lots" if len(lots) > 1 and asked.figure in OF_LOTS else asked.figure
    scope = Filter(
        since=asked.since,
        until=asked.until,
        product=named[0] if named else product,
        lot=None if figure == "lots" else lots[0] if lots else asked.lot,
        sha256=sha256,
        name=None if asked.figure == "corrected" else image or asked.image_name,
        station=station,
    )
    decision = "fail" if types and asked.decision is None else asked.decision
    parts = Parts(connection, scope)
    chosen = parts.narrowed(decision=decision, types=tuple(types) if types else None)
    whole = parts.counts()
    counted = _counts(whole)
    made: dict[str, Any] = {}
    match figure:
        case "list" | "last" | "often":
            made["rows"] = _rows(chosen, "latest")
        case "count" if scope.name is not None:
            made["rows"] = _rows(parts, "latest")[:1]
        case "worst" | "largest":
            made["rows"] = _rows(chosen, "worst")
        case "first":
            made["rows"] = _rows(chosen, "first")[:1]
            run = parts.present_run()
            made["run"] = None if run is None else RunRecord(**vars(run))
        case "frequent":
            made["by_type"] = [TypeCount(name=name, count=count) for name, count in parts.pareto()]
        case "lots":
            made["by_lot"] = [
                LotRecord(name=name, failed=failed, count=count)
                for name, failed, count in parts.lots()[:MOST_ROWS]
            ]
        case "operators":
            made["by_operator"] = [
                OperatorRecord(name=name, count=count)
                for name, count in names.operators(connection, scope)[:MOST_ROWS]
            ]
        case "trend":
            made["halves"] = [_counts(one) for one in parts.halves(whole)]
            made["by_day"] = [
                DayRecord(day=one.day, counts=_counts(one.counts)) for one in parts.days(MOST_DAYS, whole)
            ]
        case "drift":
            made["drifts"] = [_picked(DriftRecord, vars(one)) for one in drifts(connection, scope)]
        case "corrected":
            found = figures.corrections(connection, scope)
            if asked.image_name is not None:
                found = [one for one in found if one["name"].lower() == asked.image_name]
            made["corrections"] = [_picked(CorrectedRecord, one) for one in found]
        case "count" | "yield":
            pass
    number = chosen.counts().all if types else counted.of(decision)
    if len(lots) > 1 and figure == "lots":
        # Each by itself, in the order of the question: a part that came again without its lot counts in it.
        of_lots = [(lot, Parts(connection, replace(scope, lot=lot)).counts()) for lot in lots]
        made["by_lot"] = [LotRecord(name=lot, failed=one.failed, count=one.all) for lot, one in of_lots]
        counted = _counts(_sum([one for _, one in of_lots]))
    return HistoryRecord(
        figure=figure,
        decision=decision,
        since=asked.since,
        until=asked.until,
        period=asked.period,
        product=scope.product,
        types=types,
        lot=scope.lot,
        station=scope.station,
        image=scope.name,
        products=sorted(logged) if scope.product is None and sha256 is None and scope.name is None else [],
        counts=counted,
        number=number,
        **made,
    )


def _sum(parts: Sequence[figures.Counts]) -> figures.Counts:
    """Return the counts of several scopes together."""
    keys = ("passed", "review", "failed", "inspections")
    return figures.Counts(*(sum(getattr(one, key) for one in parts) for key in keys))


def _named(text: str, names: Sequence[str]) -> list[str]:
    """Return the names that stand in a text, the longest first."""
    return [
        name
        for name in sorted(names, key=len, reverse=True)
        if re.search(
            rf"(?<![a-z0-9]){re.escape(plain_name(name).lower())}(?![a-z0-9])", text.replace("_", " ")
        )
    ]


def _types(asked: LogQuestion, known: Sequence[str]) -> list[str]:
    """Return the types of the log that a question names; the name itself where the log has none of it."""
    if asked.type is None:
        return _named(asked.text, known)
    key = name_key(asked.type)
    return [name for name in known if key in name_key(name) or name_key(name) in key] or [asked.type]


def _rows(parts: Parts, order: figures.Order) -> list[LoggedRecord]:
    return [
        _picked(LoggedRecord, {**row, "decision": row["last_word"]}) for row in parts.rows(order, MOST_ROWS)
    ]


def _picked(kind: type[Any], row: Mapping[str, Any]) -> Any:
    return kind(**{key: row[key] for key in kind.model_fields})


def _counts(one: figures.Counts) -> CountsRecord:
    return CountsRecord(passed=one.passed, review=one.review, failed=one.failed, inspections=one.inspections)
