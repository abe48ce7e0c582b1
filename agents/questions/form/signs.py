"""Signs beside numbers as the words of a language, "#4", "> 0.5 mm"; and corrected amounts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.units import NUMBER, UNIT
from agents.questions.lexicon.words import words_of

_SIGNS: Final = (
    r"(?:#|№|(?<!\w)[nN]\.? ?[º°])\s?(?=\d{1,2}(?!\d))",
    r"(?<![-=<\w])(?:[>≥≧]=?|\+(?= ?d[e'’]))\s*(?=\d| ?d[e'’])",
    r"(?<![-=>\w])[<≤≦]=?\s*(?=\d)",
)
"""A number, more, and at most: signs that are lost where they begin a question."""
_WORDS: Final[Mapping[str, tuple[str, str, str]]] = {
    "en": ("number ", "more than ", "at most "),
    "de": ("Nummer ", "mehr als ", "höchstens "),
    "es": ("número ", "más de ", "como máximo "),
    "fr": ("numéro ", "plus ", "au plus "),
    "it": ("numero ", "più di ", "al massimo "),
    "pt": ("número ", "mais de ", "no máximo "),
    "zh": ("编号", "超过", "最多"),
    "ja": ("番号", "より大きい", "最大"),
    "ko": ("번호 ", "초과 ", "최대 "),
}
_AMOUNT: Final = rf"{NUMBER}\s*{UNIT}"


def in_words(text: str, language: str) -> str:
    """Return a text with words for the signs that stand with its numbers."""
    for sign, word in zip(_SIGNS, _WORDS[language], strict=True):
        text = compiled(sign).sub(word, text)
    return text


def corrected(text: str, language: str) -> str:
    """Return a text with the amount that its asker meant: "over 2 cm, sorry, 2 mm" is over 2 mm."""
    meant = words_of(language).find("i_mean", text.lower())
    amounts = [] if meant is None else list(compiled(_AMOUNT, re.IGNORECASE).finditer(text))
    before = [one for one in amounts if meant is not None and one.end() <= meant.start()]
    after = [one for one in amounts if meant is not None and one.start() >= meant.end()]
    return text[: before[-1].start()] + text[after[0].start() :] if before and after else text
