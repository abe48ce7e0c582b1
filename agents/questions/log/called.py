"""Names of persons that a question calls, whether or not the log knows them."""

from __future__ import annotations

import calendar
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Final

from agents.questions.learned.examples import read_examples
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import SPACELESS, words_of
from agents.questions.log.named_people import NAME, is_name, is_title, people_in

_DONE: Final = re.compile(rf"(?:(?i:hat|haben|von)) ({NAME}) (?:\w+ ){{0,6}}[a-zäöüß]*(?:t|en)\b")
"""Who did something, in German, where each noun begins with a capital: "hat Zoe geprüft"."""
_OWNS: Final = re.compile(rf"^({NAME})['\u2019]s\b")
_AT_LEAST: Final = 0.6
"""Share of words with capitals from which they are a heading's."""
MOST: Final = 4
_OFTEN: Final = 3
"""Examples from which a word that they write with a small letter is no name."""


def called_people(text: str, language: str) -> list[str]:
    """Return words of a text that may be names of persons. text: as it was typed."""
    known = {name.lower() for name in (*calendar.month_name, *calendar.day_name)}
    found = [name for name in _names(text, language) if name.lower() not in known]
    meant = [
        name
        for name in found
        if not is_title(name, language)
        and is_name(name.lower(), language)
        and name.lower() not in _small(language)
    ]
    return list(dict.fromkeys([*people_in(text, language), *meant]))[:MOST]


@cache
def _small(language: str) -> frozenset[str]:
    """Return the words that several examples write with a small letter, as in "What's": no names."""
    texts = (one.in_full for one in read_examples() if one.language == language)
    counts = Counter(word for text in texts for word in set(re.findall(r"[^\W\d_]+", text)) if word.islower())
    return frozenset(word for word, count in counts.items() if count >= _OFTEN)


def _names(text: str, language: str) -> Iterator[str]:
    if language in SPACELESS:
        yield from compiled(rf"(?<![A-Za-z]){NAME}(?![A-Za-z\d])", re.ASCII).findall(text)
        return
    role = words_of(language).source("operator")
    yield from compiled(rf"(?i:\b(?:{role})) ({NAME})\b").findall(text)
    yield from _OWNS.findall(text)
    words = words_of(language)
    if words.has("who", text.lower()):
        joined = "|".join(words.source(one) for one in ("or", "and", "than"))
        for pair in compiled(rf"\b({NAME}),? (?i:{joined}) ({NAME})\b").findall(text):
            yield from pair
    if language == "de":
        yield from _DONE.findall(text)
        return
    typed = re.findall(r"[^\W\d_]{2,}", text)
    if len(typed) > 2 and sum(word[0].isupper() for word in typed) >= _AT_LEAST * len(typed):
        return
    # The first word of a sentence begins with a capital, whatever it is.
    yield from compiled(rf"[^\W_][ ,;] *({NAME})\b").findall(text)
