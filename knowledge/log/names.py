"""Names in the log, of products, types, lots, images, stations and operators, as it spells them."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Literal

from knowledge.log.figures import HOLDS, Filter


def distinct(
    connection: sqlite3.Connection,
    column: Literal["product", "type", "lot", "station", "operator"],
    most: int | None = None,
) -> list[str]:
    """Return a column's names; those that stand at corrections alone, such as a person's type, come last.

    most: how many at most; None for all.
    """
    # By steps through the index, one a name, instead of through all rows.
    found: list[str] = []
    while most is None or len(found) < most:
        last = found[-1] if found else ""
        (name,) = connection.execute(
            f"SELECT MIN({column}) FROM rows WHERE kind = 'inspection' AND {column} > ?", (last,)
        ).fetchone()
        if name is None:
            break
        found.append(str(name))
    said = connection.execute(f"SELECT DISTINCT {column} FROM rows WHERE {HOLDS} AND {column} IS NOT NULL")
    return list(dict.fromkeys([*found, *(str(name) for (name,) in said)]))[:most]


def lot_of(connection: sqlite3.Connection, name: str) -> str | None:
    """Return a lot as the log spells it, whatever the case, or None where it has none such."""
    found = connection.execute(
        "SELECT lot FROM rows WHERE kind = 'inspection' AND lot IN (?, ?, ?, ?, ?) LIMIT 1",
        (name, name.lower(), name.upper(), name.capitalize(), name.title()),
    ).fetchone()
    return None if found is None else str(found[0])


def as_spelled(connection: sqlite3.Connection, wanted: Filter) -> Filter:
    """Return a filter with lot, station and operator as the log spells them, whatever the case.

    A name that the log does not have stays as it is, and finds nothing.
    """

    def spelled(column: Literal["lot", "station", "operator"], name: str | None) -> str | None:
        known = [] if name is None else distinct(connection, column)
        if name is None or name in known:
            return name
        return next((one for one in known if one.casefold() == name.casefold()), name)

    return replace(
        wanted,
        lot=spelled("lot", wanted.lot),
        station=spelled("station", wanted.station),
        operator=spelled("operator", wanted.operator),
    )


def lot_of_image(connection: sqlite3.Connection, sha256: str) -> str | None:
    """Return the lot that an image was last inspected in, None where the log has none."""
    found = connection.execute(
        "SELECT lot FROM rows WHERE kind = 'inspection' AND sha256 = ? AND lot IS NOT NULL "
        "ORDER BY number DESC LIMIT 1",
        (sha256,),
    ).fetchone()
    return None if found is None else str(found[0])


def image_of(connection: sqlite3.Connection, name: str) -> str | None:
    """Return the last image of a name, with or without its ending, whatever the case; None where none is."""
    # "/" comes next to "."; each is one step in the index.
    found = connection.execute(
        "SELECT name FROM rows INDEXED BY by_name WHERE kind = 'inspection' AND (name COLLATE NOCASE = ? OR "
        "(name COLLATE NOCASE > ? AND name COLLATE NOCASE < ?)) ORDER BY number DESC LIMIT 1",
        (name, f"{name}.", f"{name}/"),
    ).fetchone()
    return None if found is None else str(found[0])


def operators(connection: sqlite3.Connection, wanted: Filter) -> list[tuple[str, int]]:
    """Return who inspected, with the number of inspections, the most first."""
    where, values = wanted.where()
    return connection.execute(
        f"SELECT operator, COUNT(*) AS count FROM rows WHERE {where} AND operator IS NOT NULL "
        "GROUP BY operator ORDER BY count DESC, operator",
        values,
    ).fetchall()
