"""First words to whether a type of defect matters, by the severity and the limits that the notes state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from agents.answers.notes.analysis import (
    CRITICAL,
    Finding,
    about_type,
    find_aspect,
    quoted,
    severe_by,
    severities,
)
from agents.answers.topic import Reply, Topic
from agents.questions.slots.grades import grades_of
from knowledge.catalogue.limits import allows_none, parse_limit

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
