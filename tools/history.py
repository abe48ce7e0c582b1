"""What the log tells of earlier inspections: the figures that a question asks for."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Literal

from anomaly_core.names import plain_name
from anomaly_core.results import Decision
from knowledge.catalogue.product_match import mentioned
from knowledge.log import figures, names, tallies
from knowledge.log.drift import drifts
from knowledge.log.figures import Filter, Parts
from knowledge.log.log import require_log
from tools.context import Context, Part
from tools.differences import by_chance, chance_of
from tools.history_record import (
    CorrectedRecord,
    CountsRecord,
    DayRecord,
    DriftRecord,
    GroupRecord,
    HistoryRecord,
    JudgedRecord,
    LoggedRecord,
    MissingRecord,
    OperatorRecord,
    PlaceRecord,
    ProductTrend,
    RunRecord,
    ScoreRecord,
    TypeCount,
)
from tools.log_names import MOST_NAMES, missing_in, names_in, products_in, types_in, types_of
from tools.log_question import LogFigure, LogQuestion

MOST_ROWS: Final = 10
"""Images that an answer names, where no number of them is asked for."""
MOST_ASKED: Final = 50
"""The same where one is."""
MOST_GROUPS: Final = 200
"""Lots, stations or operators that are ranked."""
OF_LOTS: Final = frozenset[LogFigure]({"count", "yield", "worst", "list"})
"""Figures that are given by lot where a question names several."""
_COLUMNS: Final[Mapping[LogFigure, Literal["lot", "station", "operator", "product"]]] = {
    "products": "product",
    "lots": "lot",
    "stations": "station",
    "operators": "operator",
}
"""Figures by a group, and the column of the log that has its name."""
OF_NO_PERIODS: Final = frozenset[LogFigure]({"corrected", "found", "drift", "operators"})
"""Figures that are of the first of two periods alone."""
MOST_DAYS: Final = 14
"""Days, the latest, of a trend."""


def log_figures(part: Part, asked: Mapping[str, Any] | None = None) -> HistoryRecord:
    """Read what the log tells of earlier inspections.

    asked: a LogQuestion as JSON, which no model gives; without it all inspections are counted.
    """
    question = LogQuestion.model_validate(asked or {})
    if question.of_its_lot:
        log = require_log(part.context.log)
        lot = log.read(lambda connection: names.lot_of_image(connection, part.sha256))
        question = question.model_copy(update={"lot": lot})
    alone = question.of_image or (
        question.figure == "corrected" and not (question.since or question.until or question.image_name)
    )
    return look_up(
        part.context,
        question,
        product=part.product if question.this else None,
        sha256=part.sha256 if alone else None,
        other_than=part.sha256 if question.alike else None,
    )


def look_up(
    context: Context,
    asked: LogQuestion,
    *,
    product: str | None = None,
    sha256: str | None = None,
    other_than: str | None = None,
) -> HistoryRecord:
    """Return the figures that a question asks of the log, of the product that it names, else of `product`.

    sha256: of the one image that it is about; other_than: of the one that it leaves out. Raises StoreError,
    and ConfigError where no log is kept.
    """
    found = require_log(context.log).read(
        lambda connection: _figures(connection, asked, product, sha256, other_than)
    )
    unlogged = [name for name in context.domain.products() if name not in found.logged]
    missing = [
        MissingRecord(kind="product", name=plain_name(name), held=found.logged[:MOST_NAMES])
        for name in mentioned(asked.text, unlogged, asked.common)
    ]
    chance = chance_of(found, of_several=asked.chance is not None)
    return found.model_copy(update={"chance": chance, "missing": [*found.missing, *missing]})


def _figures(
    connection: sqlite3.Connection,
    asked: LogQuestion,
    product: str | None,
    sha256: str | None,
    other_than: str | None,
) -> HistoryRecord:
    logged = names.distinct(connection, "product")
    known = names.distinct(connection, "type")
    types, with_types = types_in(asked, known), types_of(asked.latest_with, known)
    called = asked.stations or [one for one in (asked.station,) if one is not None]
    beside = [*asked.beside, *([asked.lot] if asked.lot is not None and not asked.of_its_lot else [])]
    found = names_in(connection, asked.text, asked.people, called, beside)
    missing = missing_in(connection, asked, found)
    named = mentioned(found.left_of(asked.text), logged, asked.common)
    inherited = False
    if asked.within and not missing:
        # "How many did Anna do, and in what lots?"
        if not found.any:
            inherited = True
            found = names_in(connection, asked.within, called=asked.stations_within).without(
                _COLUMNS.get(asked.figure)
            )
        # A lot or an image that is named is of a product of its own.
        own = bool(names_in(connection, asked.text, beside=beside).lots) or asked.image_name is not None
        if not (named or product or own):
            named = mentioned(asked.within, logged, asked.common)
    lots, image = found.lots, found.images[0] if found.images else None
    station, operator = (one[0] if len(one) == 1 else None for one in (found.stations, found.operators))
    figure: LogFigure = asked.figure
    if asked.than is not None and figure not in OF_NO_PERIODS:
        figure = "periods"
    elif len(lots) > 1 and figure in {*OF_LOTS, "lots"}:
        figure = "lots"
    elif len(found.stations) > 1 and figure in {*OF_LOTS, "lots", "stations"}:
        figure = "stations"
    elif len(found.operators) > 1 and figure in OF_LOTS | {
        "operators",
        *(["frequent"] if not inherited else []),
    }:
        figure = "operators"
    elif len(found.images) > 1 and figure in OF_LOTS:
        figure = "images"
    scope = Filter(
        since=asked.since,
        until=asked.until,
        product=named[0] if named else product,
        lot=None if figure == "lots" else lots[0] if lots else asked.lot,
        operator=operator,
        sha256=sha256,
        name=None if asked.figure == "corrected" or figure == "images" else image or asked.image_name,
        station=station,
        other_than=other_than,
    )
    decision = "fail" if types and asked.decision is None else asked.decision
    latest_of = "fail" if with_types else asked.latest_of
    kind: dict[str, Any] = {} if asked.latest is None else {"decision": latest_of, **_of_types(with_types)}
    if asked.latest is not None:
        # The parts are whoever's that corrected them.
        of_all = replace(scope, operator=None) if figure == "corrected" else scope
        latest = Parts(connection, of_all).narrowed(**kind)
        scope = replace(scope, start=tallies.start_of_latest(latest, asked.latest))
    most = min(asked.number or (MOST_ASKED if asked.alike else MOST_ROWS), MOST_ASKED)
    parts = Parts(connection, scope).narrowed(**kind)
    chosen = parts.narrowed(**{**kind, **_decided(decision), **_of_types(types)})
    whole = parts.counts()
    counted = _counts(whole)
    made: dict[str, Any] = {}
    match figure:
        case "list" | "last" | "often":
            made["rows"] = _rows(chosen, "latest", most)
        case "inspections":
            made["rows"] = _rows(parts, "latest", MOST_ASKED, every=True)
        case "count" if scope.name is not None:
            made["rows"] = _rows(parts, "latest")[:1]
        case "worst" | "largest":
            made["rows"] = _rows(chosen, "worst", most)
        case "first":
            made["rows"] = _rows(chosen, "first")[:1]
            run = parts.present_run()
            made["run"] = None if run is None else RunRecord(**vars(run))
        case "frequent":
            made["by_type"] = [TypeCount(name=name, count=count) for name, count in parts.pareto()]
        case "lots" | "stations" | "operators" | "products":
            wanted = dict(chosen.narrowed(decision=decision or "fail").by(_COLUMNS[figure]))
            made["groups"] = [
                GroupRecord(name=name, counts=_counts(one), number=wanted.get(name, figures.Counts()).all)
                for name, one in parts.by(_COLUMNS[figure])[:MOST_GROUPS]
            ]
            if figure == "operators":
                made["by_operator"] = [
                    OperatorRecord(name=name, count=count)
                    for name, count in names.operators(connection, scope)[:MOST_ROWS]
                ]
        case "images":
            each = [_rows(parts.narrowed(name=name), "latest")[:1] for name in found.images]
            made["rows"] = sorted((row for rows in each for row in rows), key=lambda row: row.p_value)
        case "earliest" | "times":
            made["rows"] = _rows(chosen, "first")[:1]
            made["rows"] += _rows(chosen, "latest")[:1] if figure == "times" else []
        case "scores":
            told = tallies.scores(chosen)
            made["scores"] = None if told is None else ScoreRecord(**vars(told))
        case "places":
            made["places"] = [
                PlaceRecord(product=of, place=cell, count=count)
                for of, cell, count in tallies.places(chosen)[:MOST_GROUPS]
            ]
        case "alarms" | "missed":
            judged = tallies.judged(parts, "fail" if figure == "alarms" else "pass")
            made["judged"] = JudgedRecord(**vars(judged))
        case "hours":
            made["groups"] = [
                GroupRecord(name=f"{hour:02}:00", counts=one, number=one.of(decision or "fail"))
                for hour, one in ((hour, _counts(one)) for hour, one in tallies.hours(parts))
            ]
        case "trend":
            made["trends"] = _trends(parts, logged) if scope.product is None else []
            made["halves"] = [_counts(one) for one in parts.halves(whole)]
            made["by_day"] = [
                DayRecord(day=one.day, counts=_counts(one.counts)) for one in parts.days(MOST_DAYS, whole)
            ]
        case "drift":
            made["drifts"] = [
                _picked(DriftRecord, vars(one)) for one in drifts(connection, scope, of_images=False)
            ]
        case "corrected" | "found":
            corrected = figures.corrections(connection, replace(scope, start=None))
            if scope.start is not None:
                these = Parts(connection, replace(scope, operator=None)).rows()
                images = {row["sha256"] for row in these}
                corrected = [one for one in corrected if one["sha256"] in images]
            of_image = (image or asked.image_name or "").lower()
            corrected = [one for one in corrected if of_image in ("", one["name"].lower())]
            if figure == "found":
                if types:
                    corrected = [one for one in corrected if one["type"] in types]
                made["groups"] = [
                    GroupRecord(name=name, counts=_counts(one), number=one.failed)
                    for name, one in chosen.by("operator")[:MOST_GROUPS]
                ]
            made["corrections"] = [_picked(CorrectedRecord, one) for one in corrected]
        case "count" | "yield":
            if scope.product is None and sha256 is None:
                made["by_product"] = _by_product(parts, chosen.narrowed(**_decided(decision)))
    if figure == "inspections" or (figure == "count" and scope.name is not None):
        said = figures.corrections(connection, scope)
        made["corrections"] = [_picked(CorrectedRecord, one) for one in said]
    number = chosen.counts().all if types else counted.of(decision)
    scopes = []
    several = {"lots": lots, "stations": found.stations, "operators": found.operators}.get(figure, [])
    if len(several) > 1:
        scopes = [(name, replace(scope, **dict[str, Any]({_COLUMNS[figure]: name}))) for name in several]
        if figure == "operators":
            made["by_operator"] = [one for one in made["by_operator"] if one.name in several]
    elif figure == "periods" and asked.than is not None:
        scopes = [
            (one.period or f"{one.since} to {one.until}", replace(scope, since=one.since, until=one.until))
            for one in (asked, asked.than)
        ]
    if scopes:
        made["groups"] = [_group(connection, name, own, decision, types) for name, own in scopes]
        counted = _sum([one.counts for one in made["groups"]])
    return HistoryRecord(
        figure=figure,
        decision=decision,
        since=asked.since,
        until=asked.until,
        period=asked.period,
        than=asked.than,
        product=scope.product,
        types=types,
        lot=scope.lot,
        station=scope.station,
        operator=scope.operator,
        missing=missing,
        image=scope.name,
        cell=_cell_of(connection, other_than),
        products=products_in(parts, scope, lots, found.stations),
        logged=sorted(logged),
        counts=counted,
        number=number,
        alpha=asked.alpha,
        latest=asked.latest,
        latest_of=kind.get("decision"),
        latest_with=with_types if kind else [],
        listed=asked.number if figure in ("list", "last", "worst", "largest") else None,
        below=None if asked.alpha is None else parts.below(asked.alpha),
        **made,
    )


def _trends(parts: Parts, products: Sequence[str]) -> list[ProductTrend]:
    """Return the halves of each of several products, which say nothing of one another."""
    found = []
    for name in products:
        of_it = parts.narrowed(product=name)
        halves = [_counts(one) for one in of_it.halves()]
        if sum(one.all for one in halves):
            pair = [(one.failed, one.all) for one in halves]
            found.append(ProductTrend(product=name, halves=halves, chance=by_chance(pair)))
    return found if len(found) > 1 else []


def _by_product(parts: Parts, chosen: Parts) -> list[GroupRecord]:
    """Return the parts, and of them the chosen ones, of each product where there are several."""
    numbers = {name: one.all for name, one in chosen.by("product")}
    counted = [(name, _counts(one)) for name, one in sorted(parts.by("product"))]
    groups = [GroupRecord(name=name, counts=one, number=numbers.get(name, 0)) for name, one in counted]
    return groups if len(groups) > 1 else []


def _group(
    connection: sqlite3.Connection, name: str, scope: Filter, decision: Decision | None, types: Sequence[str]
) -> GroupRecord:
    """Return the parts of one scope of several; failed ones are compared where no decision is asked for."""
    parts = Parts(connection, scope)
    counts = _counts(parts.counts())
    wanted = decision or "fail"
    chosen = parts.narrowed(decision=wanted, types=tuple(types)).counts().all if types else counts.of(wanted)
    return GroupRecord(name=name, counts=counts, number=chosen)


def _sum(parts: Sequence[CountsRecord]) -> CountsRecord:
    """Return the counts of several scopes together."""
    keys = ("passed", "review", "failed", "inspections")
    return CountsRecord(**{key: sum(getattr(one, key) for one in parts) for key in keys})


def _decided(decision: Decision | None) -> dict[str, Any]:
    return {} if decision is None else {"decision": decision}


def _of_types(types: Sequence[str]) -> dict[str, Any]:
    return {"types": tuple(types)} if types else {}


def _rows(
    parts: Parts, order: figures.Order, most: int = MOST_ROWS, *, every: bool = False
) -> list[LoggedRecord]:
    return [
        _picked(LoggedRecord, {**row, "decision": row["last_word"], "cell": _cell(row)})
        for row in parts.rows(order, most, every=every)
    ]


def _cell(row: Mapping[str, Any]) -> str | None:
    """Return where the strongest defect of an inspection lies, None without one."""
    return row["regions"][0]["cell"] if row["regions"] else None


def _cell_of(connection: sqlite3.Connection, sha256: str | None) -> str | None:
    """Return where the strongest defect of an image lies, by its last inspection."""
    if sha256 is None:
        return None
    return next((_cell(row) for row in figures.rows(connection, Filter(sha256=sha256), limit=1)), None)


def _picked(kind: type[Any], row: Mapping[str, Any]) -> Any:
    return kind(**{key: row[key] for key in kind.model_fields})


def _counts(one: figures.Counts) -> CountsRecord:
    return CountsRecord(passed=one.passed, review=one.review, failed=one.failed, inspections=one.inspections)
