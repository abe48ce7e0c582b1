"""Questions about the tool itself: which topic of help an intent asks for."""

from __future__ import annotations

from collections.abc import Sequence

from agents.questions.classifier import KINDS, classify, nearest_topic
from agents.questions.clauses import Clause
from agents.questions.topics import help_topics
from agents.state import Understanding


def as_one(question: str, clauses: Sequence[Clause]) -> Sequence[Clause]:
    """Return a question as one clause where it is nearer to a topic as a whole than any of its clauses is.

    "The camera was moved. Must I enrol again?" asks one thing; "is it ok, and how do I add a zone?" two.
    """
    if len(clauses) < 2:
        return clauses
    kinds, _ = classify([question])
    best = int(kinds[0].argmax())
    topic, likeness = nearest_topic(question, KINDS[best])
    if topic is None or any(nearest_topic(one.text, one.kind)[1] >= likeness for one in clauses):
        return clauses
    return [Clause(question, KINDS[best], round(float(kinds[0, best]), 4), "open")]


def with_topic(one: Understanding, default: str | None = None) -> Understanding:
    """Return an intent with the topic of help that it asks for, if any. default: where none is near."""
    may = one.order is None and any(one.kind == of.kind for of in help_topics().values())
    topic = (nearest_topic(one.text, one.kind)[0] or default) if may else None
    return one if topic is None else one.model_copy(update={"topic": topic, "near": None, "closed": False})
