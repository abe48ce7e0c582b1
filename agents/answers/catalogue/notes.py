"""Answers from the notes: cause, effect, action, the good product, and the catalogue of defects."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from agents.answers.catalogue.uncertain import (
    MOST_LISTED,
    contacts,
    in_order,
    in_review,
    listed_at_most,
    named_types,
    no_defect,
    of_unknown_type,
    of_unnoted,
    to_name,
    type_meant,
)
from agents.answers.evidence import is_about_good
from agents.answers.image.images import nearest_good
from agents.answers.image.naming import as_named
from agents.answers.image.part_asked import if_it_is
from agents.answers.image.persons_word import accepted, type_by_a_person
from agents.answers.image.recording import how_to_record_normal
from agents.answers.image.size import size_evidence, within_limit
from agents.answers.image.verdict import finding
from agents.answers.notes.analysis import (
    CRITICAL,
    Aspect,
    Finding,
    about_type,
    find_aspect,
    find_contacts,
    quoted,
    quoted_if,
    severe_by,
    severities,
)
from agents.answers.notes.choice import (
    by_method,
    disposed,
    disposed_by_notes,
    guessed,
    of_the_customer,
    possible,
)
from agents.answers.notes.effects import of_the_part
from agents.answers.notes.entries import (
    MOST_CANDIDATES,
    entries_meant,
    likely_of,
    likely_types,
    types_of_notes,
)
from agents.answers.notes.norms import norms
from agents.answers.notes.severity import weighed, worst_of
from agents.answers.topic import Reply, Topic
from agents.questions.form.clauses import split
from agents.questions.form.polarity import asks_openly
from agents.questions.learned.encoder import normalised
from agents.questions.slots.by_words import types_of
from anomaly_core.names import plain_name
from knowledge.catalogue.fields import columns_named
from knowledge.catalogue.limits import allows_none
from knowledge.text import sentences


def cause(topic: Topic) -> Reply:
    """Quote the cause of the defect that the question names, else of the one found."""
    return _aspect(topic, "cause", "The notes say nothing on the cause of {type} [notes].")


def effect(topic: Topic) -> Reply:
    """Quote effect and severity."""
    known = topic.state.get("expected", [])
    several = types_of(topic.text, known) or types_of(normalised(topic.asked.question), known)
    if len(several) > 1 and not topic.intent.closed:
        return severer(topic, several)
    told = _aspect(topic, "effect", "The notes say nothing on the effect or severity of {type} [notes].")
    said = of_the_part(topic)
    if said is not None and said.lead:
        sure = [one for one in told.body if "[type]" in one]
        return Reply(said.lead, [*said.body, *sure], told.affirmed)
    silent = [] if said is None else said.body
    told = Reply(told.lead, [*dict.fromkeys([*silent, *of_the_customer(topic), *told.body])], told.affirmed)
    if told.lead or not _has_subject(topic):
        return told
    name = type_meant(topic)
    if name is None:
        noted = [one for one in topic.state["passages"] if not is_about_good(one)]
        near = likely_of(topic.state.get("defect_type"))
        types = (near or likely_types(topic, noted))[:MOST_CANDIDATES]
    else:
        types = entries_meant(topic, name) or [name]
    first = weighed(topic, types, partial(within_limit, topic))
    made = [size_evidence(topic)] if any("[size]" in one for one in first.body) else []
    return Reply(first.lead, [*first.body, *told.body], first.affirmed, made)


def severer(topic: Topic, types: Sequence[str]) -> Reply:
    """Say what the notes call the severity of each of several types; first the one that is the worst."""
    worst = worst_of(topic.state["passages"], types)
    lead = f"{plain_name(worst[0]).capitalize()}." if len(worst) == 1 else ""
    equal = [topic.say("By the notes they are equally severe [notes].")] if len(worst) == len(types) else []
    return Reply(lead, [*equal, *of_each(topic, types, "effect")], whole=True)


def _has_subject(topic: Topic) -> bool:
    """Return whether there is a type to speak of: one that is named, or that a defect in hand may be of."""
    return topic.intent.type is not None or topic.has_defect


def action(topic: Topic) -> Reply:
    """Quote what is to be done."""
    told = _aspect(topic, "action", "The notes say nothing on what to do about {type} [notes].")
    if of_customer := of_the_customer(topic):
        return Reply("", [*of_customer, *told.body])
    if asks_who(topic):
        nobody = topic.say("The notes name nobody for this [notes].")
        return Reply("", contacts(topic) or [nobody, *told.body])
    lead, affirmed = by_method(topic)
    if not lead:
        lead, affirmed = disposed(topic)
    if not lead and topic.intent.type is not None and (topic.names_another_type or not topic.has_defect):
        lead, affirmed = disposed_by_notes(topic, entries_meant(topic, topic.intent.type))
    unknown = topic.has_defect and topic.defect is None and topic.intent.type is None
    if not lead and unknown and (first := possible(topic)) is not None:
        return Reply(first.lead, [*dict.fromkeys([*first.body, *told.body])])
    return Reply(lead or told.lead, told.body, affirmed)


def asks_who(topic: Topic) -> bool:
    """Return whether a question asks whom to tell."""
    return topic.words.has("who", topic.text) or "responsible" in columns_named(topic.text)


def normal(topic: Topic) -> Reply:
    """Quote the passage on good parts, or on the product as a whole.

    Of a defect that a person calls normal, or asks whether it is, say too how that is recorded.
    """
    if topic.words.has("norm", topic.text):
        return norms(topic)
    told = _good_part(topic)
    if not topic.has_defect or asks_openly(topic.text, topic.asked.spoken):
        return Reply("", told)
    if said := type_by_a_person(topic):
        # Somebody has decided that it is a defect, and which.
        return Reply("", [*said, *finding(topic)[:1]])
    return Reply("", [*finding(topic)[:1], *told[:2], how_to_record_normal(topic)])


def _good_part(topic: Topic) -> list[str]:
    about = [p for p in topic.state["passages"] if p.product == topic.state["product"].name]
    about = [p for p in about if is_about_good(p)] or [p for p in about if p.defect is None]
    if not about:
        silent = topic.say("The notes do not say how a good {product} looks [notes].", product=topic.product)
        return [silent, *nearest_good(topic)]
    found = [
        Finding("limit", sentence, about[0].id) for sentence in sentences(about[0].text.replace('"', "'"))[:3]
    ]
    return quoted(topic, found)


def catalogue(topic: Topic) -> Reply:
    """Say what the notes hold: the defects of the product, or what one is and how much of it is allowed."""
    say, named = topic.say, topic.intent.type
    refers = any(topic.words.has(meaning, topic.text) for meaning in ("it", "this"))
    if named is None and refers and topic.has_defect and topic.defect is not None:
        named = topic.type_name(topic.defect.name)  # "what is the limit for that?"
    several = types_of(topic.text, topic.state.get("expected", []))
    ranked = topic.words.has("serious", topic.text) or topic.words.has("worse", topic.text)
    if len(several) > 1 and ranked and not topic.intent.closed:
        return severer(topic, several)
    of_all = topic.words.has("every", topic.text) or topic.words.has("which_defect", topic.text)
    limited = topic.words.has("limit", topic.text) or topic.words.has("tolerance", topic.text)
    if named is None and topic.has_defect and topic.defect is None and limited and not of_all:
        silent = "The notes say nothing on what is allowed of {type} [notes]."
        return of_unknown_type(topic, "limit", silent, topic.state["passages"])
    sized = any(topic.words.has(each, topic.text) for each in ("limit", "long", "length", "threshold"))
    if named is None and topic.intent.maybe:
        unknown = say("The type of the defect is not certain [{source}].", source="notes")
        of_limit = limited or sized or topic.words.has("reason_to", topic.text)
        aspect: Aspect = "limit" if of_limit else "look"
        told = of_each(topic, topic.intent.maybe, aspect)
        # Where no limit is told, the look tells at least which type it may be.
        return Reply("", [unknown, *(told or of_each(topic, topic.intent.maybe, "look"))])
    if named is None and (listed := _listed(topic)):
        return Reply("", listed, whole=True)
    if named is None:
        names = named_types(topic)
        if not topic.product:
            return Reply(
                "",
                [
                    say("The notes name {types} [notes].", types=say.listed(names))
                    if names
                    else say("The notes name no type of defect [notes].")
                ],
            )
        if not names:
            return Reply("", [say("The notes about {product} name none [notes].", product=topic.product)])
        return Reply(
            "",
            [
                say(
                    "The notes about {product} name {types} [notes].",
                    product=topic.product,
                    types=say.listed(names),
                )
            ],
        )
    passages = about_type(topic.state["passages"], named)
    if "verdict" not in topic.state and sized:
        # Several are a scratch: each has a limit of its own.
        noted = types_of_notes(topic.state["passages"])
        if len(noted) > 1 and len(each := of_each(topic, noted, "limit")) > 1:
            return Reply("", each, whole=True)
    if not passages:
        return Reply(
            "", [say("The notes say nothing about {type} [notes].", type=topic.type_as_asked or named)]
        )
    first = (
        find_aspect(passages, "look", say.language)[:1]
        or [
            Finding("look", sentence, passage.id, language=passage.language)
            for passage in passages
            if passage.field is None
            for sentence in sentences(passage.text.replace('"', "'"))[:1]
        ][:1]
    )
    said = {one.sentence for one in first}
    limits = [one for one in find_aspect(passages, "limit", say.language) if one.sentence not in said]
    if topic.intent.kind == "appearance" and first:
        return Reply("", quoted(topic, first))
    # Who asks how much is allowed knows what it looks like.
    most = topic.words.has("at_maximum", topic.text) or topic.words.has("threshold", topic.text)
    of_limit = most or sized or topic.intent.kind in ("size", "count")
    told = quoted(topic, limits if limits and of_limit and not _defines_too(topic) else [*first, *limits])
    if not limits and topic.intent.closed:
        told.append(say("They give no limit for it [notes]."))
    if topic.intent.closed and any(allows_none(one.sentence) for one in limits):
        return _forbidden(topic, told, asks_how_much=most)
    if not of_limit and asks_openly(topic.text, topic.asked.spoken):
        told += quoted(topic, find_aspect(passages, "action", say.language)[:1])
    return Reply("", told)


def _defines_too(topic: Topic) -> bool:
    """Return whether a question asks what a type is before it asks how much of it is allowed."""
    first, *others = split(topic.intent.text, topic.asked.spoken)
    asks_size = ("limit", "tolerance", "long", "length", "at_maximum", "good")
    sized = [any(topic.words.has(one, normalised(piece)) for one in asks_size) for piece in (first, *others)]
    return topic.words.has("ask", normalised(first)) and not sized[0] and any(sized[1:])


def _forbidden(topic: Topic, told: Sequence[str], *, asks_how_much: bool) -> Reply:
    """Return what is told of a type that is not allowed: no to "is it allowed?", yes to "is it bad?".

    "Max. crack length?" asks for neither yes nor no.
    """
    words, text = topic.words, topic.text
    amount = asks_how_much and not words.has("tolerance", text)
    sized = any(words.has(one, text) for one in ("long", "length", "width"))
    if amount or (sized and not words.has("asks_if", text)):
        return Reply("", told)
    allowed = words.has("good", text) or words.has("limit", text) or words.has("tolerance", text)
    yes = topic.intent.sense == "bad" and not allowed
    return (
        Reply(topic.yes_no(yes), told, yes)
        if yes or allowed or topic.intent.sense == "good"
        else Reply("", told)
    )


def _listed(topic: Topic) -> list[str]:
    """Return, type by type, what the notes say of what a question wants of all: the severe, the limits."""
    passages = topic.state["passages"]
    types = types_of_notes(passages)
    if topic.words.has("serious", topic.text):
        stated = {name: " ".join(severities(passages, name)) for name in types}
        # "Which are critical?" is of those that the notes call so, where there are any.
        critical = [name for name in types if CRITICAL.search(stated[name])]
        severe = [name for name in types if severe_by(passages, name) == {True}]
        named = critical if critical and CRITICAL.search(topic.text) else severe
        none = [topic.say("The notes call none severe [notes].")] if any(stated.values()) else []
        return of_each(topic, named, "effect") or none
    if topic.words.has("limit", topic.text):
        return of_each(topic, types, "limit")
    return []


def of_each(
    topic: Topic, types: Sequence[str], aspect: Aspect, *, who: bool = False, apart: bool = False
) -> list[str]:
    """Return what the notes say on an aspect of each of several types, or whom to tell.

    apart: whether each is told with its product; it is where they are of several.
    """
    passages, say = topic.state["passages"], topic.say
    told: dict[str, str] = {}
    owners = {name: list(dict.fromkeys(one.product for one in about_type(passages, name))) for name in types}
    # What holds for one product says nothing of another one's type, be it of the same name.
    apart = apart or len({product for products in owners.values() for product in products}) > 1
    for name, products in owners.items():
        for product in products:
            own = [one for one in about_type(passages, name) if one.product == product]
            shown = f"{plain_name(name)} ({product})" if apart and product else plain_name(name)
            for one in (find_contacts(own) if who else find_aspect(own, aspect, say.language))[:1]:
                told[shown] = say("{type}: {quote} [{id}].", type=shown, quote=f'"{one.sentence}"', id=one.id)
    lines, others = list(told.values())[:MOST_LISTED], list(told)[MOST_LISTED:]
    if others:
        lines.append(say("The notes also name {types} [notes].", types=listed_at_most(say, others)))
    return lines


def _aspect(topic: Topic, aspect: Aspect, silent: str) -> Reply:
    say, named = topic.say, topic.intent.type
    passages = [p for p in topic.state["passages"] if not is_about_good(p)]
    if named is not None and (topic.names_another_type or not topic.has_defect):
        return _of_named(topic, named, aspect, silent)
    if "verdict" not in topic.state:
        types = types_of_notes(passages)
        if topic.intent.maybe:
            return of_unknown_type(topic, aspect, silent, passages)
        if topic.words.has("every", topic.text) and (each := of_each(topic, types, aspect)):
            return Reply("", each, whole=True)
        return Reply("", [to_name(topic)])
    if topic.type_said is None and topic.verdict.decision == "review":
        return in_review(topic, aspect, passages)
    if topic.type_said is None and not topic.verdict.anomalous:
        return Reply("", [*accepted(topic), no_defect(topic), *if_it_is(topic, aspect)])
    if topic.defect is not None:
        name = topic.type_name(topic.defect.name)
        about = about_type(passages, topic.defect.name)
        stated = find_aspect(about, aspect, say.language)
        # "Is that cosmetic?" is answered by the effect, "how serious is it?" by the severity.
        stated = list(in_order(topic, stated, aspect)) if aspect == "effect" else stated
        told = quoted(topic, stated) or [say(silent, type=name)]
        first = guessed(topic, stated)
        probably = type_by_a_person(topic) or [say("It is probably of the type {type} [type].", type=name)]
        return Reply(first.lead, [*told, *probably], first.affirmed)
    return of_unknown_type(topic, aspect, silent, passages)


def _of_named(topic: Topic, named: str, aspect: Aspect, silent: str) -> Reply:
    """Quote what the notes say of a type that a question names; first that a part that passes shows none."""
    say, passages = topic.say, [p for p in topic.state["passages"] if not is_about_good(p)]
    types = entries_meant(topic, named)
    stated = find_aspect(about_type(passages, types[0] if len(types) == 1 else named), aspect, say.language)
    if aspect == "limit" or len(types) < 2 or len(told := of_each(topic, types, aspect)) < 2:
        told = quoted(topic, stated)
    first = guessed(topic, stated)
    if topic.has_defect and not types and not topic.intent.supposed and topic.type_said is None:
        return of_unnoted(topic, aspect, told or [say(silent, type=topic.type_as_asked)], passages)
    if topic.intent.supposed:
        told = [quoted_if(topic, name, one) for name in types for one in _stated_of(topic, name, aspect)]
    elif topic.intent.asked_before:
        told = [*(told or [say(silent, type=plain_name(named))]), *as_named(topic)]
    elif topic.has_defect and topic.type_said is None:
        told = [*(told or [say(silent, type=topic.type_as_asked)]), *as_named(topic)]
    elif "verdict" in topic.state and topic.type_said is None and not topic.has_defect:
        return Reply(first.lead, [no_defect(topic), *told], first.affirmed)
    return Reply(first.lead, told or [say(silent, type=topic.type_as_asked)], first.affirmed)


def _stated_of(topic: Topic, name: str, aspect: Aspect) -> Sequence[Finding]:
    return find_aspect(about_type(topic.state["passages"], name), aspect, topic.say.language)
