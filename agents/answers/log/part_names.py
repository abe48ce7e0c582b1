"""Names of logged parts, with as much of their folders as tells those of one name apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath
from typing import Final

from tools.history_record import LoggedRecord

DEEPEST: Final = 3
"""Folders that a name is told with at most."""


def names_of(rows: Sequence[LoggedRecord]) -> list[str]:
    """Return the names of parts in order: "poke/000.jpg" and "crack/000.jpg" where both are "000.jpg"."""
    counted = Counter(row.name for row in rows)
    return [
        row.name if counted[row.name] == 1 else _apart(row, [one for one in rows if one.name == row.name])
        for row in rows
    ]


def _apart(row: LoggedRecord, alike: Sequence[LoggedRecord]) -> str:
    """Return a part's name with the fewest folders by which it differs from others of its name, if any do."""
    paths = [PurePath(one.path).parts for one in alike if one.path != row.path]
    own = PurePath(row.path).parts
    if row.path and PurePath(row.path).name == row.name:
        for count in range(2, min(len(own), DEEPEST + 1) + 1):
            if paths and all(other[-count:] != own[-count:] for other in paths):
                return "/".join(own[-count:])
    return row.name
