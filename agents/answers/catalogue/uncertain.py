"""What the notes say where the type of a defect is not certain: first of the type that was asked about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agents.answers.image.naming import as_named
from agents.answers.image.verdict import finding, to_review
from agents.answers.notes.analysis import (
    Aspect,
    Finding,
    about_type,
    find_aspect,
    find_contacts,
    quoted,
    quoted_if,
    severe_by,
)
from agents.answers.notes.entries import (
    MOST_CANDIDATES,
    leading,
    likely_of,
    likely_types,
    most_like,
    types_of_notes,
)
from agents.answers.topic import Reply, Topic
from anomaly_core.names import plain_name
from tools.phrases import Phrases
from tools.records import PassageRecord

MOST_LISTED: Final = 8
"""Types that one answer lists."""


def contacts(topic: Topic) -> list[str]:
    """Return what the notes say of whom to tell about the type that is asked about, else that was found."""
    passages, name = topic.state["passages"], type_meant(topic)
    if name is not None:
        told = quoted(topic, find_contacts(about_type(passages, name)))
        return [*told, *as_named(topic)] if told else []
    asked, near = topic.intent.maybe, likely_of(topic.state.get("defect_type"))
    # In review nothing was found that could be of another type than the one asked about.
    near = near if topic.has_defect or not asked else []
    types = list(dict.fromkeys([*asked, *near]))[:MOST_CANDIDATES] or types_of_notes(passages)
    if topic.has_defect and types == [leading(topic.state.get("defect_type"))]:
        told = quoted(topic, _contacts_of(topic, types[0]))
        return [most_like(topic, types[0]), *told] if told else []
    told = [quoted_if(topic, name, *found) for name in types if (found := _contacts_of(topic, name))]
    if asked and told and not _contacts_of(topic, asked[0]):
        # Another type's person is nobody to tell of the one that is asked about.
        silent = topic.say("The notes name nobody for {type} [notes].", type=plain_name(asked[0]))
        return [silent, *told]
    return told[:MOST_CANDIDATES]


def _contacts_of(topic: Topic, name: str) -> list[Finding]:
    return find_contacts(about_type(topic.state["passages"], name))[:1]


def type_meant(topic: Topic) -> str | None:
    """Return the type that is asked about: the one that the question names, else the one that was found."""
    if topic.intent.type is not None and (topic.names_another_type or not topic.has_defect):
        return topic.intent.type
    return None if topic.defect is None else topic.defect.name


def in_review(topic: Topic, aspect: Aspect, passages: Sequence[PassageRecord]) -> Reply:
    """Say that a person decides, and what holds if it is of a type that is asked about, else how to ask."""
    review, near = to_review(topic), topic.intent.maybe or likely_of(topic.state.get("defect_type"))
    told = [
        quoted_if(topic, name, *in_order(topic, found, aspect))
        for name in list(dict.fromkeys(near))[:MOST_CANDIDATES]
        if (found := find_aspect(about_type(passages, name), aspect, topic.say.language))
    ]
    return Reply(review.lead, [*review.body[:1], *(told or [to_name(topic)])])


def to_name(topic: Topic) -> str:
    """Return the sentence that a type is to be named, and which there are."""
    return topic.say(
        "Name the type of defect; the notes name {types} [notes].",
        types=listed_at_most(topic.say, named_types(topic)),
    )


def named_types(topic: Topic) -> list[str]:
    """Return the defects that the notes about the product name, in plain words."""
    return [plain_name(name) for name in topic.state["expected"]]


def listed_at_most(say: Phrases, names: Sequence[str]) -> str:
    """Return at most `MOST_LISTED` names as a list, and how many more there are, with what shows them."""
    more = len(names) - MOST_LISTED
    if more <= 0:
        return say.listed(list(names))
    first = ", ".join(names[:MOST_LISTED])
    return say("{types} and {count} more (iad catalogue show PRODUCT)", types=first, count=more)


def in_order(topic: Topic, stated: Sequence[Finding], aspect: Aspect) -> Sequence[Finding]:
    """Return what is quoted of findings: an effect and its severity, first the one that is asked for."""
    if aspect != "effect":
        return stated[:1]
    weighs = topic.words.has("serious", topic.text) or topic.words.has("matters", topic.text)
    severity = weighs and not topic.words.has("why", topic.text)
    return stated if severity else stated[::-1]


def of_unknown_type(topic: Topic, aspect: Aspect, silent: str, passages: list[PassageRecord]) -> Reply:
    """Quote what holds if the defect is of this type or of that: what was asked, then the likeliest first.

    A candidate that leads the others is told alone. Where neither of two is severe, one that is and may be it
    too is told beside them. What the image speaks against is told only where it was asked.
    """
    say, asked = topic.say, topic.intent.maybe
    source = "type" if topic.state.get("defect_type") is not None else "notes"
    unknown = say("The type of the defect is not certain [{source}].", source=source)
    near = likely_of(topic.state.get("defect_type"))
    others = [] if asked and not topic.has_defect else near or likely_types(topic, passages)
    stated = {
        name: found
        for name in dict.fromkeys([*asked, *others])
        if (found := find_aspect(about_type(passages, name), aspect, say.language))
    }
    meant = list(stated)[:MOST_CANDIDATES]
    if not near:
        # Nothing ranks them: what is severe first.
        meant.sort(key=lambda name: name not in asked and 2 - (True in severe_by(passages, name)))
    if not any(True in severe_by(passages, name) for name in meant):
        meant += [name for name in stated if name in near and True in severe_by(passages, name)][:1]
    if meant == [leading(topic.state.get("defect_type"))]:
        told = quoted(topic, in_order(topic, stated[meant[0]], aspect))
        return Reply("", [most_like(topic, meant[0]), *told])
    told = [quoted_if(topic, name, *in_order(topic, stated[name], aspect)) for name in meant]
    if told:
        return Reply("", [unknown, *told])
    of_none = [] if near else quoted(topic, find_aspect(passages, aspect, say.language))
    return Reply("", [*(of_none or [say(silent, type=say("this defect"))]), unknown])


def of_unnoted(topic: Topic, aspect: Aspect, silent: Sequence[str], passages: list[PassageRecord]) -> Reply:
    """Say that the notes have nothing on a type that a question names, then what the defect probably is."""
    say, closed = topic.say, topic.intent.closed
    if topic.defect is None:
        near = of_unknown_type(topic, aspect, "", passages).body
        return Reply(say("That can't be told.") if closed else "", [*silent, *near])
    name = topic.type_name(topic.defect.name)
    stated = find_aspect(about_type(passages, topic.defect.name), aspect, say.language)
    probably = say("It is probably of the type {type} [type].", type=name)
    return Reply(say("Probably not.") if closed else "", [*silent, probably, *quoted(topic, stated)])


def no_defect(topic: Topic) -> str:
    """Return the sentence that there is no defect that a question about one could be on."""
    if topic.verdict.decision == "review":
        return finding(topic)[0]
    return topic.say("There is no defect to explain: nothing exceeds what good parts show [score].")
