"""A question for what two images of a conversation have in common: "are these two the same defect?"."""

from __future__ import annotations

from collections.abc import Sequence

from agents.questions.form.polarity import asks_openly
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.words import words_of
from agents.state import Seen, Understanding

_COMPARED = ("same", "shifted", "amount", "absent")
"""Meanings of words by which two images are compared."""


def of_a_pair(one: Understanding, seen: Sequence[Seen], current: int | None, language: str) -> Understanding:
    """Return a question for two images as a comparison with the image looked at before.

    seen, current: see `understand`. A question of the log, or one that names an image or a region, stays.
    """
    text, words = normalised(one.text), words_of(language)
    others = [each["number"] for each in seen if each["number"] != current]
    named = one.image or one.region or one.log is not None
    compares = words.has("pair", text) and any(words.has(meaning, text) for meaning in _COMPARED)
    if not others or not compares or (named and one.kind != "comparison"):
        return one
    made = {"kind": "comparison", "other": one.other or others[-1], "place": None, "zone": None, "near": None}
    return one.model_copy(update={**made, "choice": [], "closed": not asks_openly(text, language)})
