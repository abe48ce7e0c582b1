"""Types of the notes that something missing, or something that does not belong there, may be of."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

from agents.questions.learned.examples import LANGUAGES
from agents.questions.lexicon.words import feature_of, sections_in, words_of
from agents.questions.slots.by_words import is_absence
from anomaly_core.names import plain_name
from knowledge.catalogue.entries import Entry

MOST: Final = 2
"""Types that are taken for meant."""
_MATTER: Final = frozenset({"contamination", "filings"})
"""Types that are something which lies on a part and is none of it."""


def absences(text: str, language: str, entries: Sequence[Entry]) -> list[str]:
    """Return the types of something missing where a text, in lower case, asks if something is, else none.

    "Is a hole missing?" means that of a hole alone.
    """
    words = words_of(language)
    if not words.has("lacking", text):
        return []
    found = list(dict.fromkeys(entry.type for entry in entries if is_absence(entry.type)))
    nouns = {name for name, noun in (*words.features.items(), *words.sections.items()) if noun.search(text)}
    named = [name for name in found if nouns & {feature_of(name), *sections_in(name)}]
    return (named or found)[:MOST]


def foreign_bodies(text: str, language: str, entries: Sequence[Entry]) -> list[str]:
    """Return the types of foreign matter where a text asks if something lies or floats there, else none."""
    if not words_of(language).has("lies_there", text):
        return []
    return list(dict.fromkeys(entry.type for entry in entries if _is_foreign(entry.type, entry.look)))[:MOST]


@cache
def _is_foreign(name: str, look: str) -> bool:
    """Return whether an entry is of foreign matter: by its name, or by a look that says so."""
    plain = f"{plain_name(name)}. {look}".lower()
    return any(
        words.has("foreign", plain) or any(words.types[one].search(plain) for one in _MATTER)
        for words in map(words_of, LANGUAGES)
    )
