"""Whether the words of a question for the verdict carry a yes or no to it."""

from __future__ import annotations

from typing import Final

from agents.questions.form.alternatives import named_fate
from agents.questions.intents import STANDS
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.words import Words
from agents.state import Understanding

_CARRYING: Final = (
    "good", "bad", "correct", "same", "in_place", "rest", "others", "region", "is_there", "lacking", "absent",
    "there", "tolerance", "limit", "acceptable", "deviates", "usual", "harmless", "serious", "matters",
    "lies_there", "value_or_turn", "reads", "legible", "read_it", "matches", "colour", "counts_as",
    "reason_to", "foreign", "artefact", "as_it_is", "what_wrong",
)  # fmt: skip
"""Meanings of words that say of a part that it is good or bad, or that something is there or not."""


def says_so(one: Understanding, words: Words) -> bool:
    """Return whether an intent's words carry a yes or no to whether a part is good.

    One that is surely of that kind needs no such word: "fit for sale, yes or no?".
    """
    text = normalised(one.text)
    if one.probability >= STANDS or one.type or one.place or one.zone or one.zones or one.region:
        return True
    if any(words.has(meaning, text) for meaning in _CARRYING) or named_fate(text, words) is not None:
        return True
    return words.names_type(text)
