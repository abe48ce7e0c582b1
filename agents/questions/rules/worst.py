"""A question for the worst: of the defects, answered by the place of the strongest, or of several images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agents.questions.form.polarity import asks_openly
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.words import words_of
from agents.state import Understanding
from tools.log_question import LogQuestion


def of_the_worst(
    one: Understanding, before: Sequence[Understanding], language: str, *, alone: bool
) -> Understanding:
    """Return a question for the worst of the defects as one for the place of the strongest.

    alone: whether the thread has no image to compare with; after "how many?" defects are meant in any case.
    Where there are other images, and no word of a defect, the worst of them is meant.
    """
    counted = bool(before) and before[-1].kind == "count"
    kinds = {"place"} | ({"comparison"} if alone or counted else set()) | ({"history"} if counted else set())
    meant = one.kind in kinds and not any((one.image, one.region, one.place))
    text, words = normalised(one.text), words_of(language)
    # "Is it worse than the last one?" compares images.
    if (
        not meant
        or not words.has("worst", text)
        or words.has("last", text)
        or not asks_openly(text, language)
    ):
        return one
    worst: dict[str, Any] = {"kind": "place", "region": 1, "log": None}
    if not alone and not counted and not words.has("region", text):
        worst = {"kind": "history", "log": LogQuestion(figure="worst", conversation=True, text=text)}
    return one.model_copy(update={**worst, "closed": False, "choice": [], "near": None})
