"""Words that name no product and no type, whatever these are called: function words, and those of logs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

from agents.questions.lexicon.groups import asks_which
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import SPACELESS, alternatives, tables, words_of
from anomaly_core.names import plain_name

FILE: Final = Path(__file__).with_name("common_words.toml")
_QUOTES: Final = "\"'‘’‚“”„«»‹›「」『』`"
_MEANINGS: Final = (
    "last_inspected", "found_by", "corrected_by", "inspector", "inspected", "corrected", "failed", "passed",
    "reviewed", "on_hold", "missed", "false_alarm", "most_frequent", "ranking", "which_defect", "worst",
    "best", "highest", "lowest", "last_week", "this_week", "last_month", "this_month", "today", "yesterday",
    "morning", "trend", "finds", "compare", "worsened", "improved", "usually", "handover", "piece",
)  # fmt: skip
"""Meanings of words of such questions, beside the table."""


def without_common(text: str, language: str) -> str:
    """Return a text, in lower case, with a blank in place of each word that names nothing."""
    told = words_of(language).without(text, *_MEANINGS)
    return _blanking(language).sub(" ", told)


def common_in(text: str, language: str) -> list[str]:
    """Return the words of a text, in lower case, that name nothing there, unlike "product Line"."""
    found = dict.fromkeys(word[0] for each in _word(language) for word in each.finditer(text))
    return [word for word in found if _is_common(word, language) and not _is_marked(word, text, language)]


def nameable(names: Sequence[str], text: str, language: str) -> list[str]:
    """Return the names but those that a text, in lower case, has as words that name nothing."""
    return [
        name
        for name in names
        if not (
            _is_common(plain_name(name).lower(), language)
            # "¿Por qué puede ser que falte?" names no German "Falte".
            or words_of(language).by_meaning["lacking"].fullmatch(plain_name(name).lower())
        )
        or _is_marked(plain_name(name).lower(), text, language)
    ]


@cache
def _is_common(name: str, language: str) -> bool:
    """Return whether all words of a name, in lower case, name nothing; a number beside them tells no more."""
    words = re.findall(r"[^\W\d_]+", name)
    return bool(words) and all(_pattern(language).fullmatch(word) for word in words)


def _is_marked(name: str, text: str, language: str) -> bool:
    """Return whether a name stands in quotation marks, or behind "product" or "type", in a text."""
    called = re.escape(name)
    if compiled(rf"[{_QUOTES}]{called}(?:[{_QUOTES}]|$)").search(text) is not None:
        return True
    mark = tables(FILE)[language]["mark"]
    ways = f"(?:{mark}):? ?{called}" if language in SPACELESS else rf"(?<!\w)(?:{mark}):? {called}(?!\w)"
    # "Welches Produkt das ist".
    return not asks_which(text, language, "product") and compiled(ways).search(text) is not None


@cache
def _pattern(language: str) -> re.Pattern[str]:
    table = tables(FILE)[language]
    repeated = "+" if language in SPACELESS else ""
    return re.compile(rf"(?:{table['function']}|{table['log']}){repeated}")


@cache
def _blanking(language: str) -> re.Pattern[str]:
    """Return the pattern of what is blanked; a character of a longer word may be one of the table."""
    table = tables(FILE)[language]
    either = f"{table['function']}|{table['log']}"
    if language == "ko":
        return re.compile(rf"(?<!\w)(?:{either})+(?!\w)")
    if language in SPACELESS:
        longer = (one for one in alternatives(either) if len(one) > 1)
        return re.compile("|".join(sorted(longer, key=len, reverse=True)))
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)")


@cache
def _word(language: str) -> Sequence[re.Pattern[str]]:
    """Return the patterns of the words of a text; where none stand apart, of each of the table's own."""
    if language not in SPACELESS:
        return [re.compile(r"[^\W\d_]+")]
    table = tables(FILE)[language]
    return [re.compile(one) for one in alternatives(f"{table['function']}|{table['log']}")]
