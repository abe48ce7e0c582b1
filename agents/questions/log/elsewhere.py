"""Whether a question that names a period is of something else than the log: "who wins the cup this year?"."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Final

from agents.questions.learned.encoder import normalised
from agents.questions.learned.examples import read_examples
from agents.questions.learned.generic import BEGINNING, subjects_in, words_in
from agents.questions.log.periods import period_of
from agents.questions.slots.products import product_meant
from agents.state import Understanding
from knowledge.catalogue.product_match import mentioned
from tools.log_question import LogQuestion

SURE: Final = 0.6
"""Probability from which a question is of the log, whatever words it has."""


def speaks_of_else(
    one: Understanding, log: LogQuestion, language: str, now: datetime, products: Sequence[str]
) -> bool:
    """Return whether a question has nothing of the log but a period, and a word that no question here has.

    now: see `period_of`. products: names of those that there are notes or a log of.
    """
    doubtful = "other" in (one.kind, one.near) or (
        one.kind in ("history", "count") and one.probability < SURE
    )
    named = (log.decision, log.lot, log.station, log.image_name, log.latest, log.number, log.bound, one.type)
    if not doubtful or any(named) or not (log.since or log.until) or log.each or log.stations:
        return False
    rest = period_of(normalised(one.text), language, now)[1]
    foreign = [word for word in subjects_in(rest, language) if word[:BEGINNING] not in _known(language)]
    if not foreign or mentioned(rest, products):
        return False
    return product_meant(rest, products, language) is None


@cache
def _known(language: str) -> frozenset[str]:
    """Return how the words begin that a language's examples of any kind but `other` have."""
    texts = (
        one.in_full.lower() for one in read_examples() if one.language == language and one.kind != "other"
    )
    return frozenset(word[:BEGINNING] for text in texts for word in words_in(text))
