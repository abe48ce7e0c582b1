"""First words to whether a type of defect matters, by the severity and the limits that the notes state."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from agents.answers.notes.analysis import (
    CRITICAL,
    Finding,
    about_type,
    find_aspect,
    is_severe,
    quoted,
    severe_by,
    severities,
)
from agents.answers.topic import Reply, Topic
from agents.questions.slots.grades import grades_of
from knowledge.catalogue.limits import allows_none, parse_limit
from tools.records import PassageRecord

RANK_SEVERE: Final = 2
RANK_CRITICAL: Final = 3
"""Ranks of severities."""
_ASKED: Final = ("serious", "matters", "harmless")


def weighed(topic: Topic, types: Sequence[str], held: Callable[[str], Sequence[str]] = lambda _: ()) -> Reply:
    """Return whether what a question asks about is a problem: yes, no, or only beyond the limit.

    types: that it is about, or may be about. held: returns sentences on whether the defect in hand is within
    the limit of a type, or none. Nothing is affirmed where the notes do not say, where they
    differ, or where the question is negated.
    """
    words, text = topic.words, topic.text
    if not topic.intent.closed or not any(words.has(one, text) for one in _ASKED):
        return Reply()
    harmless = words.find("harmless", text)
    rest = words.without(text, "harmless")
    if words.has("no", rest) or not types:
        return Reply()
    critical = CRITICAL.search(text) is not None
    found = {_is_bad(topic, name, critical=critical) for name in types}
    if len(found) != 1:
        return Reply()
    bad = found.pop()
    if bad is None:
        return Reply()
    if not bad and not critical and not words.has("serious", text) and (limits := _limits(topic, types)):
        own = held(types[0]) if len(types) == 1 else ()
        return Reply(topic.say("Only beyond the limit."), own or quoted(topic, limits))
    yes = bad is (harmless is None)
    return Reply(topic.yes_no(yes), affirmed=yes)


def severity_rank(passages: Sequence[PassageRecord], name: str) -> int | None:
    """Return how severe the notes call a type: 0 harmless, 1 between, 2 severe, 3 critical; None unsaid."""
    ranks = [
        RANK_CRITICAL if CRITICAL.search(text) else {True: RANK_SEVERE, None: 1, False: 0}[is_severe(text)]
        for text in severities(passages, name)
    ]
    return max(ranks, default=None)


def worst_of(passages: Sequence[PassageRecord], types: Sequence[str]) -> list[str]:
    """Return those of types that the notes call the most severe; none where they are silent on one of them.

    Severities that are numbers are compared as such.
    """
    stated = {name: severities(passages, name) for name in types}
    numbers = {name: _number(found) for name, found in stated.items()}
    ranks = {name: severity_rank(passages, name) for name in types}
    weighed_by = ranks if None in numbers.values() else numbers
    known = {name: rank for name, rank in weighed_by.items() if rank is not None}
    if len(known) < len(types):
        return []
    return [name for name, rank in known.items() if rank == max(known.values())]


def severity_number(passages: Sequence[PassageRecord], name: str) -> int | None:
    """Return the severity of a type where the notes state it as a number, the highest; else None."""
    return _number(severities(passages, name))


def _number(found: Sequence[str]) -> int | None:
    """Return the severity that is stated as a number, the highest; None where one is none."""
    return max(map(int, found)) if found and all(re.fullmatch(r"\d+", one.strip()) for one in found) else None


def _is_bad(topic: Topic, name: str, *, critical: bool) -> bool | None:
    """Return whether the notes call a type severe, or critical where that is asked; None if they don't."""
    passages = topic.state["passages"]
    stated = severities(passages, name)
    if critical and (grades := [grade for one in stated for grade in grades_of(one.lower())]):
        return "critical" in grades
    severe = severe_by(passages, name)
    if len(severe) == 1:
        return severe.pop()
    # Two places that differ decide nothing; what is not allowed matters.
    return True if not severe and any(allows_none(one.sentence) for one in _limits_of(topic, name)) else None


def _limits(topic: Topic, types: Sequence[str]) -> list[Finding]:
    """Return what the notes allow of types, where they state it in a way that is understood."""
    return [one for name in types for one in _limits_of(topic, name) if parse_limit(one.sentence)]


def _limits_of(topic: Topic, name: str) -> list[Finding]:
    return find_aspect(about_type(topic.state["passages"], name), "limit", topic.say.language)
