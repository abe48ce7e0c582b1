"""Names in a question that the log holds, and such as it seems to call that the log does not hold."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from anomaly_core.names import differ_by_one, name_key, plain_name, spellings
from knowledge.log import names
from knowledge.log.figures import Filter, Parts
from knowledge.log.scripts import spelled_in
from tools.history_record import MissingRecord
from tools.log_question import LogQuestion

MOST_NAMES: Final = 10
"""Names that a question is searched for, and that the log is said to hold."""
_LATIN: Final = r"[a-z0-9à-öø-ž]"
"""A letter or digit of a longer word: "ana" is not in "mañana". Scripts without spaces end a name."""
_SHORTEST: Final = 3
"""Letters of a person's name that may be spelt with one letter more, less or another."""


@dataclass(frozen=True)
class Names:
    """The lots, stations, operators and images that a text names, in its order, as they are logged."""

    lots: list[str]
    stations: list[str]
    operators: list[str]
    images: list[str]

    def without(self, column: Literal["lot", "station", "operator", "product"] | None) -> Names:
        """Return the names but those of a column."""
        return self if column in (None, "product") else replace(self, **{f"{column}s": []})

    def left_of(self, text: str) -> str:
        """Return a text, in lower case, without these names: "press-1" names no product "press"."""
        for name in sorted(
            (*self.lots, *self.stations, *self.operators, *self.images), key=len, reverse=True
        ):
            text = _spelt(name).sub(" ", text)
        return text

    @property
    def any(self) -> bool:
        """Whether it names one of them."""
        return bool(self.lots or self.stations or self.operators or self.images)


def names_in(
    connection: sqlite3.Connection,
    text: str,
    people: Sequence[str] = (),
    called: Sequence[str] = (),
    beside: Sequence[str] = (),
) -> Names:
    """Return the names of the log that stand in a text, in lower case.

    people: whom it seems to call. called: what it calls stations; "station 2" may be "st2". beside: what
    stands at its words for lots, and may be the name of one.
    """
    coded = _coded(text)

    def placed(name: str) -> int:
        found = _spelt(name).search(text)
        return -1 if found is None else found.start()

    logged = names.distinct(connection, "station")
    stations = sorted(named_in(text, logged), key=placed) or _numbered(called, logged)
    known = names.distinct(connection, "operator")
    operators = sorted(named_in(text, known), key=placed) or [one for one in known if spelled_in(text, one)]
    meant = {one: _spelt_like(one, known) for one in people if _unnamed(one, operators)}
    operators = list(dict.fromkeys([*operators, *(name for name in meant.values() if name is not None)]))
    taken = {one.lower() for one in (*stations, *operators)}
    others = [word for word in coded if word not in taken]
    lots = [
        lot for word in [*others, *_hyphened(text)] if (lot := names.lot_of(connection, word)) is not None
    ]
    lots += [lot for word in beside if (lot := names.lot_of(connection, word)) is not None][: not lots]
    lots = list(dict.fromkeys(lots))
    named = [word for word in others if re.search(r"[a-z]", word) and word not in map(str.lower, lots)]
    images = [image for word in named if (image := names.image_of(connection, word)) is not None]
    return Names(lots, stations, operators, images)


def missing_in(connection: sqlite3.Connection, asked: LogQuestion, found: Names) -> list[MissingRecord]:
    """Return the names that a question seems to call and the log does not hold. found: that it holds."""
    missing: list[MissingRecord] = []
    operators = names.distinct(connection, "operator")
    others = [*names.distinct(connection, "product"), *names.distinct(connection, "type")]
    words = {said for name in others for word in plain_name(name).split() for said in spellings(word)}
    held = [*found.operators, *found.lots, *found.stations, *found.images]
    for name in asked.people:
        if (
            _spelt_like(name, operators) is None
            and _unnamed(name, held)
            and words.isdisjoint(spellings(name))
        ):
            missing.append(MissingRecord(kind="operator", name=name, held=operators[:MOST_NAMES]))
    if asked.person and not found.operators and not missing:
        missing.append(MissingRecord(kind="operator", name="", held=operators[:MOST_NAMES]))
    known = {one.lower() for one in held}
    lots, stations = names.distinct(connection, "lot", MOST_NAMES), names.distinct(connection, "station")
    shapes = {_shape(name): "station" for name in stations} | {_shape(name): "lot" for name in lots}
    spelt = [*_coded(asked.text), *_hyphened(asked.text)]
    unknown: dict[str, str] = {word: shapes.get(_shape(word), "") for word in spelt}
    if asked.station is not None and not found.stations:
        unknown[asked.station] = "station"
    if asked.lot is not None and not found.lots and not asked.of_its_lot:
        unknown[asked.lot] = "lot"
    for word, kind in unknown.items():
        if word in known or (not re.search(r"[a-z]", word) and word not in (asked.lot, asked.station)):
            continue
        if kind == "station":
            missing.append(MissingRecord(kind="station", name=word, held=stations[:MOST_NAMES]))
        elif kind == "lot":
            missing.append(MissingRecord(kind="lot", name=word, held=lots))
    return missing


def named_in(text: str, known: Sequence[str]) -> list[str]:
    """Return the names that stand in a text, the longest first."""
    return [name for name in sorted(known, key=len, reverse=True) if _spelt(name).search(text)]


def _spelt(name: str) -> re.Pattern[str]:
    """Return the pattern of a name in a text in lower case, whatever parts its words: "grinder 2"."""
    parts = map(re.escape, re.split(r"[\s_-]+", plain_name(name).lower()))
    return re.compile(rf"(?<!{_LATIN}){'[ _-]?'.join(parts)}(?!{_LATIN})")


def types_in(asked: LogQuestion, known: Sequence[str]) -> list[str]:
    """Return the types of the log that a question names; the name itself where the log has none of it."""
    if asked.type is None and asked.latest_with is None:
        return [one for one in named_in(asked.text, known) if plain_name(one).lower() not in asked.common]
    return list(dict.fromkeys([*types_of(asked.type, known), *(one for one in known if one in asked.also)]))


def types_of(type_: str | None, known: Sequence[str]) -> list[str]:
    """Return the types of the log that a name is of; the name itself where the log has none of it."""
    if type_ is None:
        return []
    key = name_key(type_)
    return [name for name in known if key in name_key(name) or name_key(name) in key] or [type_]


def _coded(text: str) -> list[str]:
    """Return the words of a text with a digit or an underscore in them."""
    # A name stands by itself in a language without spaces, too: "L41批次".
    words = [word.strip(".-") for word in re.findall(r"[a-z0-9][a-z0-9_.-]*", text)]
    return list(dict.fromkeys(word for word in words if re.search(r"[\d_]", word)))[:MOST_NAMES]


def _hyphened(text: str) -> list[str]:
    """Return the words of a text with a hyphen and no digit in them, such as "z-b"."""
    words = re.findall(r"(?<![a-z0-9_.-])[a-z]+(?:-[a-z]+)+(?![a-z0-9_-])", text)
    return list(dict.fromkeys(words))[:MOST_NAMES]


def _numbered(called: Sequence[str], known: Sequence[str]) -> list[str]:
    """Return the one station of each number, or letter, that a question calls some by."""
    found = [[one for one in known if _is_called(one, number)] for number in called]
    return list(dict.fromkeys(names[0] for names in found if len(names) == 1))


def _unnamed(name: str, found: Sequence[str]) -> bool:
    """Return whether a word is no part of names that were found."""
    return not any(
        name.lower() in re.split(r"[\s_-]+", one.lower()) or spelled_in(name, one) or _begins(one, name)
        for one in found
    )


def _spelt_like(name: str, known: Sequence[str]) -> str | None:
    """Return the one logged name that is spelt like another but for a letter: "Ana" and "Anna"; or None."""
    if begun := [one for one in known if _begins(one, name)]:
        return begun[0] if len(begun) == 1 else None
    if len(name) < _SHORTEST:
        return None
    near = [one for one in known if differ_by_one(name_key(name), name_key(one))]
    return near[0] if len(near) == 1 else None


def _is_called(name: str, station: str) -> bool:
    """Return whether a station's name has this number, or ends with this letter."""
    if station.isdecimal():
        return re.sub(r"\D+", "", name).lstrip("0") == station.lstrip("0")
    return re.split(r"[\W_]+", name.lower())[-1] == station


def _begins(known: str, name: str) -> bool:
    """Return whether a name in characters is the family's of a logged one: 田中 of 田中太郎."""
    return (
        not name.isascii()
        and re.match(r"[\u4e00-\u9fff\uac00-\ud7a3]", name) is not None
        and known.startswith(name)
    )


def _shape(name: str) -> str:
    return re.sub(r"(?<=[-_])[a-z]$", "A", re.sub(r"\d+", "0", name.lower()))


def products_in(parts: Parts, scope: Filter, lots: Sequence[str], stations: Sequence[str]) -> list[str]:
    """Return the products of parts; those of several lots, or stations, alone where these are named.

    None where the scope is of one product or image.
    """
    if scope.product is not None or scope.sha256 is not None or scope.name is not None:
        return []
    several = [{"lot": name} for name in lots] if len(lots) > 1 else [{"station": one} for one in stations]
    scopes = [parts.narrowed(**one) for one in several] if len(several) > 1 else [parts]
    return sorted({name for one in scopes for name, _ in one.by("product") if name is not None})
