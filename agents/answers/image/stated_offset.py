"""An offset that a question states, "are 0.4 mm allowed?": no image measures it, the notes limit it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from agents.answers.notes.analysis import about_type, find_aspect, quoted_if
from agents.answers.notes.entries import MOST_CANDIDATES, entries_meant, types_of_notes
from agents.answers.notes.limits import NO_OFFSET, held_by_notes, is_affirmed
from agents.answers.topic import Reply, Topic
from agents.questions.form.polarity import asks_openly
from agents.questions.learned.encoder import normalised
from agents.questions.slots.limits import measure_of, states_an_offset
from knowledge.catalogue.limits import is_of_offset, parse_limit

COMPARES: Final = ("above", "below", "no_more", "no_less", "limit_noun")
"""Meanings of words that make of a number a limit, and no deviation that somebody has."""


def stated_offset(topic: Topic) -> Reply | None:
    """Return whether the notes allow an offset that a question states; None where it states none.

    What was measured on the image is the size of a place, which no limit of an offset is of.
    """
    text = normalised(topic.as_put)
    measure = measure_of(text)
    asks = topic.intent.closed or topic.intent.limit is not None
    if not asks or measure is None or not states_an_offset(text):
        return None
    unmeasured = topic.say(NO_OFFSET)
    types = _types_of_offsets(topic)
    if not any(topic.words.has(one, text) for one in COMPARES):
        each = [replace(topic, intent=topic.intent.model_copy(update={"type": name})) for name in types]
        held = [one for own in each if (one := held_by_notes(own, measure)) is not None]
        if held and len({within for within, _ in held}) == 1:
            body = [*dict.fromkeys(line for _, told in held for line in told), unmeasured]
            if asks_openly(text, topic.asked.spoken):
                return Reply("", body)
            yes = is_affirmed(topic, within=held[0][0])
            return Reply(topic.yes_no(yes), body, yes)
    noted = {name: find_aspect(about_type(topic.state["passages"], name), "limit") for name in types}
    told = [quoted_if(topic, name, *found[:1]) for name, found in noted.items() if found]
    lead = topic.say("That can't be told.") if topic.intent.closed else ""
    return Reply(lead, [unmeasured, *told[:MOST_CANDIDATES]])


def _types_of_offsets(topic: Topic) -> list[str]:
    """Return the types that a limit of the notes for an offset is of: the one that is named, else each."""
    passages = topic.state["passages"]
    found = [
        name
        for name in types_of_notes(passages)
        if any(
            is_of_offset(tolerance, name)
            for one in find_aspect(about_type(passages, name), "limit")
            for tolerance in parse_limit(one.sentence)
        )
    ]
    named = [] if topic.intent.type is None else entries_meant(topic, topic.intent.type)
    return [name for name in found if name in named] or found
