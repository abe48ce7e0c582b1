"""Logs: rows by number, a hundred thousand of three months, two days, and tools that read them."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from anomaly_core.encoders.fakes import TinyTextEncoder
from knowledge.log.entry import Entry, NamedType, Recording, timestamp
from tools.context import Context

START = datetime(2026, 11, 2, 8, tzinfo=UTC)


def entry(number: int, decision: str = "pass", **fields: Any) -> Entry:
    found: dict[str, Any] = {
        "kind": "inspection",
        "name": f"part-{number}.png",
        "path": f"/parts/part-{number}.png",
        "sha256": f"{number:064x}",
        "product": "screw",
        "decision": decision,
        "p_value": 0.01 if decision == "fail" else 0.6,
        "alpha": 0.05,
        "review": 0.2,
        "types": (NamedType("crack", "likely", 0.7),) if decision == "fail" else (),
        "at": timestamp(START + timedelta(minutes=number)),
    }
    return Entry(**{**found, **fields})


def append_rows(made: Context, rows: Iterable[tuple[str, str | None, str, str, str]]) -> None:
    """Append inspections by number to a log, each of (product, operator, station, lot, decision)."""
    assert made.log is not None
    made.log.append(
        entry(number, decision, product=product, operator=operator, station=station, lot=lot)
        for number, (product, operator, station, lot, decision) in enumerate(rows)
    )


def bulk(count: int) -> list[Entry]:
    """A hundred thousand inspections of three months: three products, a tenth of them failed."""
    draw = random.Random(0)
    types = {name: (NamedType(name, "likely", 0.7),) for name in ("scratch", "crack", "dent")}
    made = []
    for number in range(count):
        decision = draw.choices(("pass", "review", "fail"), (8, 1, 1))[0]
        made.append(
            entry(
                number,
                decision,
                product=draw.choice(("screw", "plate", "nut")),
                p_value=draw.random(),
                types=types[draw.choice(list(types))] if decision == "fail" else (),
                lot=f"A{number // 500}",
                recording=Recording(draw.gauss(-2, 0.1), draw.gauss(150, 5), draw.gauss(1, 0.1)),
                uid=f"{number:032x}",
                at=timestamp(START + timedelta(seconds=80 * number)),
            )
        )
    return made


_LACKS: Final = {
    3: "DROP INDEX by_level; ALTER TABLE rows DROP COLUMN sharpness; ALTER TABLE rows DROP COLUMN level; "
    "ALTER TABLE rows DROP COLUMN noise; "
    "CREATE INDEX by_level ON rows (product, station, at, number, p_value, alpha, decision, kind);",
    2: "DROP INDEX by_name; DROP INDEX by_station; DROP INDEX by_operator;",
    1: "DROP INDEX by_level; DROP TRIGGER note_repeated; DROP TABLE repeated;",
}


def made_earlier(path: Path, version: int) -> None:
    """Make a log of rows without recordings one of an earlier version."""
    lacks = "".join(text for own, text in _LACKS.items() if own >= version)
    with sqlite3.connect(path) as held:
        held.executescript(f"{lacks} PRAGMA user_version = {version}; PRAGMA wal_checkpoint")
    held.close()


def _no_model() -> None:
    raise AssertionError("a question of the log needs no model")


def context(log: Path) -> Context:
    return Context(
        store=log.parent / "store",
        model=_no_model,  # type: ignore[arg-type]
        text_encoder=TinyTextEncoder,
        max_pixels=1024,
        log=log,
    )


def rows() -> list[Entry]:
    """Today 5 screws, of which 2 failed and 1 is to be reviewed; yesterday 2 plates, of which 1 failed."""
    today = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    dent = (NamedType("dent", "likely", 0.6),)
    made = [
        (today - timedelta(hours=10), 1, "fail", "plate", dent),
        (today - timedelta(hours=9), 2, "pass", "plate", ()),
    ]
    crack = (NamedType("crack", "likely", 0.7),)
    for number, decision in enumerate(("pass", "fail", "review", "pass", "fail"), 3):
        at = today + timedelta(milliseconds=number)
        made.append((at, number, decision, "screw", crack if decision == "fail" else ()))
    found = [
        entry(number, decision, product=product, types=types, at=timestamp(at), lot="A17")
        for at, number, decision, product, types in made
    ]
    corrected = entry(6, kind="correction", decision=None, correction="c1", verdict="good")
    return [*found, corrected]
