"""Answers to a question that suggests a cause while the type of the defect, or the defect, is not certain."""

from __future__ import annotations

from dataclasses import replace

from agents.answers.catalogue import notes
from agents.answers.notes.analysis import about_type, find_aspect, quoted_if
from agents.answers.notes.choice import names_cause
from agents.answers.notes.entries import types_of_notes
from agents.answers.topic import Reply, Topic


def cause(topic: Topic) -> Reply:
    """Quote the cause; first whether the one that the question suggests may be it, by the notes alone."""
    told, guess = notes.cause(topic), topic.intent.guess
    known = topic.defect is not None and topic.has_defect
    if guess is None or told.affirmed is not None or known or "verdict" not in topic.state:
        return told
    unseen = topic.say("What happened in production isn't seen in the image [score].")
    if told.lead == topic.say("Possibly."):
        return replace(told, body=[*told.body[:1], unseen, *told.body[1:]])
    say, spoken, passages = topic.say, topic.asked.spoken, topic.state["passages"]
    # Of the types in question alone, where there are any.
    asked = [] if topic.has_defect else topic.intent.maybe
    noted = {
        name: find_aspect(about_type(passages, name), "cause", say.language)
        for name in asked or types_of_notes(passages)
    }
    each = [(name, one, names_cause(guess, [one], spoken)) for name in noted for one in noted[name]]
    found = [quoted_if(topic, name, one) for name, one, named in each if named]
    if not found:
        untold = any(named is None for *_, named in each)
        other = say("The notes name another cause.") if asked else say("The notes name no such cause.")
        return Reply("" if untold else other, [*told.body[-1:], unseen] if asked else [unseen, *told.body])
    return Reply(
        say("Possibly."), [*found, unseen, *(told.body[:1] if not topic.has_defect else told.body)], None
    )
