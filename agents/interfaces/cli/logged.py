"""`iad log`: what was inspected, as a table, a summary, or JSON; and whether the log is whole."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from agents.interfaces.cli.options import Json, Store
from agents.interfaces.cli.output import count_of, print_json, print_line, print_table

if TYPE_CHECKING:
    from knowledge.log.drift import Drift

SHOWN: Final = 20
"""Rows of the table where no limit is given."""


class Decided(StrEnum):
    """A decision."""

    passed = "pass"
    review = "review"
    failed = "fail"


Time = "a date, a time, or words such as yesterday, monday, 3 days"
Since = Annotated[str | None, typer.Option("--since", metavar="T", help=f"Inspections from then on: {Time}.")]
Until = Annotated[
    str | None, typer.Option("--until", metavar="T", help="Inspections before then, or of that day.")
]


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("log")(log)


def log(
    since: Since = None,
    until: Until = None,
    product: Annotated[
        str | None, typer.Option("--product", "-p", metavar="P", help="Of this product alone.")
    ] = None,
    decision: Annotated[
        Decided | None, typer.Option("--decision", help="Of this decision alone.", show_default=False)
    ] = None,
    lot: Annotated[str | None, typer.Option("--lot", metavar="L", help="Of this lot alone.")] = None,
    station: Annotated[
        str | None, typer.Option("--station", metavar="S", help="Of this station alone.")
    ] = None,
    operator: Annotated[
        str | None, typer.Option("--operator", metavar="O", help="Of this operator alone.")
    ] = None,
    worst: Annotated[
        bool, typer.Option("--worst", help="Each part once, the worst first, not the latest.")
    ] = False,
    limit: Annotated[
        int | None,
        typer.Option("--limit", metavar="N", min=1, help=f"Rows; {SHOWN} in a table, all in JSON."),
    ] = None,
    summary: Annotated[
        bool,
        typer.Option(
            "--summary",
            help="Counts, yield, types, days, drift, a product's outlook; no rows.",
        ),
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Check that no row was changed, removed or put elsewhere.")
    ] = False,
    store: Store = None,
    json: Json = False,
) -> None:
    """Show what was inspected: the latest first, with counts and drift."""
    from agents.desk import history
    from agents.settings import Settings
    from knowledge.log import figures
    from knowledge.log.drift import drifts
    from knowledge.log.log import InspectionLog, require_log
    from knowledge.log.names import as_spelled

    path = Settings.from_environment(store=store).log_file
    opened = require_log(None if path is None else InspectionLog(path))
    if verify:
        checked = opened.verify()
        if json:
            print_json({"file": str(opened.path), "rows": checked.rows, "hash": checked.hash})
        else:
            print_line(f"{opened.path}: {checked.rows} rows, none changed, removed or put elsewhere")
            print_line((f"hash of the last: {checked.hash}", "dim"))
        return
    asked = figures.Filter(
        since=history.since(since),
        until=history.until(until),
        product=product,
        decision=None if decision is None else decision.value,
        lot=lot,
        station=station,
        operator=operator,
    )
    wanted = opened.read(lambda held: as_spelled(held, asked))
    if summary:
        found = opened.read(lambda connection: history.summary(connection, wanted))
        if json:
            print_json(found)
            return
        _print_summary(found)
        for one in opened.read(lambda connection: drifts(connection, wanted)):
            _print_drift(one)
        if found["outlook"] is not None:
            for line in found["outlook"]["told"]:
                print_line(("outlook  ", "dim"), line)
        return
    most = limit if limit is not None or json else SHOWN

    def show(connection: sqlite3.Connection) -> None:
        parts = figures.Parts(connection, wanted)
        # Every inspection by time, but each part once among the worst.
        rows = parts.rows("worst" if worst else "latest", most, every=not worst)
        if json:
            for row in rows:
                print_json(row)
            return
        _print_rows(rows)
        print_line(_line(history.counted(parts.counts())))
        for one in drifts(connection, wanted):
            _print_drift(one)

    opened.read(show)


def _print_summary(found: dict[str, Any]) -> None:
    from anomaly_core.names import plain_name
    from knowledge.log.entry import shown_time

    print_line(_line(found))
    if found["count"]:
        print_line((f"from {shown_time(found['first'])} to {shown_time(found['last'])}", "dim"))
    if found["defect_types"]:
        failed, so_far, rows = found["fail"], 0, []
        for one in found["defect_types"]:
            so_far += one["count"]
            shares = (f"{100 * part / failed:.1f}%" for part in (one["count"], so_far))
            rows.append((plain_name(one["name"]), str(one["count"]), *shares))
        print_table(("defect type", "failed", "share", "cumulative"), rows)
    if found["days"]:
        rows = [
            (one["day"], *(str(one[key]) for key in ("count", "pass", "review", "fail")), _percent(one))
            for one in found["days"]
        ]
        print_table(("day", "inspected", "pass", "review", "fail", "yield"), rows)
    if found["corrections"]:
        print_line(f"{found['corrections']} verdicts were corrected by a person")


def _print_rows(rows: Iterable[dict[str, Any]]) -> None:
    from anomaly_core.names import plain_name
    from knowledge.log.entry import shown_time

    print_table(
        ("time", "image", "product", "decision", "p", "defect type", "lot", "station", "operator"),
        (
            (
                shown_time(row["at"]).removeprefix(f"{datetime.now().astimezone():%Y-}"),
                row["name"],
                row["product"],
                row["decision"] if row["said"] is None else f"{row['last_word']}, by a person",
                f"{row['p_value']:.3g}",
                plain_name(row["type"] or ""),
                *(row[key] or "" for key in ("lot", "station", "operator")),
            )
            for row in rows
        ),
        whole=frozenset({"time", "p"}),
    )


def _print_drift(one: Drift) -> None:
    print_line(("drift  ", "yellow"), one.told)


def _line(found: dict[str, Any]) -> str:
    shares = f"{found['pass']} pass, {found['review']} review, {found['fail']} fail"
    counted = count_of(found["count"], "part")
    if found["inspections"] != found["count"]:
        counted += f" ({count_of(found['inspections'], 'inspection')})"
    return f"{counted}: {shares}; yield {_percent(found)}"


def _percent(found: dict[str, Any]) -> str:
    return "-" if found["yield"] is None else f"{100 * found['yield']:.1f}%"
