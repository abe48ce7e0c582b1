"""Types of defects that a question of the log calls with a capital, which are no persons: "Fadenbruch"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agents.questions.lexicon.words import same_defect
from agents.state import Understanding
from anomaly_core.names import plain_name


def without_types_as_people(one: Understanding, types: Sequence[str]) -> Understanding:
    """Return an intent with what it calls as a type where that is one: "since when do we have Fadenbruch?".

    types: names of the notes and of the log. A type that it has otherwise stays.
    """
    log = one.log
    if log is None or not log.people:
        return one
    words = {name: set(re.findall(r"\w+", plain_name(name).lower())) for name in types}
    called = {person: name for person in log.people for name in words if person.lower() in words[name]}
    if not called:
        return one
    first = next(iter(called.values()))
    named = log.type or one.type or plain_name(first).lower()
    people = [person for person in log.people if person not in called]
    return one.model_copy(
        update={"type": named, "log": log.model_copy(update={"people": people, "type": named})}
    )


def in_every_language(one: Understanding, types: Sequence[str]) -> Understanding:
    """Return a question of the log on a type with its names in other languages: "scratch" and "Kratzer".

    types: names of the log, which may hold products whose notes are in different languages.
    """
    log = one.log
    if log is None or log.type is None:
        return one
    also = [name for name in types if same_defect(name, log.type)]
    return one.model_copy(update={"log": log.model_copy(update={"also": also})})
