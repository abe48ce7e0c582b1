"""Names of persons that a question calls, whether or not the log knows them."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from typing import Final

from agents.questions.lexicon.words import SPACELESS, words_of
from agents.questions.log.named_people import NAME, is_title, people_in

_DONE: Final = re.compile(rf"(?:(?i:hat|haben|von)) ({NAME}) (?:\w+ ){{0,6}}[a-zäöüß]*(?:t|en)\b")
"""Who did something, in German, where each noun begins with a capital: "hat Zoe geprüft"."""
_OWNS: Final = re.compile(rf"^({NAME})['\u2019]s\b")
_AT_LEAST: Final = 0.6
"""Share of words with capitals from which they are a heading's."""
MOST: Final = 4


def called_people(text: str, language: str) -> list[str]:
    """Return words of a text that may be names of persons. text: as it was typed."""
    known = {name.lower() for name in (*calendar.month_name, *calendar.day_name)}
    words = words_of(language)
    found = [name for name in _names(text, language) if name.lower() not in known]
    meant = [
        name
        for name in found
        if not is_title(name, language)
        and not any(
            pattern.fullmatch(name.lower()) for pattern in (*words.types.values(), *_common(language))
        )
    ]
    return list(dict.fromkeys([*people_in(text, language), *meant]))[:MOST]


def _common(language: str) -> Iterator[re.Pattern[str]]:
    """Yield the patterns of words that are no names, with or without a capital."""
    words = words_of(language)
    for meaning in ("today", "yesterday", "lot", "station", "operator", "failed", "passed", "inspected",
                    "some", "every", "who", "which", "nobody", "asks_if", "image", "and"):  # fmt: skip
        yield words.by_meaning[meaning]


def _names(text: str, language: str) -> Iterator[str]:
    if language in SPACELESS:
        yield from re.findall(rf"(?<![A-Za-z]){NAME}(?![A-Za-z\d])", text, re.ASCII)
        return
    role = words_of(language).source("operator")
    yield from re.findall(rf"(?i:\b(?:{role})) ({NAME})\b", text)
    yield from _OWNS.findall(text)
    words = words_of(language)
    if words.has("who", text.lower()):
        joined = "|".join(words.source(one) for one in ("or", "and", "than"))
        for pair in re.findall(rf"\b({NAME}),? (?i:{joined}) ({NAME})\b", text):
            yield from pair
    if language == "de":
        yield from _DONE.findall(text)
        return
    typed = re.findall(r"[^\W\d_]{2,}", text)
    if len(typed) > 2 and sum(word[0].isupper() for word in typed) >= _AT_LEAST * len(typed):
        return
    # The first word of a sentence begins with a capital, whatever it is.
    yield from re.findall(rf"[^\W_][ ,;] *({NAME})\b", text)
