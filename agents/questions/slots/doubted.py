"""Types of the notes that a question may mean where none of its words is surely a type's name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from agents.questions.learned.encoder import encode, normalised
from agents.questions.learned.generic import subjects_in
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import (
    ALIKE,
    NEVER,
    SPACELESS,
    features_in,
    same_defect,
    sections_in,
    types_in,
    words_of,
)
from agents.questions.slots.by_words import types_of
from agents.questions.slots.described import named_types
from agents.questions.slots.held import NO_LOOK, OF_NO_NAME, things_of
from agents.questions.slots.types import MOST_WINDOWS, windows
from anomaly_core.names import plain_name
from knowledge.catalogue.entries import Entry

LEAST: Final = 0.25
"""Least cosine of a question and an entry that it may mean."""
BESIDE: Final = 0.1
"""Cosine below the nearest entry's within which another one is told too."""
MOST: Final = 2
"""Types that are told where none is sure."""
OBJECT: Final = 0.5
"""Least cosine of a word of a question and the thing that a type's name says is damaged."""
_NEARER: Final = 0.05
"""Least lead of another thing over the one that the named type is of, in that cosine."""
DOUBTS: Final = 0.1
"""Lead of another entry, of its thing and of the whole, from which the named type is no longer sure."""
_PARTED: Final = frozenset({"crack", "tear", "break"})
"""Types that one word may mean where something comes apart: "gerissen"."""
OVERRULES: Final = 0.3
"""The same from which the other one is meant. The five are set by a look at 45 questions in nine languages
about three catalogues."""


def may_mean(question: str, language: str, entries: Sequence[Entry], likely: str | None = None) -> list[str]:
    """Return the types that a question may be about by its meaning, the nearest first, or none.

    They are no more than `MOST`, and none of them is sure. likely: a type that some words of it are like the
    name of; it is first where the whole question is near to it, or to another one of its thing.
    """
    words = words_of(language)
    rest = words.without(normalised(question), *NO_LOOK)
    if not entries or not subjects_in(rest, language, OF_NO_NAME):
        return []
    scores = _scores(rest, entries)
    order = sorted(scores, key=lambda name: -scores[name])
    least = max(LEAST, scores[order[0]] - BESIDE)
    near = [name for name in order if scores[name] >= least]
    of_it = likely in near or any(things_of(likely or "") & things_of(name) for name in near)
    return list(dict.fromkeys([*([likely] if likely is not None and of_it else []), *near]))[:MOST]


def held_against(question: str, language: str, named: str, entries: Sequence[Entry]) -> list[str]:
    """Return the types that a question may mean that has a word for a type, in whatever language.

    "Folie eingerissen" has the word of "Crack in tablet", but the thing of "Torn foil". A name that stands in
    the question decides; else what the question says is damaged must be what the type is of.
    """
    text = normalised(question)
    things = {entry.type: things_of(entry.type) for entry in entries}
    own = things.get(named)
    if types_of(text, [named]) or stands_apart(text, named):
        return [named]
    if not own:
        return _of_its_feature(text, language, named, entries)
    common, words = types_in(named), words_of(language)
    scores = _scores(text, entries)
    if rival := _of_another_word(text, language, named, scores):
        return [rival, named]
    said = _subjects(words.without_types(words.without(text, *NO_LOOK)), language)
    # A hole that is missing is no crack, whatever it is in.
    held_alike = named_types(text, language, entries)
    others = {
        name: held
        for name, held in things.items()
        if held and not held & own and (name in held_alike or _alike(common, types_in(name)))
    }
    if not said or not others:
        return [named]
    known = sorted(own.union(*others.values()))
    cosines = encode(said) @ encode(known).T
    near = dict(zip(known, cosines.max(axis=0).tolist(), strict=True))
    thing = {name: max(near[one] for one in held) for name, held in {named: own, **others}.items()}
    leads = {
        name: thing[name] - thing[named] + scores[name] - scores[named]
        for name in others
        if thing[name] >= OBJECT and thing[name] - thing[named] >= _NEARER
    }
    if not leads or max(leads.values()) < DOUBTS:
        return [named]
    best = max(leads, key=lambda name: leads[name])
    meant = leads[best] >= OVERRULES and best in held_alike
    return [best] if meant else [best, named]


def _of_its_feature(text: str, language: str, named: str, entries: Sequence[Entry]) -> list[str]:
    """Return a type that is named for no thing, and before it one of the thing that a text names.

    "구겨진 모서리" has the word of "Crease", and is a "Crushed corner" by its thing.
    """
    words = words_of(language)
    said = {name for name, noun in (*words.features.items(), *words.sections.items()) if noun.search(text)}
    if not said or said & {*features_in(named), *sections_in(named)}:
        return [named]
    scores = _scores(text, entries)
    rivals = [name for name in scores if said & {*features_in(name), *sections_in(name)}]
    best = max(rivals, key=lambda name: scores[name], default=named)
    lead = scores[best] - scores.get(named, 0.0)
    return [best] if lead >= DOUBTS else [best, named] if lead > 0 else [named]


def _alike(some: frozenset[str], others: frozenset[str]) -> bool:
    """Return whether types of damage are the same, or such as one word may mean: a tear, and a crack."""
    groups = (*ALIKE, _PARTED)
    return bool(some & others) or any(group & some and group & others for group in groups)


def _of_another_word(text: str, language: str, named: str, scores: Mapping[str, float]) -> str | None:
    """Return the type that has another word for a type in a question, and is clearly nearer, or None.

    "Versetztes Loch" has the word of "Bent pin", and that of "Offset hole".
    """
    words, own = words_of(language), types_in(named)
    said = {name for name, pattern in words.types.items() if pattern.search(text)}
    more = {name for name in said if not _alike(frozenset({name}), own)}
    rivals = [name for name in scores if more & types_in(name)]
    best = max(rivals, key=lambda name: scores[name], default=None)
    return best if best is not None and scores[best] - scores.get(named, 0.0) >= DOUBTS else None


def _subjects(text: str, language: str) -> list[str]:
    """Return the words of a text that may say what is damaged, of scripts without spaces some characters."""
    if language not in SPACELESS:
        return subjects_in(text, language, OF_NO_NAME)
    return [one for one in dict.fromkeys(windows(text, language, (1,))) if one.strip()][:MOST_WINDOWS]


def _scores(question: str, entries: Sequence[Entry]) -> dict[str, float]:
    """Return the cosine of a question and each type: the mean of those of its name, and of name and look."""
    looks = {entry.type: f"{entry.type}. {entry.look}" for entry in reversed(entries)}
    types = list(looks)
    vectors = encode([question, *types, *looks.values()])
    cosines = (vectors[1:] @ vectors[0]).reshape(2, len(types)).mean(axis=0)
    return dict(zip(types, cosines.tolist(), strict=True))


def stands_apart(text: str, name: str) -> bool:
    """Return whether all words of a name of several stand in a text, in any order: "caps are crooked"."""
    words = re.findall(r"[^\W\d_]+", plain_name(name).lower())
    stand = (compiled(rf"(?<!\w){re.escape(word)}\w{{0,2}}(?!\w)").search(text) for word in words)
    return len(words) > 1 and all(one is not None for one in stand)


def narrowed(question: str, language: str, named: str, entries: Sequence[Entry]) -> list[str]:
    """Return the types that a common name of several may mean by the other words, or none that tells them.

    "Furo deslocado" is the offset one of four holes, and "eingerissen" of a foil no crack in a tablet.
    """
    of_it = [one.type for one in entries if same_defect(one.type, named) or named in types_in(one.type)]
    of_it = list(dict.fromkeys(of_it))
    if types_of(normalised(question), of_it):
        return []
    if len(apart := [name for name in of_it if stands_apart(normalised(question), name)]) == 1:
        return apart
    for name in of_it:
        held = held_against(question, language, name, entries)
        if held != [name]:
            return held
    words = words_of(language)
    rest = words.types.get(named, NEVER).sub(" ", normalised(question))
    rest = words.without(rest, *NO_LOOK, "long", "length", "width")
    if len(of_it) < 2 or not subjects_in(rest, language, OF_NO_NAME):
        return []
    return may_mean(question, language, [one for one in entries if one.type in of_it])
