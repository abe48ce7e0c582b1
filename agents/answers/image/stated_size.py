"""A size that a question about a part states, "would 0.3 mm still be ok?", held against the notes' limit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from agents.answers.image.stated_offset import COMPARES
from agents.answers.notes.entries import MOST_CANDIDATES, entries_meant, leading, likely_of
from agents.answers.notes.held_sizes import held_sizes
from agents.answers.topic import Reply, Topic, same_type
from agents.questions.learned.encoder import normalised
from agents.questions.slots.limits import measure_of, states_a_size
from agents.questions.slots.valued import measures_of, types_of_value
from anomaly_core.names import plain_name
from knowledge.catalogue.entries import Entry
from knowledge.catalogue.limits import parse_limit

_ACCEPTED: Final = ("good", "acceptable", "let_pass", "keep")
"""Meanings of words that ask whether something may be so."""
_POINTS: Final = ("it", "this", "region", "limit_noun", "above", "below")
"""Meanings of words by which "up to 2 mm" is a limit that what was measured is held against."""


def states_a_measure(topic: Topic) -> bool:
    """Return whether a question asks if a size that it states is allowed, and not if this part's is.

    Of "0.3 mm ok?" and "are up to 2 mm accepted?" the notes have the limit; "at most 2 mm: does it pass?"
    gives one.
    """
    one, text = topic.intent, normalised(topic.as_put)
    supposed = states_a_size(text, topic.asked.spoken)
    known = one.scale_px_per_mm or (one.known_length_mm and not supposed)
    if known or not (one.closed or supposed) or len(measures_of(text)) != 1:
        return False
    # "Is it longer than 8 mm?" is of the part, be its limit 8 mm or not.
    if one.limit is None or supposed or not any(topic.words.has(each, text) for each in (*COMPARES, "than")):
        return True
    accepted = any(topic.words.has(each, text) for each in _ACCEPTED)
    points = any(topic.words.has(each, text) for each in _POINTS)
    return accepted and not points and topic.words.has("no_more", text) and one.type is None


def stated_size(topic: Topic) -> Reply | None:
    """Return whether the notes allow a size that a question states; None where they don't say.

    It is held against the limits of the type that the question names, else that the defect is or may be of.
    """
    if not states_a_measure(topic):
        return None
    types = _types(topic)
    if not types and topic.intent.type is None:
        return _of_any(topic)
    # A type that the question does not name is told by its name.
    alone = len(types) == 1 and topic.intent.type is not None
    reply = held_sizes({"" if alone else plain_name(name): _of_type(topic, name) for name in types})
    return None if reply is None else replace(reply, whole=True)


def of_the_part(topic: Topic) -> Topic:
    """Return the topic of the part's own size, beside which a stated one is no limit."""
    types = _types(topic)
    named = plain_name(types[0]).lower() if len(types) == 1 else topic.intent.type
    limitless = {"limit": None, "known_length_mm": None, "type": named}
    return replace(topic, intent=topic.intent.model_copy(update=limitless))


def _of_type(topic: Topic, name: str) -> Topic:
    """Return a question on a type, with its whole text."""
    # What no word says, "e se tivesse 8 mm, passava?", asks whether it is allowed.
    sense = topic.intent.sense if topic.words.has("bad", normalised(topic.as_put)) else "open"
    of_it = {"type": name, "text": topic.as_put, "limit": None, "sense": sense}
    return replace(topic, intent=topic.intent.model_copy(update=of_it))


def _types(topic: Topic) -> list[str]:
    """Return the types that a stated size is of: that are named, else that the defect is or may be of."""
    named = topic.intent.type
    if named is not None and (meant := entries_meant(topic, named)):
        return meant
    text, entries = normalised(topic.as_put), _entries(topic)
    measure = measure_of(text)
    found, surely = types_of_value(text, topic.asked.spoken, entries, named)
    if found and surely:
        return found
    if named is not None or measure is None:
        return [named] if named is not None else []
    if topic.defect is not None:
        return [topic.defect.name]
    held = [one for one in entries if any(each.unit == measure.unit for each in parse_limit(one.limit))]
    if own := _by_words(text, held):
        return own
    lead = leading(topic.state.get("defect_type"))
    return [one.type for one in held if lead is not None and same_type(one.type, lead)]


def _of_any(topic: Topic) -> Reply | None:
    """Return no where every limit denies a size of no type that is known; else what the nearest ones say.

    What is within the limits of some types may be of one that is never allowed, so that it is not affirmed.
    """
    text, entries = normalised(topic.as_put), _entries(topic)
    measure = measure_of(text)
    if measure is None:
        return None
    limits = {one.type: parse_limit(one.limit) for one in entries}
    least = {
        name: min(each.value for each in own if each.unit == measure.unit)
        for name, own in limits.items()
        if any(each.unit == measure.unit for each in own)
    }
    held = sorted(least, key=lambda name: least[name])
    likely = likely_of(topic.state.get("defect_type"))
    near, _ = types_of_value(text, topic.asked.spoken, entries, None)
    first = sorted(held, key=lambda one: not (one in near or any(same_type(one, each) for each in likely)))
    told = held_sizes({plain_name(name): _of_type(topic, name) for name in first[:MOST_CANDIDATES]})
    every = held_sizes({plain_name(name): _of_type(topic, name) for name in held})
    if told is None or every is None:
        return None
    unsure = topic.say("The type of the defect is not certain [{source}].", source="type")
    body = [unsure, *told.body] if topic.has_defect else told.body
    return Reply("", body, whole=True) if every.affirmed else replace(every, body=body, whole=True)


def _entries(topic: Topic) -> list[Entry]:
    """Return the looks and limits of the notes' types that have a limit."""
    texts: dict[tuple[str, str], list[str]] = {}
    for one in topic.state["passages"]:
        if one.defect is not None and one.field in ("look", "limit"):
            texts.setdefault((one.defect, one.field), []).append(one.text)
    return [
        Entry(type=name, look=" ".join(texts.get((name, "look"), [])), limit=" ".join(limits))
        for (name, field), limits in texts.items()
        if field == "limit"
    ]


def _by_words(text: str, entries: Sequence[Entry]) -> list[str]:
    """Return the one type whose limit has a word of a text, "particles up to 0.3 mm"; nothing for several."""
    words = set(re.findall(r"[^\W\d_]{5,}", text))
    limits = {one.type: re.findall(r"[^\W\d_]{5,}", normalised(one.limit)) for one in entries}
    found = [
        name
        for name, own in limits.items()
        if any(each[:-1] in word or word[:-1] in each for each in own for word in words)
    ]
    return found if len(found) == 1 else []
