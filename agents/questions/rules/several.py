"""A question that asks to choose among the images of a conversation: "which of the two is good?"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agents.questions.form.polarity import asks_openly
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.words import words_of
from agents.questions.log.history import asked_of
from agents.state import Seen, Understanding
from anomaly_core.results import Decision
from tools.log_question import LogFigure, LogQuestion
from tools.records import Kind

OF_SEVERAL: Final = frozenset[Kind](
    {"comparison", "verdict", "place", "correction", "confidence", "count", "appearance", "size", "product",
     "action", "effect", "history", "other"}
)  # fmt: skip
"""Kinds that a question to choose among images is read as."""
_Figure = tuple[LogFigure, Decision | None]


def of_several(one: Understanding, seen: Sequence[Seen], current: int | None, language: str) -> Understanding:
    """Return a question to choose among the images of a conversation as one of it.

    seen, current: see `understand`. A question that names a region, a place or one of the images, or nothing
    to choose by, stays what it is.
    """
    text, words = normalised(one.text), words_of(language)
    several = len({current, *(each["number"] for each in seen)}) > 1
    # "Which of these two would you scrap first?" names no first image and no first region.
    ranks = words.has("discard", text) and words.has("before_others", text)
    if ranks:
        one = one.model_copy(update={"region": None, "image": None})
    if (
        not several
        or one.kind not in OF_SEVERAL
        or any((one.region, one.place, one.image if one.kind != "comparison" else None))
        or not words.has("which_of", text)
        or not asks_openly(text, language)
        or (one.kind == "history" and one.log is not None and (one.log.since or one.log.lot))
    ):
        return one
    asked: _Figure | None = ("worst", None) if ranks else _figure(text, language)
    ranked = words.has("worse", text) or words.has("better", text)
    # Which of two is better or worse is compared, be neither good.
    if asked is None or (one.kind == "comparison" and ranked and asked[0] != "largest"):
        return one
    figure, decision = asked
    log = LogQuestion(figure=figure, decision=decision, conversation=True, text=text)
    return asked_of(one, log, closed=False).model_copy(update={"choice": []})


def _figure(text: str, language: str) -> _Figure | None:
    words = words_of(language)
    if words.has("bigger", text):
        return "largest", None
    if words.has("worse", text) or words.has("worst", text):
        return "worst", None
    if words.has("discard", text) or words.has("bad", text):
        return "list", "fail"
    if words.has("keep", text) or words.has("good", text) or words.has("better", text):
        return "list", "pass"
    return None
