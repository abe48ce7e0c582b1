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
Shape = Literal["line", "round"]
Course = Literal["straight", "branching"]
Size = Literal["small", "large"]
Place = Literal["edge", "centre"]
Direction = Literal["upright", "level", "diagonal"]

_WORDS: Final = Path(__file__).with_suffix(".toml")
_NOT_ALONE: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")


def _pattern(words: str) -> re.Pattern[str]:
    """Return a pattern of whole words; those of languages without spaces are found anywhere."""
    parts = words.split("|")
    alone = "|".join(part for part in parts if not _NOT_ALONE.search(part))
    within = "|".join(part for part in parts if _NOT_ALONE.search(part))
    return re.compile(rf"(?<!\w)(?:{alone})(?!\w)" + (f"|{within}" if within else ""))


@cache
def _patterns() -> Mapping[str, re.Pattern[str]]:
    table: dict[str, str] = tomllib.loads(_WORDS.read_text(encoding="utf-8"))
    return {meaning: _pattern(words) for meaning, words in table.items()}


@dataclass(frozen=True)
class Look:
    """What an entry states of a defect's look; None where it says nothing, or more than one of a kind.

    direction: of a line in the image.
    """

    tone: Tone | None = None
    shape: Shape | None = None
    course: Course | None = None
    size: Size | None = None
    place: Place | None = None
    direction: Direction | None = None


def parse_look(text: str) -> Look:
    """Return the attributes that a description states."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    said = {meaning for meaning, pattern in _patterns().items() if pattern.search(plain)}

    def one(*meanings: str) -> str | None:
        found = said & set(meanings)
        return found.pop() if len(found) == 1 else None

    return Look(
        tone=one("dark", "bright"),  # type: ignore[arg-type]
        shape=one("line", "round"),  # type: ignore[arg-type]
        course=one("straight", "branching"),  # type: ignore[arg-type]
        size=one("small", "large"),  # type: ignore[arg-type]
        place=one("edge", "centre"),  # type: ignore[arg-type]
        direction=one("upright", "level", "diagonal"),  # type: ignore[arg-type]
    )
