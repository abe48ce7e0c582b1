"""Scales and limits that a question states for what it asks: "1 mm is 42 px. How long is it?"."""

from __future__ import annotations

from collections.abc import Sequence

from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.words import words_of
from agents.state import Understanding


def with_stated_scales(found: Sequence[Understanding], language: str) -> list[Understanding]:
    """Return a question's intents, without those that only state a scale; it is the sizes' that are asked."""
    stated = [one for one in found if _states_a_scale(one, language)]
    asked = [one for one in found if one not in stated]
    if not stated or not any(one.kind == "size" for one in asked):
        return list(found)
    scale = {"scale_px_per_mm": stated[0].scale_px_per_mm, "known_length_mm": stated[0].known_length_mm}
    return [one.model_copy(update=scale) if one.kind == "size" else one for one in asked]


def of_its_limit(one: Understanding, language: str) -> Understanding:
    """Return "is the scratch within the limit?" as a question for the size of what the image shows."""
    text = normalised(one.text)
    meant = one.kind == "catalogue" and one.closed and one.type is not None
    if not meant or not words_of(language).has("limit", text):
        return one
    return one.model_copy(update={"kind": "size"})


def _states_a_scale(one: Understanding, language: str) -> bool:
    scaled = one.scale_px_per_mm is not None or one.known_length_mm is not None
    if one.kind != "size" or not scaled or one.limit is not None or one.region is not None:
        return False
    return not one.text.rstrip().endswith(("?", "\uff1f")) and not words_of(language).has(
        "ask", normalised(one.text)
    )
