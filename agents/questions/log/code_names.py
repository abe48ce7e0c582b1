"""Names with a number or a letter that stand at a word such as "lot", "line" or "工位"."""

from __future__ import annotations

import re
from typing import Final, Literal

from agents.questions.lexicon.numbered import log_words
from agents.questions.lexicon.numerals import number_of, whole_pattern
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.units import UNIT
from agents.questions.lexicon.words import SPACELESS, Words

_NUMBER: Final = r"(?:[ -]?(?:no\.?|nr\.?|n[°o.]|num(?:ber|mer|[eé]ro)|#|:|番号|号|번)[: ]*| )?"
_CODE: Final = r"([a-z0-9][a-z0-9_./-]*)"
_LETTER: Final = r"([b-df-hj-np-tv-xz])(?![\w'])"
"""A letter that is no article, no "and" and the like in any of the languages."""


def code_name(words: Words, meaning: Literal["lot", "station"], text: str) -> str | None:
    """Return the name that a text, in lower case, gives a lot or a station, or None.

    It has a digit, or is a station's number in words or its letter.
    """
    own = log_words(words.language)[meaning]
    called = f"(?:{words.source(meaning)}|{own})"
    if words.language in SPACELESS:
        before = _before(called, own, text, words.language)
        if before is not None:
            return before
    else:
        called = rf"(?<!\w){called}"
    found = compiled(rf"{called}{_NUMBER}{_CODE}(?![a-z0-9./-]|\s*{UNIT})").search(text)
    if found is not None and re.search(r"\d", found[1]):
        return found[1].rstrip("./-")
    if meaning == "lot":
        return None
    if words.language not in SPACELESS and (
        spelled := compiled(rf"{called} ({whole_pattern(words.language)})").search(text)
    ):
        number = number_of(spelled[1], words.language)
        return f"{number:.0f}" if number > 1 else None
    lettered = compiled(rf"{called} ?{_LETTER}").search(text)
    return None if lettered is None else lettered[1]


def _before(called: str, numbered: str, text: str, language: str) -> str | None:
    """Return a name that stands before the word: "3号线", "B工程", "L41批次"."""
    digits = whole_pattern(language)
    found = compiled(rf"(?<![a-z\d.-])(?!이번)({digits}) ?(?:{numbered})").search(text)
    if found is not None and re.search(r"[号番호번]", text[found.end(1) : found.end()]):
        return f"{number_of(found[1], language):.0f}"
    coded = compiled(rf"(?<![a-z\d.-])([a-z][a-z0-9_.-]*|\d+[a-z_-][a-z0-9_.-]*|\d+) ?{called}").search(text)
    return None if coded is None or (coded[1].isdecimal() and "批" in coded[0]) else coded[1]
