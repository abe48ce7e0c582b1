"""The type of which alone the notes have a word that a question uses, in whatever language."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from agents.questions.learned.encoder import encode, normalised
from agents.questions.learned.examples import LANGUAGES
from agents.questions.learned.generic import subjects_in, words_in
from agents.questions.lexicon.words import SPACELESS, words_of
from agents.questions.slots.absences import absences
from agents.questions.slots.by_words import is_absence
from agents.questions.slots.held import NO_LOOK, OF_NO_NAME
from agents.questions.slots.types import MOST_WINDOWS, windows
from anomaly_core.names import plain_name
from knowledge.catalogue.entries import Entry
from knowledge.catalogue.looks import parse_look

ALIKE: Final = 0.8
"""Least cosine of words of two languages that mean the same."""
ALIKE_RUN: Final = 0.85
"""The same of some characters, where words do not stand apart; both by a look at thirty questions."""
_LEAD: Final = 0.1
"""Least lead in cosine of one type of colour over another."""
_CLAUSES: Final = re.compile(r"[,;.、，；。]")
_CLAUSE: Final = 0.45
_CLAUSE_LEAD: Final = 0.05
"""Least cosine of a question and a clause of a look, and its lead, by a look at 36 pairs."""
_AS_NEAR: Final = 0.08
"""Cosine below the nearest word's within which another one is meant as well."""
_LONGEST_KNOWN: Final = 3
"""Letters from which a word of the notes is held against a question's."""


PLACES: Final = ("where", "region", "edge", "part_end", "which", "which_of", "exactly")
"""Meanings of words that ask for a place, and by themselves describe no type."""
WHERE: Final = re.compile(
    r"[,;]?\s(?:in|on|at|over|under|beside|near|across|along|to|of|with|without|lying|that|im|an|am|auf|über|unter|neben|mit"
    r"|ohne|bei|des|der|su|sul\w*|nel\w*|al\w*|di|con|senza|en|sobre|sin|junto|sur|dans|au|aux|avec|sans|de|du|em|no|na|ao"
    r"|sobre|com|sem|do|da)(?!\w)",
)
"""What begins the words on where something lies, or what it is of."""


def type_by_own_word(question: str, language: str, entries: Sequence[Entry]) -> str | None:
    """Return the one type of whose name, or else look, alone a question has a word; None for none or several.

    "Un comprimido de otro color" is of the wrong colour: tablets are in other names too. A word of another
    language stands for the words of the notes that are most like it.
    """
    text = words_of(language).without(normalised(question), *NO_LOOK, *PLACES)
    if words_of(language).names_type(text):
        return None  # "A shifted hole" is not of all that holes have
    if words_of(language).has("lacking", text):
        # Of what is missing, and not of what it is missing from.
        missing = absences(text, language, entries)
        return missing[0] if len(missing) == 1 else None
    if words_of(language).has("colour", text) and not parse_look(text).colours:
        # "Another colour" is of what the notes call "mauvaise teinte".
        of_colour = {one.type: f"{one.type}. {one.look}" for one in entries if _is_of_colour(one.type)}
        if (nearest := _nearest(text, of_colour)) is not None:
            return nearest
    said = _said(text, language)
    names: dict[str, set[str]] = {}
    looks: dict[str, set[str]] = {}
    for entry in entries:
        name = set(words_in(plain_name(entry.type).lower()))
        names.setdefault(entry.type, set()).update(name)
        looks.setdefault(entry.type, set()).update(name, words_in(WHERE.split(entry.look)[0].lower()))
    return _alone(said, language, names) or _alone(said, language, looks)


def type_by_clause(question: str, entries: Sequence[Entry]) -> str | None:
    """Return the one type that has a clause of its look near a question: "is the rim out of round?".

    None where it only asks for a tone or a colour, and none of something missing, which has no look.
    """
    text = normalised(question)
    asked = parse_look(text)
    told = [
        (entry.type, clause)
        for entry in entries
        for clause in map(str.strip, _CLAUSES.split(entry.look))
        if clause and not is_absence(entry.type)
    ]
    if asked.tone is not None or asked.colours or not told:
        return None
    cosines = encode([clause for _, clause in told]) @ encode([text])[0]
    near: dict[str, float] = {}
    for (name, _), cosine in zip(told, cosines.tolist(), strict=True):
        near[name] = max(cosine, near.get(name, -1.0))
    best = max(near, key=lambda name: near[name])
    others = [cosine for name, cosine in near.items() if name != best]
    clear = near[best] >= _CLAUSE and near[best] - max(others, default=0.0) >= _CLAUSE_LEAD
    return best if clear else None


def _nearest(text: str, told: Mapping[str, str]) -> str | None:
    """Return the only one of some types, or the one whose name and look are clearly nearest to a text."""
    if len(told) < 2:
        return next(iter(told), None)
    vectors = encode([text, *told.values()])
    near = dict(zip(told, (vectors[1:] @ vectors[0]).tolist(), strict=True))
    first, second = sorted(near, key=lambda name: -near[name])[:2]
    return first if near[first] - near[second] >= _LEAD else None


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
