"""A size that a question states of one type or of several, held against the limits that the notes give."""

from __future__ import annotations

from collections.abc import Mapping

from agents.answers.notes.choice import chosen_by_limit
from agents.answers.notes.limits import held_by_notes, is_affirmed
from agents.answers.topic import Reply, Topic
from agents.questions.form.alternatives import alternatives_of
from agents.questions.form.polarity import asks_openly
from agents.questions.learned.encoder import normalised
from agents.questions.slots.limits import bare_number, value_of


def held_sizes(topics: Mapping[str, Topic]) -> Reply | None:
    """Return whether a stated size is within the limit of each of several types; None where none is compared.

    topics: by the name that each type is told by, "" for the only one. Yes or no is said where it holds for
    all.
    """
    found = {name: one for name, topic in topics.items() if (one := _held(topic)) is not None}
    if not found:
        return None
    topic = next(iter(topics.values()))
    each = set(within for within, _ in found.values())
    body = [
        topic.say("{type}: {told}", type=name, told=line) if name and not at else line
        for name, (_, told) in found.items()
        for at, line in enumerate(told)
    ]
    # "Passa ou reprova?" is neither affirmed nor denied.
    whole, spoken = normalised(topic.asked.question), topic.asked.spoken
    chooses = bool(alternatives_of(whole, spoken) or alternatives_of(topic.text, spoken))
    if len(each) > 1 or len(found) < len(topics):
        return Reply("", body, whole=len(topics) > 1)
    within = each.pop()
    if word := chosen_by_limit(topic, within=within):
        return Reply(word, body, whole=len(topics) > 1)
    if asks_openly(topic.text, spoken) or chooses:
        return Reply("", body, whole=len(topics) > 1)
    yes = is_affirmed(topic, within=within)
    return Reply(topic.yes_no(yes), body, yes, whole=len(topics) > 1)


def _held(topic: Topic) -> tuple[bool, list[str]] | None:
    size = value_of(topic.text) or bare_number(topic.text)
    return None if size is None else held_by_notes(topic, size)
