"""Amounts in words as digits: "half a millimetre" is 0.5 mm, "zwei Zehntel" 0.2 mm, "一毫米半" 1.5 mm."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from agents.questions.words import SPACELESS, words_of

NUMBER: Final = r"(\d+(?:[.,]\d+)?)"
MM: Final = r"(?:mm|mil+imet\w*|millimèt\w*|milím\w*|毫米|公厘|ミリ(?:メートル)?|밀리(?:미터)?)"
PX: Final = r"(?:px|pixels?\w*|píxel\w*|像素|ピクセル|画素|픽셀|화소)"
CM: Final = r"(?:cm|[cz]entimet\w*|centimèt\w*|centím\w*|厘米|公分|センチ(?:メートル)?|센티(?:미터)?)"
MICRON: Final = (
    r"(?:[µμ]m|microns?|mikrometer|micromet\w*|微米|ミクロン|マイクロメートル|마이크로미터|미크론)"
)
PERCENT: Final = r"(?:%|percent|per cent|prozent|por ciento|por cento|pour ?cent|per cento|パーセント|퍼센트)"
UNIT: Final = rf"(?:{MM}|{PX}|{CM}|{MICRON}|{PERCENT})"
SMALL: Final = frozenset({0.1, 0.01})
"""Fractions that name a length by themselves, in millimetres: "two tenths"."""
_FILLER: Final = r"(?:\s+(?:of|an?|one|eine[smr]?|d[ei]|d'un|un[oa]?|um|del)(?!\w)){0,2}"


def in_digits(text: str, language: str) -> str:
    """Return a text with digits for the amounts that it has in words, where a unit follows them."""
    for rule in _rules(language):
        text = rule.sub(lambda found: _written(found, language), text)
    return text


def _written(found: re.Match[str], language: str) -> str:
    parts = found.groupdict()
    whole, part, decimals = parts["whole"], parts.get("part"), parts.get("decimals")
    value = _number(whole, language) if whole else 1.0
    if decimals:
        digits = "".join(f"{_number(one, language):.0f}" for one in _single(decimals, language))
        value = float(f"{value if whole else 0:.0f}.{digits}")
    elif part:
        share = next(each for each, word in _parts(language) if re.fullmatch(word, part, re.IGNORECASE))
        value = value + share if parts.get("and") is not None else value * share
    return f"{value:g} {parts.get('unit') or 'mm'}"


def _number(text: str, language: str) -> float:
    if text[0].isdigit():
        return float(text.replace(",", "."))
    return next(value for value, word in _numbers(language) if re.fullmatch(word, text, re.IGNORECASE))


def _single(text: str, language: str) -> list[str]:
    return re.findall("|".join([r"\d", *(word for _, word in _numbers(language))]), text, re.IGNORECASE)


@cache
def _numbers(language: str) -> list[tuple[float, str]]:
    """Return numbers and their words, large ones first: "二十" does not begin with "二"."""
    words = words_of(language)
    return sorted([*enumerate(words.counting, 1), *words.numbers], reverse=True)


@cache
def _parts(language: str) -> list[tuple[float, str]]:
    return sorted(words_of(language).fractions)


@cache
def _rules(language: str) -> list[re.Pattern[str]]:
    """Return patterns of amounts, in the order in which they are tried; each leaves digits and a unit."""
    words, spaceless = words_of(language), language in SPACELESS
    gap, begin, end = (r"\s*", "", "") if spaceless else (r"\s+", r"(?<![\w.,])", r"(?!\w)")
    worded = "|".join(word for _, word in _numbers(language))
    number = rf"(?:\d+(?:[.,]\d+)?|{worded}){end}"
    whole = rf"{begin}(?P<whole>{number})"
    part = rf"(?P<part>{'|'.join(word for _, word in _parts(language))}){end}"
    small = rf"(?P<part>{'|'.join(word for share, word in _parts(language) if share in SMALL)}){end}"
    joined, point = words.source("and_part"), words.source("point")
    unit = rf"(?P<unit>{UNIT}(?![a-z]))"
    patterns = [
        # "a millimetre and a half", "two and a half millimetres"
        rf"{whole}{gap}{unit}{gap}(?P<and>{joined}){gap}{part}",
        rf"{whole}{gap}(?P<and>{joined}){gap}{part}{_FILLER}[\s-]*{unit}",
        # "two tenths of a millimetre", "half a millimetre", "two tenths"
        rf"(?:{whole}{gap})?{begin}{part}{_FILLER}[\s-]*{unit}",
        rf"{whole}{gap}{small}",
        # "one point five millimetres"
        rf"(?:{whole}{gap})?(?:{point}){gap}(?P<decimals>{number}(?:{gap}{number})*)\s*{unit}",
        # "two millimetres"
        rf"{begin}(?P<whole>{worded}){gap}{unit}",
    ]
    if spaceless:
        # "十分之二毫米": the part stands before the number.
        patterns.insert(2, rf"{part}{gap}(?P<whole>{number})\s*{unit}")
    return [re.compile(pattern, re.IGNORECASE) for pattern in patterns]
