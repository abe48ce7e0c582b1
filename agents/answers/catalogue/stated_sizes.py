"""A size that a question without an image states of a type, held against the limits that the notes give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from agents.answers.catalogue.asked_kinds import MEASURES
from agents.answers.notes.choice import chosen_by_limit
from agents.answers.notes.limits import held_by_notes, is_affirmed
from agents.answers.topic import Reply, Topic
from agents.questions.form.alternatives import alternatives_of
from agents.questions.form.polarity import asks_openly
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.words import Words
from agents.questions.slots.limits import bare_number, value_of
from agents.state import Understanding
from anomaly_core.names import plain_name

_OF_NONE: Final = ("effects", "to_do", "who", "of_causes", "why")
"""Meanings of words that ask for something else of a type of a stated size."""


def states_size(intent: Understanding, words: Words) -> bool:
    """Return whether a question states a size of a type, with or without its unit."""
    text = normalised(intent.text)
    if intent.kind not in MEASURES or (intent.type is None and value_of(text) is None):
        return False
    # "Risco de 18 mm" is a scratch, and no risk.
    if any(words.has(one, words.without_types(text)) for one in _OF_NONE):
        return False
    return value_of(text) is not None or bare_number(text) is not None


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


def told_by(names: Sequence[tuple[str, str]], *, found: bool = False) -> list[str]:
    """Return what types are told by: nothing for the only one, else their names, each with its product.

    names: of types, each with its product. found: whether the question does not name them, so that the only
    one is told by its name too.
    """
    apart = len({product for _, product in names}) > 1
    shown = [f"{plain_name(name)} ({product})" if apart else plain_name(name) for name, product in names]
    return shown if len(names) > 1 or found else [""]
