"""That the type of a defect is the asker's word, and nothing that was measured decides it."""

from __future__ import annotations

from agents.answers.notes.entries import entries_meant
from agents.answers.topic import Topic


def as_named(topic: Topic) -> list[str]:
    """Return that the asker named the type, in this question or one before, where nothing decides it."""
    named = topic.intent.type
    known = topic.defect is not None and not topic.names_another_type
    if named is None or known or not (topic.intent.asked_before or topic.has_defect):
        return []
    entries = entries_meant(topic, named)
    told = "That it is {type} is your word: it is not certain [type]."
    return [topic.say(told, type=topic.as_noted(entries[0] if len(entries) == 1 else named))]
