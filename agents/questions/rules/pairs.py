"""A question for what two images of a conversation have in common: "are these two the same defect?"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agents.questions.form.polarity import asks_openly
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.words import words_of
from agents.state import Seen, Turn, Understanding

_COMPARED: Final = ("same", "shifted", "amount", "absent")
"""Meanings of words by which two images are compared."""
_RANKED: Final = ("compare", "worse", "better", "same", "alike", "bigger", "of_two")
"""The same of the one that came with the question and the one before."""


def came_anew(turns: Sequence[Turn], current: int | None) -> bool:
    """Return whether a question came with another image than the one before it was about.

    turns, current: see `understand`.
    """
    before = next((turn.image for turn in reversed(turns) if turn.image), None)
    return before is not None and before != current


def of_a_pair(
    one: Understanding, seen: Sequence[Seen], current: int | None, language: str, *, came: bool = False
) -> Understanding:
    """Return a question for two images as a comparison with the image looked at before.

    seen, current: see `understand`. came: see `came_anew`; "compare it with this one" is of both then. A
    question of the log, or one that names an image or a region, stays.
    """
    text, words = normalised(one.text), words_of(language)
    others = [each["number"] for each in seen if each["number"] != current]
    named = one.image or one.region or one.log is not None
    ranks = came and one.kind == "comparison" and any(words.has(meaning, text) for meaning in _RANKED)
    of_good = words.has("good_part", text) or words.has("good", text)
    if ranks and others and one.other is None and one.log is None and not of_good:
        return one.model_copy(update={"other": others[-1]})
    compares = words.has("pair", text) and any(words.has(meaning, text) for meaning in _COMPARED)
    if not others or not compares or (named and one.kind != "comparison"):
        return one
    made = {"kind": "comparison", "other": one.other or others[-1], "place": None, "zone": None, "near": None}
    return one.model_copy(update={**made, "choice": [], "closed": not asks_openly(text, language)})
