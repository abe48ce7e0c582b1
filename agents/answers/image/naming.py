"""That the type of a defect is the asker's word, and nothing that was measured decides it."""

from __future__ import annotations

from agents.answers.topic import Topic
from anomaly_core.names import plain_name


def as_named(topic: Topic) -> list[str]:
    """Return that the asker named the type in a question before, where nothing decides it."""
    named = topic.intent.type
    if not topic.intent.asked_before or named is None:
        return []
    return [topic.say("That it is {type} is your word: it is not certain [type].", type=plain_name(named))]
