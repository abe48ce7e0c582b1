"""A number that a question holds the log against: "is the yield below 90%?", "if alpha had been 0.01"."""

from __future__ import annotations

import re
from typing import Final

from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.units import NUMBER, PERCENT, UNIT
from agents.questions.lexicon.words import words_of
from agents.questions.log.code_names import veiled
from tools.log_question import BoundRecord, BoundSense

_VALUE: Final = re.compile(rf"(?<![a-z\d.,:-]){NUMBER}(?:\s*({UNIT}))?(?![a-z_\d])", re.IGNORECASE)
_SENSES: Final[tuple[BoundSense, ...]] = ("excess", "no_less", "no_more", "above", "below")
"""Meanings of words, the longer phrases first: "no more than" has a "more than"."""


def bound_of(text: str, language: str) -> BoundRecord | None:
    """Return the number that a question for yes or no compares a share, or a count, with, or None.

    text: in lower case, without its period. A number without "%" counts only beside a word that compares.
    """
    words = words_of(language)
    numbers = _numbers(veiled(text, words))  # the digits of "lot 7" are no bound
    if len(numbers) != 1:
        return None
    value, percent = numbers[0]
    sense = next((one for one in _SENSES if words.has(one, text)), None)
    if not percent and sense in (None, "excess"):
        return None
    return BoundRecord(value=value, percent=percent, sense=sense or "equal")


def alpha_of(text: str, language: str) -> float | None:
    """Return the false-alarm rate that a question supposes, in (0, 1), or None."""
    if not words_of(language).has("alpha", text):
        return None
    values = (value / 100 if percent else value for value, percent in _numbers(text))
    return next((value for value in values if 0 < value < 1), None)


def _numbers(text: str) -> list[tuple[float, bool]]:
    """Return the numbers of a text that have no unit, or "%", and whether they have that."""
    found = [one for one in _VALUE.finditer(text) if one[2] is None or compiled(PERCENT).fullmatch(one[2])]
    return [(float(one[1].replace(",", ".")), one[2] is not None) for one in found]
