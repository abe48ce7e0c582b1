"""Attributes that an entry's look states, such as dark, thin or at the edge, by words of nine languages."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

Tone = Literal["dark", "bright"]
Shape = Literal["line", "stripe", "irregular", "round"]
Course = Literal["straight", "curved", "branching"]
Size = Literal["small", "large"]
Place = Literal["edge", "centre"]
Direction = Literal["upright", "level", "diagonal"]
Change = Literal["missing", "added", "moved"]

COLOURS: Final = frozenset({"red", "brown", "yellow", "green", "blue", "purple"})
_WORDS: Final = Path(__file__).with_suffix(".toml")
_NOT_ALONE: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_CLAUSE: Final = re.compile(r"\s*[,;:\uff0c\u3001\uff1b\uff1a]\s*")


def _pattern(words: str) -> re.Pattern[str]:
    """Return a pattern of whole words; those of languages without spaces are found anywhere."""
    parts = words.casefold().split("|")
    alone = "|".join(part for part in parts if not _NOT_ALONE.search(part))
    within = "|".join(part for part in parts if _NOT_ALONE.search(part))
    return re.compile(rf"(?<!\w)(?:{alone})(?!\w)" + (f"|{within}" if within else ""))


@cache
def _patterns() -> Mapping[str, re.Pattern[str]]:
    table = tomllib.loads(_WORDS.read_text(encoding="utf-8"))
    phrases: dict[str, str] = table.pop("phrases")
    table.pop("features")
    found = {meaning: _pattern(words) for meaning, words in table.items()}
    return found | {meaning: re.compile(phrase.casefold()) for meaning, phrase in phrases.items()}


@cache
def _features() -> Mapping[str, re.Pattern[str]]:
    table: dict[str, str] = tomllib.loads(_WORDS.read_text(encoding="utf-8"))["features"]
    return {feature: _pattern(words) for feature, words in table.items()}


@dataclass(frozen=True)
class Look:
    """What an entry states of a defect's look; None where it says nothing, or more than one of a kind.

    shape: "stripe" is measured only, between a line and a spot. direction: of a line in the image.
    colours: those that are named; of a measured region the one that its surroundings do not have.
    change: "missing" where something that good parts have is said, or measured, not to be there; "moved"
        where it is said, or measured, to be beside its place; "added" is measured only.
    """

    tone: Tone | None = None
    shape: Shape | None = None
    course: Course | None = None
    size: Size | None = None
    place: Place | None = None
    direction: Direction | None = None
    colours: frozenset[str] = frozenset()
    change: Change | None = None


def parse_look(text: str) -> Look:
    """Return the attributes that a description states.

    What it denies ("instead of a dark hole", "no recess") states nothing. What the defect is "with", as in "a
    dark spot with a bright rim", counts for what is not said otherwise, and is no place.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    patterns = _patterns()
    plain = _without_consequence(plain)
    change = _change(plain)
    plain = patterns["denied"].sub(" ", plain)
    said = {name for name, one in patterns.items() if one.search(plain)}
    own = patterns["detail"].sub(" ", plain)
    first = {name for name, one in patterns.items() if one.search(own)}

    def one(*meanings: str) -> str | None:
        found = first & set(meanings) or said & set(meanings)
        return found.pop() if len(found) == 1 else None

    shape = one("line", "round")
    # "An irregular line" is a line, but "an irregular spot" is not round.
    if "line" not in first and ("irregular" in first or (shape is None and "patch" in first)):
        shape = "irregular"
    return Look(
        tone=one("dark", "bright"),  # type: ignore[arg-type]
        shape=shape,  # type: ignore[arg-type]
        course=one("straight", "curved", "branching"),  # type: ignore[arg-type]
        size=one("small", "large"),  # type: ignore[arg-type]
        place=one("edge", "centre") if first & {"edge", "centre"} else None,  # type: ignore[arg-type]
        direction=one("upright", "level", "diagonal"),  # type: ignore[arg-type]
        colours=frozenset(first & COLOURS or said & COLOURS),
        change=change,
    )


def _without_consequence(plain: str) -> str:
    """Return a description without what is missing for it: "grey spot, the coating is missing".

    There is a spot to be seen, and no part that is gone; nor is it of the colour of what is missing.
    """
    first, *others = _CLAUSE.split(plain)
    patterns = _patterns()
    seen = any(patterns[one].search(first) for one in ("line", "round", "patch", "dark", "bright"))
    if not seen or patterns["missing"].search(first):
        return plain
    return ", ".join([first, *(one for one in others if not patterns["missing"].search(one))])


def change_named(name: str) -> Change | None:
    """Return what a type's name says became of something: "Missing tab", "Bohrung versetzt"."""
    return _change(unicodedata.normalize("NFKC", name).casefold())


def _change(plain: str) -> Change | None:
    found = [one for one in ("missing", "moved") if _patterns()[one].search(plain)]
    return found[0] if len(found) == 1 else None  # type: ignore[return-value]


def names_a_part(zone: str) -> list[str]:
    """Return the words of a zone's name that are of a part of the piece: not its side, nor how it looks."""
    plain = unicodedata.normalize("NFKC", zone).casefold()
    patterns = _patterns()
    plain = patterns["side"].sub(" ", plain)
    # A hole is a part, though it is round.
    looks = [patterns[one] for one in ("line", "dark", "bright", "small", "large", *COLOURS)]
    words = re.findall(r"[^\W\d_]+", plain)
    return [
        word
        for word in words
        if (len(word) > 2 or _NOT_ALONE.search(word)) and not any(look.fullmatch(word) for look in looks)
    ]


def features_in(text: str) -> set[str]:
    """Return what a name of a zone or a type is of, such as a mark of "embossing"."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return {feature for feature, words in _features().items() if words.search(plain)}
