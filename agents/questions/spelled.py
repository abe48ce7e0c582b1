"""Whole numbers, in digits or in words: "20", "twenty-five", "cinquenta", "三十", "스무"."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("spelled.toml")
_DIGITS: Final = r"(?<![\d.,:-])\d{1,5}(?!\d|[,.:-]\d)"


def number_source(language: str) -> str:
    """Return the pattern of a number, in lower case, for a larger pattern."""
    words = "|".join(word for word, _ in _words(language))
    if digits := "".join(_table(language).get("digits", ())):
        return rf"(?:{_DIGITS}|{words or '(?!)'}|[{digits}]+)"
    return rf"(?:{_DIGITS}|(?<!\w)(?:{words})(?!\w))"


def number_of(text: str, language: str) -> int:
    """Return the value of what `number_source` found."""
    if text.isdecimal():
        return int(text)
    named = next((value for word, value in _words(language) if re.fullmatch(word, text)), None)
    return _by_digits(text, _table(language)["digits"]) if named is None else named


def _by_digits(text: str, digits: dict[str, int]) -> int:
    """Return the value of digits that ten, hundred and thousand multiply: "三百二十" is 320."""
    total, held = 0, 0
    for value in (digits[character] for character in text):
        if value < 10:
            held = 10 * held + value
        else:
            total, held = total + max(held, 1) * value, 0
    return total + held


@cache
def _words(language: str) -> list[tuple[str, int]]:
    """Return the patterns of numbers in words with their values, the longest numbers first."""
    table = _table(language)
    units: list[tuple[str, int]] = [(word, value) for value, word in enumerate(table.get("units", ()), 1)]
    tens = [(word, value) for value, word in zip(range(20, 100, 10), table.get("tens", ()), strict=False)]
    if tenth := table.get("tenth"):
        tens.insert(0, (tenth, 10))
    between = table.get("between", "")
    joined: list[tuple[str, int]] = []
    for ten, value in tens:
        for unit, more in units:
            first, last = (unit, ten) if table.get("unit_first") else (ten, unit)
            first = "ein" if first == "eins" else first
            if more < 10 or (language == "fr" and value in (60, 80)):
                joined.append((f"(?:{first}){between}(?:{last})", value + more))
    larger = [(word, int(value)) for value, word in table.get("larger", {}).items()]
    rest = sorted([*units, *tens], key=lambda one: len(one[0]), reverse=True)
    return [(f"(?:{word})", value) for word, value in (*larger, *joined, *rest)]


@cache
def _table(language: str) -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads(FILE.read_text(encoding="utf-8"))[language]
    return table
