"""The type of which alone the notes have a word that a question uses, in whatever language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from agents.questions.learned.encoder import encode, normalised
from agents.questions.learned.examples import LANGUAGES
from agents.questions.learned.generic import subjects_in, words_in
from agents.questions.lexicon.words import SPACELESS, words_of
from agents.questions.slots.absences import absences
from agents.questions.slots.held import NO_LOOK, OF_NO_NAME
from agents.questions.slots.types import MOST_WINDOWS, windows
from anomaly_core.names import plain_name
from knowledge.catalogue.entries import Entry
from knowledge.catalogue.looks import parse_look

ALIKE: Final = 0.8
"""Least cosine of words of two languages that mean the same."""
ALIKE_RUN: Final = 0.85
"""The same of some characters, where words do not stand apart; both by a look at thirty questions."""
_AS_NEAR: Final = 0.08
"""Cosine below the nearest word's within which another one is meant as well."""
_LONGEST_KNOWN: Final = 3
"""Letters from which a word of the notes is held against a question's."""


def type_by_own_word(question: str, language: str, entries: Sequence[Entry]) -> str | None:
    """Return the one type of whose name, or else look, alone a question has a word; None for none or several.

    "Un comprimido de otro color" is of the wrong colour: tablets are in other names too. A word of another
    language stands for the words of the notes that are most like it.
    """
    text = words_of(language).without(normalised(question), *NO_LOOK)
    if words_of(language).has("lacking", text):
        # Of what is missing, and not of what it is missing from.
        missing = absences(text, language, entries)
        return missing[0] if len(missing) == 1 else None
    if words_of(language).has("colour", text) and not parse_look(text).colours:
        # "Another colour" is of what the notes call "mauvaise teinte".
        of_colour = list(dict.fromkeys(one.type for one in entries if _is_of_colour(one.type)))
        if len(of_colour) == 1:
            return of_colour[0]
    said = _said(text, language)
    names: dict[str, set[str]] = {}
    looks: dict[str, set[str]] = {}
    for entry in entries:
        name = set(words_in(plain_name(entry.type).lower()))
        names.setdefault(entry.type, set()).update(name)
        looks.setdefault(entry.type, set()).update(name, words_in(entry.look.lower()))
    return _alone(said, language, names) or _alone(said, language, looks)


def _is_of_colour(name: str) -> bool:
    return any(words_of(code).has("colour", plain_name(name).lower()) for code in LANGUAGES)


def _said(text: str, language: str) -> list[str]:
    if language not in SPACELESS:
        return subjects_in(text, language, OF_NO_NAME)
    return [one for one in dict.fromkeys(windows(text, language, (1,))) if len(one.strip()) > 1][
        :MOST_WINDOWS
    ]


def _alone(said: Sequence[str], language: str, held: Mapping[str, set[str]]) -> str | None:
    """Return the one type that words of a question are of, each of them of that type alone, or None."""
    known = sorted(word for word in set().union(*held.values()) if len(word) >= _LONGEST_KNOWN)
    if not said or not known:
        return None
    least = ALIKE_RUN if language in SPACELESS else ALIKE
    meant: set[str] = set()
    for row in encode(said) @ encode(known).T:
        near = {
            word
            for word, cosine in zip(known, row, strict=True)
            if cosine >= max(least, float(row.max()) - _AS_NEAR)
        }
        types = [name for name, words in held.items() if words & near]
        meant |= {types[0]} if len(types) == 1 else set()
    return meant.pop() if len(meant) == 1 else None
