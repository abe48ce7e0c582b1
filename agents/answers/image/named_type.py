"""Whether a defect of no certain type may be the one that a question names: what speaks for and against."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from agents.answers.notes.analysis import Aspect, about_type, find_aspect, quoted_if
from agents.answers.notes.entries import entries_meant, likely_of
from agents.answers.topic import Reply, Topic, length_of, same_type
from agents.questions.lexicon.words import sections_in, types_in
from agents.questions.slots.by_words import type_of_a_word
from agents.questions.slots.types import called_type
from agents.questions.slots.zone_names import is_of_zone
from anomaly_core.names import name_key, plain_name
from knowledge.catalogue.looks import Look, parse_look
from tools.classify.classify import UNKNOWN
from tools.classify.written import COLOUR_NAMES, LARGE, LINE, ROUND, SMALL, VISIBLE
from tools.records import Kind, MeasuredRegion, PassageRecord

NAMED: Final = 0.6
"""Least cosine of some words of a question and the type that they name in another language."""
COLOURS: Final = ("red", "orange", "brown", "yellow", "green", "cyan", "blue", "purple", "pink")
_ASPECTS: Final[Mapping[Kind, Aspect]] = {"cause": "cause", "effect": "effect", "action": "action"}
Reasons = tuple[list[str], list[str], bool]
"""What speaks for a type, what against it, and whether more does than a shape that is no firm one."""


def asked_type(topic: Topic) -> str | None:
    """Return the type that a question for yes or no names, in whatever language, as it is known; or None."""
    found, named = topic.state.get("defect_type"), topic.intent.type
    nearest = [one.name for one in found.alternatives] if found is not None else []
    known = [name for name in dict.fromkeys([*nearest, *topic.known_types]) if name != UNKNOWN]
    if named is None and topic.intent.closed and not topic.intent.choice:
        named = called_type(topic.text, known, topic.asked.spoken, least=NAMED, counts=(1, 2, 3))
    # Of several that are so called, the nearest.
    return next((name for name in known if named is not None and same_type(named, name)), named)


def weighed(topic: Topic, named: str) -> tuple[str, list[str]]:
    """Return the first words on whether an unknown defect is of a type, and what speaks for and against."""
    say, region = topic.say, topic.chosen[0] if topic.chosen else None
    entry = _look_of(topic, named)
    pros, cons, firm = ([], [], False) if region is None else _reasons(topic, named, entry, region)
    lead = "Possibly." if pros and not cons else "That can't be told."
    if cons and firm and not is_nearest(topic, named):
        lead = "Probably not."
    elif (cons and pros) or (not cons and _is_likely(topic, named)):
        lead = "Possibly."
    told = []
    if entry is not None and region is not None:
        told.append(
            say(
                "{type}: {quote} [{id}].",
                type=plain_name(entry.defect or named),
                quote=f'"{entry.text}"',
                id=entry.id,
            )
        )
    cited = "" if region is None else region.id
    if pros:
        told.append(say("For it: {reasons} [{id}].", reasons=say.listed(pros), id=cited))
    if cons:
        told.append(say("Against it: {reasons} [{id}].", reasons=say.listed(cons), id=cited))
    return say(lead), told


def another_likely(topic: Topic, named: str) -> tuple[str, list[str]] | None:
    """Return the first words and what speaks for and against a named type where another is likely, else None.

    A type that is likely, and not confirmed, makes each other one improbable, and none impossible.
    """
    defect = topic.defect
    if defect is None or defect.status == "confirmed" or same_type(named, defect.name):
        return None
    entries = entries_meant(topic, named)
    if not entries:
        called = called_type(topic.text, topic.known_types, topic.asked.spoken, least=NAMED, counts=(1, 2, 3))
        entries = [] if called is None else [called]
    if any(same_type(one, defect.name) for one in entries):
        return None
    reasons = weighed(topic, entries[0] if len(entries) == 1 else named)[1]
    # "No scratch, right?"
    denies = topic.intent.sense == "good" and topic.words.has("no", topic.text)
    return topic.say("Probably." if denies else "Probably not."), reasons


def speaks_against(topic: Topic, named: str) -> bool:
    """Return whether what was measured makes it improbable that the defect is of a type of the notes."""
    entries = entries_meant(topic, named)
    if not topic.has_defect or topic.type_said is not None or not entries:
        return False
    if topic.defect is not None:
        return not any(same_type(one, topic.defect.name) for one in entries)
    return len(entries) == 1 and weighed(topic, entries[0])[0] == topic.say("Probably not.")


def undecided_type(topic: Topic, named: str) -> str:
    """Return the sentence that nothing decides whether a defect is of a type."""
    message = "Whether it is of the type {type} is not certain: no note or example decides [type]."
    return topic.say(message, type=topic.type_as_asked or named)


def with_denial(topic: Topic, reply: Reply) -> Reply:
    """Return an answer on what was measured, first that it is probably not the type that was named."""
    say, named = topic.say, topic.denied
    if named is None:
        return reply
    if topic.defect is not None:
        name = topic.type_name(topic.defect.name)
        told = [say("It is probably of the type {type} [type].", type=name)]
    elif topic.intent.kind == "size":
        told = []
    else:
        entries = entries_meant(topic, named)
        told = weighed(topic, entries[0] if entries else named)[1]
        told = told[-1:] if topic.intent.closed else told
    denies = topic.intent.closed and topic.intent.kind != "size"
    lead = reply.lead or (say("Probably not.") if denies else "")
    body = list(dict.fromkeys([*told, *reply.body]))
    if not topic.intent.closed and (held := _if_it_is(topic, named)):
        # "What do we do with this scratch?" is told that too; the candidates of an unknown one come after it.
        body = [*body, *held] if topic.defect is not None else [*held, *told[-1:], *reply.body]
    return replace(reply, lead=lead, body=body)


def _if_it_is(topic: Topic, named: str) -> list[str]:
    """Return what the notes say of a type that a question names, as what holds if the defect is of it."""
    aspect = _ASPECTS.get(topic.intent.kind)
    entries = entries_meant(topic, named)
    if aspect is None or len(entries) != 1 or topic.words.has("who", topic.text):
        return []
    stated = find_aspect(about_type(topic.state["passages"], entries[0]), aspect, topic.say.language)
    return [quoted_if(topic, entries[0], one) for one in stated[:1]]


def settled(topic: Topic) -> Topic:
    """Return a topic without a type that a question before asked for, where that type isn't surely meant.

    That is where the defect's type is known, there is no defect, the notes have no or several such types, or
    what was measured speaks against it. It is then one of those that it may be.
    """
    named, noted = topic.intent.type, topic.state.get("expected", [])
    if named is not None and noted and not any(same_type(named, one) for one in topic.known_types):
        # The words of a question may have been taken for the type of another product.
        common = types_in(named)
        if len(common) == 1 and named not in common:
            return replace(topic, intent=topic.intent.model_copy(update={"type": next(iter(common))}))
    if named is not None and _is_contradicted(topic, named):
        asked_anew = {"type": None, "kind": "type", "near": None}
        return replace(topic, intent=topic.intent.model_copy(update=asked_anew))
    if named is not None and _is_denied(topic, named):
        unnamed = topic.intent.model_copy(update={"type": None, "asked_before": False, "maybe": []})
        return replace(topic, intent=unnamed, denied=named)
    if named is None and len(there := _of_its_zone(topic)) == 1 and len(topic.intent.maybe) > 1:
        # Of what may be missing, it is that of the zone which differs.
        return replace(topic, intent=topic.intent.model_copy(update={"maybe": there}))
    if not topic.intent.asked_before or named is None:
        return topic
    entries = entries_meant(topic, named)
    open_ = topic.has_defect and topic.defect is None and topic.type_said is None and len(entries) == 1
    if open_ and weighed(topic, entries[0])[0] != topic.say("Probably not."):
        return replace(topic, intent=topic.intent.model_copy(update={"type": entries[0]}))
    maybe = list(dict.fromkeys([*entries, *topic.intent.maybe]))
    changed = {"type": None, "asked_before": False, "maybe": maybe}
    return replace(topic, intent=topic.intent.model_copy(update=changed))


def _of_its_zone(topic: Topic) -> list[str]:
    """Return those of the types that a question may mean that are named for the strongest region's zone."""
    zone = topic.regions[0].zone if topic.regions else None
    if zone is None:
        return []
    return [one for one in topic.intent.maybe if is_of_zone(one, zone)]


def _is_denied(topic: Topic, named: str) -> bool:
    """Return whether a question for a note takes the defect for a type that was most likely not measured.

    "How long is the scratch?" only points at the defect.
    """
    intent = topic.intent
    asks = intent.kind in ("cause", "effect", "action") or (intent.kind == "size" and intent.closed)
    return asks and speaks_against(topic, named)


def _is_contradicted(topic: Topic, named: str) -> bool:
    """Return whether "what is that dark scratch?" only points at a region that looks like no such type."""
    intent = topic.intent
    points = topic.words.has("this", topic.text) or parse_look(topic.text).tone is not None
    if intent.kind not in ("type", "catalogue") or intent.closed or intent.supposed or not points:
        return False
    if not topic.has_defect or topic.defect is not None or topic.type_said is not None:
        return False
    return speaks_against(topic, named)


def nearer(topic: Topic, offered: list[str]) -> str | None:
    """Return the one of the offered types that an unknown defect is clearly nearer to, or None."""
    found = topic.state.get("defect_type")
    known = [] if found is None else found.alternatives
    # One that is no candidate is further still.
    scores = {
        name: max((one.score for one in known if same_type(name, one.name)), default=0.0) for name in offered
    }
    best = sorted(scores, key=lambda name: -scores[name])
    return best[0] if len(best) > 1 and scores[best[0]] > scores[best[1]] else None


def colour_of(topic: Topic, colour: str) -> str:
    """Return a measured colour's name in the answer's language."""
    return topic.say(colour) if colour in COLOURS else colour


def _look_of(topic: Topic, named: str) -> PassageRecord | None:
    """Return the look that the notes state of a type, or None."""
    return next(
        (
            one
            for one in topic.state["passages"]
            if one.field == "look" and one.defect is not None and _is_of(one.defect, named)
        ),
        None,
    )


def _is_of(noted: str, named: str) -> bool:
    """Return whether an entry is of a type by its name: "Riss an der Biegekante" is a crack."""
    return same_type(named, noted) or named in types_in(noted)


def _reasons(topic: Topic, named: str, entry: PassageRecord | None, region: MeasuredRegion) -> Reasons:
    """Return what a region's brightness, shape, size and zone say for a type, and what against it."""
    pros: list[str] = []
    cons: list[str] = []
    against: list[tuple[str, str]] = []
    typical = False
    stated = Look() if entry is None else parse_look(entry.text)
    for aspect, wanted, seen, reason in _compared(topic, stated, region):
        if wanted is None or seen is None:
            continue
        (pros if wanted == seen else cons).append(reason)
        typical |= aspect == "colour" and wanted == seen
        if wanted != seen:
            against.append((aspect, seen))
    if region.zone is not None:
        sections = sections_in(plain_name(named))
        inside = topic.say("it lies in the zone {zone}", zone=region.zone)
        if name_key(region.zone) in name_key(named) or sections & sections_in(region.zone):
            pros.append(inside)
        elif sections and sections_in(region.zone):
            cons.append(inside)
            return pros, cons, True
    # A map is too smooth to tell a short line from a spot, and a colour tells more than an outline.
    firm = any(aspect != "shape" or not (typical or seen == "irregular") for aspect, seen in against)
    return pros, cons, firm


def _compared(
    topic: Topic, stated: Look, region: MeasuredRegion
) -> Iterator[tuple[str, str | None, str | None, str]]:
    """Yield an aspect of a look, what an entry states, what was measured of it, and the words for that."""
    say, look = topic.say, region.look
    if look is None:
        return
    bright = look.contrast > 0
    tone = None if abs(look.contrast) < VISIBLE else "bright" if bright else "dark"
    told = "it is brighter than its surroundings" if bright else "it is darker than its surroundings"
    yield "tone", stated.tone, tone, say(told)
    aspect = look.length_px / max(look.width_px, 1.0)
    shape = "line" if aspect >= LINE else "round" if aspect <= ROUND else "irregular"
    # The map's outline is too smooth to tell what is irregular from what is round.
    told_apart = stated.shape != "irregular" or shape == "line"
    yield "shape", stated.shape, shape if told_apart else None, say("its shape")
    if stated.colours and look.colour is not None:
        named = COLOUR_NAMES.get(look.colour, look.colour)
        shown = colour_of(topic, look.colour)
        yield (
            "colour",
            named,
            named if named in stated.colours else None,
            say("its colour, {colour}", colour=shown),
        )
    opened = topic.state["opened"]
    image = opened.width * opened.height
    share = (length_of(region) ** 2 if aspect >= LINE else math.prod((look.length_px, look.width_px))) / image
    yield (
        "size",
        stated.size,
        "small" if share <= SMALL else "large" if share >= LARGE else None,
        say("its size"),
    )


def _is_likely(topic: Topic, named: str) -> bool:
    """Return whether a type is one of those that an unknown defect is most likely of."""
    return any(same_type(named, one) for one in likely_of(topic.state.get("defect_type")))


def is_nearest(topic: Topic, named: str) -> bool:
    """Return whether a type is the first of those that an unknown defect may be of."""
    found = topic.state.get("defect_type")
    return found is not None and bool(found.alternatives) and same_type(named, found.alternatives[0].name)


def offered_types(topic: Topic) -> list[str]:
    """Return the types that the alternatives of a question name, each once, as the notes have them."""
    pieces = (type_of_a_word(piece, topic.asked.spoken, topic.known_types) for piece in topic.intent.choice)
    named = list(dict.fromkeys(one for one in pieces if one is not None))
    noted = [entries_meant(topic, one) for one in named]
    return [found[0] if len(found) == 1 else one for one, found in zip(named, noted, strict=True)]
