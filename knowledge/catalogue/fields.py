"""Fields of a catalogue entry, and the names that columns and labels have for them in nine languages."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, Literal, get_args

Field = Literal["look", "cause", "effect", "severity", "action", "limit"]
"""What an entry says of its type of defect."""
Column = Literal[
    "type", "look", "cause", "effect", "severity", "action", "limit", "responsible", "language", "product"
]
"""What a column or a label of a catalogue holds."""

FIELDS: Final[tuple[Field, ...]] = get_args(Field)
_NAMES: Final = Path(__file__).with_name("columns.toml")
_ASIDE: Final = re.compile(r"\([^()]*\)|\uff08[^\uff08\uff09]*\uff09|\[[^\[\]]*\]")
_LONGEST: Final = 60
"""Characters of a name; a longer text is no label."""


def column_of(name: str) -> Column | None:
    """Return what a column or label is by its name, in any of the nine languages, or None."""
    if len(name) > _LONGEST:
        return None
    known = _columns()
    for text in (_ASIDE.sub("", name), name):
        for part in (text, *re.split(r"[/|\n]", text)):
            if (found := known.get(_plain(part))) is not None:
                return found
    return None


def field_of(name: str) -> Field | None:
    """Return the field that a label or heading names, or None."""
    found = column_of(name)
    return found if found in FIELDS else None


def entry_field(column: Column | None) -> Field | None:
    """Return the field that a column is kept as, or None; who is responsible is part of the action."""
    if column == "responsible":
        return "action"
    return column if column in FIELDS else None


def names_who(title: str) -> bool:
    """Return whether a passage's title ends with the name of a column of who is responsible."""
    return column_of(title.rsplit(" / ", 1)[-1]) == "responsible"


@cache
def _columns() -> Mapping[str, Column]:
    table = tomllib.loads(_NAMES.read_text(encoding="utf-8"))
    columns: tuple[Column, ...] = get_args(Column)
    return {_plain(name): column for column in columns for own in table[column].values() for name in own}


def _plain(name: str) -> str:
    """Return a name in lower case, without numbering, punctuation and spaces at its ends."""
    text = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(re.sub(r"^[\W\d_]+|[\W_]+$", "", text).split())
