"""What a person said of the image in hand: the verdict, why, and the type of the defect."""

from __future__ import annotations

from agents.answers.topic import JUDGED, Topic
from knowledge.log.entry import shown_time


def by_a_person(topic: Topic) -> list[str]:
    """Return what a person said of this very image; what is measured stands after it."""
    said = topic.verdict.person
    if said is None:
        return []
    told = topic.say(JUDGED[said.verdict], name=said.image, time=shown_time(said.at), id="score")
    return [told]


def reason_given(topic: Topic) -> list[str]:
    """Return the reason that a person gave for what was said of this image; none without one."""
    said = topic.verdict.person
    if said is None or not said.note:
        return []
    return [topic.say('The reason given: "{note}" [{id}].', note=said.note, id="score")]


def accepted(topic: Topic) -> list[str]:
    """Return that a person judged this image good, and why: what is asked of a defect may be just that."""
    said = topic.verdict.person
    if said is None or said.verdict != "good" or topic.verdict.anomalous:
        return []
    return [*by_a_person(topic), *reason_given(topic)]


def type_by_a_person(topic: Topic) -> list[str]:
    """Return the type that a person named for this image, and when; none without one."""
    if topic.type_said is None:
        return []
    told = topic.say("It is of the type {type} [score].", type=topic.type_name(topic.type_said))
    return [told, *by_a_person(topic)]
