"""Answers on whether print is legible, or a colour right, told by comparison with good parts alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from agents.answers.notes.entries import nearest_type
from agents.answers.topic import Reply, Topic

UNREAD: Final = "Text and codes aren't read; it is compared with good parts as an image [score]."
UNCOLOURED: Final = "Colours are judged only by comparison with good parts as an image [score]."


def of_an_aspect(topic: Topic) -> Callable[[Reply], Reply] | None:
    """Return how an answer on a part or a place is put where only its print, or its colour, is asked about.

    That something differs there says no more than that these may be wrong. None where neither is.
    """
    words, text, sense = topic.words, topic.text, topic.intent.sense
    legible = words.has("legible", text) and not words.has("read_it", text)
    coloured = words.has("colour", text) and topic.intent.type is None and not words.has("matches", text)
    if not (legible or coloured) or sense == "open" or topic.verdict.person is not None:
        return None

    def put(told: Reply) -> Reply:
        message = topic.say(UNREAD if legible else UNCOLOURED)
        told = replace(told, body=[message, *(one for one in told.body if one != message)])
        unset = topic.intent.zone is not None and topic.intent.place is None and topic.verdict.anomalous
        if told.affirmed is None and not unset:
            return told
        if told.affirmed is not (sense == "bad") and not unset:
            # That it looks like the good ones makes no print legible.
            return replace(told, lead="", affirmed=None) if legible else told
        denied = words.has("illegible", text) if legible else sense == "bad"
        lead = topic.say("Possibly." if denied else "Possibly not.")
        return replace(told, lead=lead, body=[*told.body, *nearest_type(topic)], affirmed=None)

    return put
