"""Numbers, in digits or in words: "20", "a hundred and twenty", "fünfundzwanzig", "百二十", "스무"."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.units import as_number
from agents.questions.lexicon.words import SPACELESS, bounded, words_of

_HUNDRED: Final = 100
_MOST: Final = 6
"""Most words of a number."""
_JOINERS: Final = {"en": "and", "de": "und", "es": "y", "fr": "et", "it": "e", "pt": "e"}
"""What may stand between the words of a number."""
_APART: Final = frozenset({"en", "fr", "pt"})
"""Languages whose numbers are written in words apart: "and" holds no "an"."""
_DIGITS: Final = r"(?<![\d.,:-])\d{1,5}(?!\d|[,.:-]\d)"
"""A whole number that is no part of an amount, a time or a date."""

_COUNTERS: Final = {
    "zh": r"(?=\s?[\u4e2a\u6839\u9897\u7247\u53ea\u6761\u679a\u5757\u652f\u5904\u5b54])",
    "ja": r"(?=\s?[\u3064\u672c\u500b\u679a\u7a74\u7b87\u304b\u30ab\u30f6])",
    "ko": r"(?=\s?[\uac1c\uacf3\uc7a5\uad70\uad6c\ubcf8])",
}
"""What stands behind a number of things."""


def number_of(text: str, language: str) -> float:
    """Return the number that digits or words stand for, which `pattern` has found."""
    if text[0].isdigit():
        return as_number(text)
    total, held = 0.0, 0.0
    for value in _values(text, language):
        multiplies = value >= _HUNDRED or (value == 10 and language in SPACELESS)
        if multiplies and 0 < held < value:
            held *= value
        elif held and language in SPACELESS and max(held, value) < 10:
            held = 10 * held + value
        elif held and (multiplies or held < value):
            # "fünf und zwanzig": the units stand first.
            held += value
        else:
            total, held = total + held, value
    return total + held


@cache
def pattern(language: str) -> str:
    """Return the pattern of a number, in digits or in words."""
    end = "" if language in SPACELESS else r"(?!\w)"
    return rf"(?:\d+(?:[.,]\d+)?{end}|{worded_pattern(language)})"


@cache
def whole_pattern(language: str) -> str:
    """Return the pattern of a whole number in lower case, in digits or in words other than an article."""
    words = words_of(language)
    larger = ((value, word) for value, word in words.numbers if value > 1 and value.is_integer())
    worded = _run(_alternatives([*enumerate(words.counting, 1), *larger]), language)
    return rf"(?:{_DIGITS}|{bounded(worded, language)})"


def names_several(text: str, language: str) -> bool:
    """Return whether a text, in lower case, is of so many things, more than both: "all three rivets"."""
    # A syllable that counts, such as "\uc774", stands in other words too.
    number = rf"{whole_pattern(language)}{_COUNTERS.get(language, '')}"
    told = [number_of(one[0], language) for one in compiled(number).finditer(text)]
    return any(one > 2 for one in told)


@cache
def worded_pattern(language: str) -> str:
    """Return the pattern of a number in words."""
    return _run(_token(language), language)


def _run(token: str, language: str) -> str:
    """Return the pattern of a number by that of its words."""
    if language in SPACELESS:
        return rf"(?:{token}){{1,{_MOST}}}"
    joiner = _JOINERS[language]
    return rf"(?:{token})(?:[\s-]*(?:(?:{joiner})[\s-]*)?(?:{token})){{0,{_MOST - 1}}}(?!\w)"


def single_digits(text: str, language: str) -> str:
    """Return the digits that a text's words are, one a word: "two five" is "25"."""
    return "".join(f"{value:.0f}" for value in _values(text, language))


def _values(text: str, language: str) -> list[float]:
    apart = r"(?<!\w)(?:{})(?!\w)" if language in _APART else "(?:{})"
    found = compiled(apart.format(rf"\d|{_token(language)}"), re.IGNORECASE).findall(text)
    return [float(one) if one.isdigit() else _value(one, language) for one in found]


def _value(token: str, language: str) -> float:
    return next(value for value, word in _numbers(language) if compiled(word, re.IGNORECASE).fullmatch(token))


@cache
def _token(language: str) -> str:
    return _alternatives(_numbers(language))


@cache
def _numbers(language: str) -> list[tuple[float, str]]:
    words = words_of(language)
    return [*enumerate(words.counting, 1), *words.numbers]


def _alternatives(numbers: list[tuple[float, str]]) -> str:
    """Return the words of numbers, large ones first: "sixteen" begins with "six"."""
    return "|".join(word for _, word in sorted(numbers, reverse=True))
