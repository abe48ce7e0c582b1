"""Rows of a log: one by its number, and a hundred thousand of three months."""

from __future__ import annotations

import random
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from knowledge.log.entry import Entry, NamedType, Recording, timestamp

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
