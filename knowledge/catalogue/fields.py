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
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_SHORTEST: Final = 3
"""Letters up to which a column's name is no word of a question: "S" of a severity."""
_LONGEST: Final = 60
"""Characters of a name; a longer text is no label."""


def column_of(name: str) -> Column | None:
    """Return what a column or label is by its name, in any of the nine languages, or None."""
    if len(name) > _LONGEST:
        return None
    parts = [
        _plain(part) for text in (_ASIDE.sub("", name), name) for part in (text, *re.split(r"[/|\n]", text))
    ]
    tables = (_columns(), _unaccented())
    return next((table[part] for table in tables for part in parts if part in table), None)


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


def columns_named(text: str) -> frozenset[Column]:
    """Return the fields, and who is responsible, whose names are words of a text in whatever language."""
    found = {_columns()[_plain(name[0])] for name in _named().finditer(text.casefold())}
    return frozenset(found)


@cache
def _named() -> re.Pattern[str]:
    """Return the pattern of the names of an entry's fields, of such as no other word begins or ends with."""
    names = [name for name, column in _columns().items() if column in (*FIELDS, "responsible")]
    spaced = [name for name in names if re.match(r"[a-z\u00df-\u024f]", name) and len(name) > _SHORTEST]
    others = [name for name in names if not re.match(r"[a-z\u00df-\u024f]", name)]
    ordered = ["|".join(map(re.escape, sorted(some, key=len, reverse=True))) for some in (spaced, others)]
    return re.compile(rf"(?<!\w)(?:{ordered[0]})(?!\w)|{ordered[1]}")


@cache
def _columns() -> Mapping[str, Column]:
    table = tomllib.loads(_NAMES.read_text(encoding="utf-8"))
    columns: tuple[Column, ...] = get_args(Column)
    return {_plain(name): column for column in columns for own in table[column].values() for name in own}


@cache
def _unaccented() -> Mapping[str, Column]:
    """Return the columns by their names as they are typed without accents, and with "ae" for an umlaut."""
    spelled: dict[str, Column] = {}
    for name, column in _columns().items():
        for form in (name, name.translate(_UMLAUTS)):
            apart = unicodedata.normalize("NFD", form)
            spelled[unicodedata.normalize("NFC", re.sub(r"[\u0300-\u036f]", "", apart))] = column
    return spelled


def _plain(name: str) -> str:
    """Return a name in lower case, without numbering, punctuation and spaces at its ends."""
    text = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(re.sub(r"^[\W\d_]+|[\W_]+$", "", text).split())
