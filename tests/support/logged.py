"""Rows of a log: one by its number, and a hundred thousand of three months."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from knowledge.log.entry import Entry, NamedType, timestamp

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
                uid=f"{number:032x}",
                at=timestamp(START + timedelta(seconds=80 * number)),
            )
        )
    return made
