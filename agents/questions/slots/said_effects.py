"""Types of the notes whose effect a question speaks of: "will the jar leak?" of what makes the glass leak."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from agents.questions.learned.encoder import encode
from agents.questions.learned.generic import subjects_in, words_in
from agents.questions.lexicon.words import types_in, words_of
from agents.questions.slots.held import OF_NO_NAME

ALIKE: Final = 0.8
"""Least cosine of a question's word and one of an effect that mean the same, by a look at 34 questions."""
_STEM: Final = 5
"""Letters by which inflected words are the same."""


def said_effects(
    text: str,
    language: str,
    effects: Mapping[str, str],
    entries: Sequence[str] = (),
    *,
    least: float | None = None,
) -> list[str]:
    """Return the types whose effect a text, in lower case, speaks of: by damage it names, else by a word.

    effects: of each type, as the notes state it. entries: names and looks of all types; what stands in them
    is what is damaged, or how it looks, and no effect: "is the ring broken?". least: cosine of words,
    `ALIKE` if not given.
    """
    words, other = words_of(language), " ".join(entries).lower()
    named = {name for name, pattern in words.types.items() if pattern.search(text)} - types_in(other)
    if by_damage := [name for name, effect in effects.items() if named & types_in(effect)]:
        return by_damage
    told = {name: set(words_in(effect.lower())) for name, effect in effects.items()}
    elsewhere = {word[:_STEM] for word in re.findall(r"[^\W\d_]+", other)}
    subjects = subjects_in(text, language, OF_NO_NAME)
    least = ALIKE if least is None else least
    known = sorted(
        word for word in set().union(*told.values()) if len(word) > 3 and word[:_STEM] not in elsewhere
    )
    if not subjects or not known:
        return []
    near = (encode(subjects) @ encode(known).T).max(axis=0)
    meant = {word for word, cosine in zip(known, near, strict=True) if cosine >= least}
    return [name for name, held in told.items() if held & meant]
