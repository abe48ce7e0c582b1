"""What the answer on a whole part says beside what was found: nearest types, unset zones, fates, claims."""

from __future__ import annotations

from agents.answers.notes.analysis import Aspect, about_type, find_aspect, quoted_if
from agents.answers.notes.choice import disposed
from agents.answers.notes.entries import MOST_CANDIDATES, entries_meant, nearest_types
from agents.answers.topic import Reply, Topic
from agents.questions.form.alternatives import named_fate
from agents.questions.form.polarity import asks_openly
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.numerals import names_several
from agents.questions.lexicon.words import once
from agents.questions.slots.zone_names import names_section

COMPARED = "Whether something is there that belongs there is told only by comparison with good parts [score]."
NONE_OF_IT = "Nothing of the kind was found."


def of_unset_zone(topic: Topic, zone: str) -> str:
    """Return the first words on a section that is no zone, of a part that failed; "" where nothing tells.

    The section may well be good, unless the defect is probably of a type that is named for it: "Broken tip".
    """
    sure = topic.defect is not None and names_section(topic.defect.name, zone)
    if topic.intent.sense == "open" or not topic.intent.closed:
        return ""
    if topic.intent.sense == "good":
        return topic.say("Probably not." if sure else "Possibly not.")
    return topic.say("Probably." if sure else "Possibly.")


def discarded(topic: Topic) -> str | None:
    """Return the first words on a failed part that a question wants to scrap; None where it asks otherwise.

    A yes beside a note that says to rework it would speak against that note.
    """
    named = named_fate(topic.text, topic.words)
    if named is None or named[1] != "discard" or topic.defect is None or topic.intent.type is not None:
        return None
    return None if disposed(topic)[1] else topic.say("NG.")


def claimed(topic: Topic) -> list[str]:
    """Return what the notes say of what a person calls missing or broken, of a part that passed.

    "Can we ship it anyway?" after "which rivet is missing?": what was measured says nothing against shipping.
    "The arrow is missing, print it or bin it?" says so itself.
    """
    if topic.intent.choice:
        return if_it_is(topic, "action")
    asks = topic.words.has("lacking", topic.text) or topic.intent.sense != "good"
    return [] if asks or topic.intent.type is not None else if_it_is(topic, "limit")


def says_it_lacks(topic: Topic) -> bool:
    """Return whether the question says that something is missing, and does not ask if it is."""
    text, intent = normalised(topic.asked.question) or topic.text, topic.intent
    if not topic.words.has("lacking", text):
        return False
    says = not (intent.text.rstrip().endswith(("?", "\uff1f")) or topic.words.has("asks_if", topic.text))
    # "The arrow is missing, which side?"
    says |= len(topic.asked.intents) > 1 and asks_openly(text, topic.asked.spoken)
    return not intent.closed or says


def if_it_is(topic: Topic, *aspects: Aspect) -> list[str]:
    """Return what the notes say of the types that a question may mean, if the asker is right."""
    passages, told = topic.state["passages"], list[str]()
    named = [] if topic.intent.type is None else entries_meant(topic, topic.intent.type)
    for name in list(dict.fromkeys([*named, *topic.intent.maybe]))[:MOST_CANDIDATES]:
        about = about_type(passages, name)
        stated = [one for each in aspects for one in find_aspect(about, each, topic.say.language)[:1]]
        told += [quoted_if(topic, name, *stated)] if stated else []
    return told


def without_a_sign(topic: Topic, reply: Reply) -> Reply:
    """Return an answer whose first words stand for a yes or no that could be read either way.

    "You're sure there is no crack?": a bare "No." may mean that there is none, or that it isn't sure.
    """
    text, number = once(topic.text), names_several(topic.text, topic.asked.spoken)
    there = any(topic.words.has(one, text) for one in ("there", "is_there", "exists"))
    if reply.affirmed and topic.intent.sense == "good" and number and there:
        # "Are all 24 pins there?" of a part that passed.
        return Reply("", [*reply.body, topic.say(COMPARED)], None, reply.evidence)
    if reply.affirmed is None or not (topic.words.has("sure", text) and topic.words.has("no", text)):
        return reply
    if topic.verdict.anomalous:
        return Reply("", reply.body, reply.affirmed, reply.evidence)
    return Reply(topic.say(NONE_OF_IT), reply.body, reply.affirmed, reply.evidence)


def nearest(topic: Topic) -> list[str]:
    """Return the types that a defect of no certain type comes nearest to, as a sentence; none without one."""
    return nearest_types(topic) if topic.has_defect and topic.defect is None else []
