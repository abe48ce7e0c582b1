"""The figure of the log that a question for each of a group asks for: "yield per product"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.groups import Group, asks_which, each_of, group_beside
from agents.questions.lexicon.words import Words, words_of
from agents.state import Understanding
from tools.log_question import LogFigure

_BY_GROUP: Final[Mapping[Group, LogFigure]] = {
    "product": "products", "lot": "lots", "station": "stations", "operator": "operators", "shift": "hours",
    "type": "frequent", "day": "trend",
}  # fmt: skip
"""Groups of which each is wanted, and their figures."""


def group_in(text: str, words: Words) -> LogFigure | None:
    """Return the figure of each of a group, or of one of the products, that a text asks the log for."""
    each = each_of(text, words.language)
    if each is None and (of_rank := _ranked(text, words)) is not None:
        return _BY_GROUP[of_rank]
    if each is None and asks_which(text, words.language, "product"):
        meanings = ("worst", "best", "highest", "lowest", "yield", "passed", "failed", "reviewed")
        of_it = any(words.has(one, text) for one in meanings)
        elsewhere = words.has("which_defect", text) or words.has("limit", text)
        return "products" if of_it and not elsewhere else None
    told = any(words.has(one, text) for one in _TOLD) and not words.has("limit", text)
    return _BY_GROUP[each] if each is not None and told else None


def of_a_group(one: Understanding, language: str) -> Understanding:
    """Return a question beside an image for the worst of lots, stations or operators as one of the log."""
    text, words = normalised(one.text), words_of(language)
    ranks = any(words.has(name, text) for name in ("worst", "best", "highest", "lowest", "worse", "better"))
    grouped = any(words.has(name, text) for name in ("which_lot", "which_station", "which_operator"))
    if not (ranks and grouped) or one.region is not None:
        return one
    return one.model_copy(update={"kind": "history", "place": None, "near": None})


def _ranked(text: str, words: Words) -> Group | None:
    """Return the group that a text wants ranked, defects unless it names another: "lot ranking", "Pareto"."""
    found = words.find("ranking", text)
    if found is None or words.has("limit", text):
        return None
    before, after = text[: found.start()], text[found.end() :]
    if (group := group_beside(before, after, words.language)) is not None:
        return group
    # "The top 3 parts" are the worst ones.
    of_some = re.search(r"\d|\btop\b", found[0]) is not None
    return None if of_some and not words.has("of_defects", text) else "type"


_TOLD: Final = ("yield", "how_many", "inspected", "passed", "failed", "reviewed", "worst", "best")
"""Meanings of words by which a question for each of a group is of the log: "limit per defect type" is not."""
