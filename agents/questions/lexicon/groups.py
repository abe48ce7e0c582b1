"""Groups that a question of the log wants figures of: each, "per product", or one, "which product"."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final, Literal, get_args

from agents.questions.lexicon.words import SPACELESS, bounded, tables

FILE: Final = Path(__file__).with_name("groups.toml")
Group = Literal["product", "lot", "station", "operator", "shift", "type", "day"]


def each_of(text: str, language: str) -> Group | None:
    """Return the group of which a text, in lower case, wants each: "yield per product"; or None."""
    return next((group for group in get_args(Group) if _each(language, group).search(text)), None)


def asks_which(text: str, language: str, group: Group) -> bool:
    """Return whether a text, in lower case, asks for one of a group: "which product?"."""
    return _which(language, group).search(text) is not None


def names_group(text: str, language: str, group: Group) -> bool:
    """Return whether a text, in lower case, has a group's noun."""
    return _noun(language, group).search(text) is not None


def group_beside(before: str, after: str, language: str) -> Group | None:
    """Return the group whose noun stands at the end of a text or, behind few words, begins another."""
    group: Group
    for group in get_args(Group):
        ends, begins = _beside(language, group)
        if ends.search(before) or begins.search(after):
            return group
    return None


def only_names_a_group(text: str, language: str) -> bool:
    """Return whether a text, in lower case, says no more than "per product"."""
    return any(_each(language, group).fullmatch(text) for group in get_args(Group))


@cache
def _each(language: str, group: Group) -> re.Pattern[str]:
    table = tables(FILE)[language]
    noun = f"(?:{table[group]})"
    if language not in SPACELESS:
        return re.compile(bounded(f"(?:{table['each']}) {noun}", language))
    ways = [f"(?:{table['before']}){noun}"]
    ways += [f"{noun}の?(?:{table['after']})に?"] if table["after"] else []
    return re.compile("|".join(ways))


@cache
def _noun(language: str, group: Group) -> re.Pattern[str]:
    return re.compile(bounded(f"(?:{tables(FILE)[language][group]})", language))


@cache
def _beside(language: str, group: Group) -> tuple[re.Pattern[str], re.Pattern[str]]:
    noun = f"(?:{tables(FILE)[language][group]})"
    if language in SPACELESS:
        return re.compile(rf"{noun}(?:の|的|별|别|別)?\s?$"), re.compile(rf"^[の的]?{noun}")
    return re.compile(rf"(?<!\w){noun}[ -]$"), re.compile(rf"^[ -](?:\w+ ){{0,2}}{noun}(?!\w)")


@cache
def _which(language: str, group: Group) -> re.Pattern[str]:
    table = tables(FILE)[language]
    between = "" if language in SPACELESS else " "
    return re.compile(bounded(f"(?:{table['which']}){between}(?:{table[group]})", language))
