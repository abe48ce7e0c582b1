"""Types of the notes that something missing, or something that does not belong there, may be of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from agents.questions.learned.encoder import encode
from agents.questions.learned.examples import LANGUAGES
from agents.questions.learned.generic import subjects_in
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import feature_of, sections_in, words_of
from agents.questions.slots.by_words import is_absence
from agents.questions.slots.held import OF_NO_NAME, things_of
from anomaly_core.names import plain_name
from knowledge.catalogue.entries import Entry

MOST: Final = 2
"""Types that are taken for meant."""
THING: Final = 0.62
LEAD: Final = 0.14
"""Least cosine of a word and the thing that a type's name says is missing, and its lead, as of names."""
_MATTER: Final = frozenset({"contamination", "filings"})
"""Types that are something which lies on a part and is none of it."""


def absences(text: str, language: str, entries: Sequence[Entry], *, belonging: bool = False) -> list[str]:
    """Return the types of something missing where a text, in lower case, asks if something is, else none.

    "Is a hole missing?" means that of a hole alone. belonging: whether it asks if what belongs to a part is
    there, in whatever words: "all balls in?".
    """
    words = words_of(language)
    if not (belonging or words.has("lacking", text)):
        return []
    found = list(dict.fromkeys(entry.type for entry in entries if is_absence(entry.type)))
    nouns = {name for name, noun in (*words.features.items(), *words.sections.items()) if noun.search(text)}
    named = [name for name in found if nouns & {feature_of(name), *sections_in(name)}]
    text = words.without(text, "lacking")
    named = named or [name for name in found if _thing_stands_in(name, text, found)]
    return (named or _of_its_thing(text, language, found) or found)[:MOST]


def _thing_stands_in(name: str, text: str, names: Sequence[str]) -> bool:
    """Return whether a text has a word of a name that is of no other of the names: "needle's gone"."""
    others = frozenset().union(*(things_of(one) for one in names if one != name))
    own = (re.escape(word) for word in things_of(name) - others)
    return any(compiled(rf"(?<![^\W\d_]){word}(?:e?[ns])?(?![^\W\d_])").search(text) for word in own)


def _of_its_thing(text: str, language: str, names: Sequence[str]) -> list[str]:
    """Return the type, of several, that is of what a text says is missing: "chocolate", in any language."""
    said = subjects_in(text, language, OF_NO_NAME)
    things = {name: sorted(things_of(name)) for name in names}
    if not said or len(names) < 2 or not all(things.values()):
        return []
    asked = encode(said)
    near = {name: float((asked @ encode(held).T).max()) for name, held in things.items()}
    first, second = sorted(near.values(), reverse=True)[:2]
    best = max(near, key=lambda name: near[name])
    return [best] if first >= THING and first - second >= LEAD else []


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
