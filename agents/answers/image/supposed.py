"""The answer to a person who says of which type the defect is: what was measured, and how it is recorded."""

from __future__ import annotations

import shlex

from agents.answers.image.measured_place import place_finding
from agents.answers.image.named_type import speaks_against
from agents.answers.image.persons_word import type_by_a_person
from agents.answers.image.recording import how_to_record
from agents.answers.image.verdict import finding, to_review
from agents.answers.notes.analysis import about_type, find_aspect, quoted, rule_for
from agents.answers.notes.entries import entries_meant
from agents.answers.topic import Reply, Topic, same_type
from anomaly_core.names import plain_name


def supposed(topic: Topic, named: str) -> Reply:
    """Say whether a stated type fits what was measured, how it looks by the notes, and how it is kept.

    What the notes do not know, such as dust, can be recorded as normal or as a defect.
    """
    say, noted = topic.say, entries_meant(topic, named)
    name = noted[0] if len(noted) == 1 else None
    told = [*_held_against(topic, name or topic.type_as_asked)]
    against = topic.defect is not None and any(speaks_against(topic, one) for one in noted[:1])
    if against and topic.words.has("merely", topic.text):
        # "Just a scratch, polish it": what is to be done is that of what it probably is.
        told += rule_for(topic)
    elif name is not None:
        told += quoted(
            topic, find_aspect(about_type(topic.state["passages"], name), "look", say.language)[:1]
        )
    label = "anomalous" if noted else "good|anomalous"
    kept = f" --type {shlex.quote(plain_name(name or topic.type_as_asked))}" if noted else ""
    lead = say("Probably not.") if against else ""
    return Reply(lead, [*told, how_to_record(topic, f"--verdict {label}{kept}")])


def _held_against(topic: Topic, name: str) -> list[str]:
    """Return whether the type fits what was measured, and what that is."""
    say, shown = topic.say, plain_name(name)
    if topic.type_said is not None:
        return type_by_a_person(topic)
    if not topic.verdict.anomalous:
        measured = [place_finding(topic, topic.intent.place)[1]] if topic.intent.place is not None else []
        found = to_review(topic).body if topic.verdict.decision == "review" else finding(topic)
        open_ = say("{type} can be neither confirmed nor ruled out [score].", type=say.sentence(shown))
        return [*found[:1], open_, *measured]
    looks = [
        say("It is {look} {cited}.", look=topic.look(one), cited=topic.cited([one]))
        for one in topic.chosen[:1]
    ]
    if topic.defect is not None:
        fits = same_type(name, topic.defect.name)
        probably = say("It is probably of the type {type} [type].", type=topic.type_name(topic.defect.name))
        return [f"{say('That fits.')} {probably}" if fits else probably, *looks]
    message = "Whether it is of the type {type} is not certain: no note or example decides [type]."
    return [say(message, type=shown), *looks]
