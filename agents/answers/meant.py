"""Types of the product's notes that a question about a part may mean, held against the words that it uses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agents.answers.catalogue.facts import type_by_look
from agents.answers.phrases import phrases_of
from agents.answers.topic import Topic
from agents.questions.form.alternatives import named_fate
from agents.questions.form.polarity import asks_openly
from agents.questions.learned.encoder import normalised
from agents.questions.learned.examples import LANGUAGES
from agents.questions.lexicon.words import common_name, same_defect, types_in, words_of
from agents.questions.rules.supposed import OF_IT, as_noted
from agents.questions.slots.absences import absences, foreign_bodies
from agents.questions.slots.by_words import type_of, type_of_a_word
from agents.questions.slots.causes import NAMES_IT, likeness, supposed_cause
from agents.questions.slots.described import described_type, named_by_look, named_types, of_its_colour
from agents.questions.slots.doubted import held_against, may_mean
from agents.questions.slots.own_words import WHERE, type_by_clause
from agents.questions.slots.said_effects import said_effects
from agents.state import Asked, InspectionState, Understanding
from anomaly_core.names import plain_name
from knowledge.catalogue.entries import Entry
from tools.context import Context
from tools.records import Kind
from tools.retrieve import passage_of

_NAMING: Final = frozenset[Kind]({"verdict", "parts", "type", "place", "count", "look_again"})
"""Kinds of questions for yes or no that may name a type for the questions that follow."""
_EFFECTS: Final = frozenset[Kind]({"effect", "verdict", "type", "help", "other"})
"""Kinds that a question for yes or no may be taken for that asks for an effect."""


def with_entries(asked: Asked, context: Context, product: str) -> Asked:
    """Return a question about a part with the types of the product's notes that its words may mean.

    A word for a type, "eingerissen", is of the entry that has what is damaged too; a look that is described,
    "why is the pin so dark?", is of the entries that are nearest.
    """
    if asked.options or not any(_may_name(one) for one in asked.intents):
        return asked
    entries = context.domain.entries(product)
    intents = [
        _meaning(context, product, asked, number, entries) if entries and _may_name(one) else one
        for number, one in enumerate(asked.intents)
    ]
    intents = [_as_resolved(one, asked.intents, intents) for one in intents]
    return asked.model_copy(update={"intents": intents})


def _as_resolved(
    one: Understanding, before: Sequence[Understanding], after: Sequence[Understanding]
) -> Understanding:
    """Return a question that goes on with the type of another clause, with what that was found to mean.

    "Label torn, what now?" is of the torn label, though the word is of a cracked tablet too.
    """
    if not one.asked_before:
        return one
    for named, meant in zip(before, after, strict=True):
        if named.asked_before or named.type is None or named.type != one.type or meant == named:
            continue
        if len(meant.maybe) > 1:
            return one.model_copy(update={"type": None, "asked_before": False, "maybe": meant.maybe})
        return one if meant.type is None else one.model_copy(update={"type": meant.type})
    return one


def _may_name(one: Understanding) -> bool:
    if one.supposed or one.asked_before or one.log is not None or one.order is not None:
        return False
    if one.topic is not None:
        return one.kind in _EFFECTS
    # "A speck of a millimetre, may it stay?" is held against the limit of what it describes.
    held = one.kind == "size" and one.closed and one.limit is None and one.region is None
    looks = one.kind == "appearance" and one.closed
    return held or looks or one.kind in OF_IT or one.kind in _NAMING or one.kind in _EFFECTS


def _as_described(one: Understanding, text: str, spoken: str, entries: list[Entry]) -> Understanding | None:
    """Return a question with the one type that its words describe, as its asker's word; None without one.

    "Where does the red thread come from?" says what it is.
    """
    if one.kind not in (*OF_IT, "size") or named_types(normalised(text), spoken, entries):
        return None
    missing = absences(normalised(text), spoken, entries)
    own = missing[0] if len(missing) == 1 else None if missing else named_by_look(text, spoken, entries)
    if own is None:
        return None
    return one.model_copy(update={"type": plain_name(own).lower(), "asked_before": True})


def _of_an_effect(one: Understanding, spoken: str, entries: list[Entry]) -> Understanding:
    """Return "will the jar leak?" as a question for the effect, where the notes tell of that as an effect."""
    text = normalised(one.text)
    asks = one.closed or one.text.rstrip().endswith(("?", "\uff1f"))
    legible = words_of(spoken).has("legible", text)
    if one.kind not in _EFFECTS or not asks or one.choice or legible or asks_openly(text, spoken):
        return one
    if one.kind == "verdict" and named_fate(text, words_of(spoken)) is not None:
        return one  # "Kann das trotzdem raus?"
    noted = one.type is not None and any(
        same_defect(entry.type, one.type) or one.type in types_in(entry.type) for entry in entries
    )
    effects = {entry.type: entry.effect for entry in entries if entry.effect}
    told = [f"{plain_name(entry.type)} {entry.look}" for entry in entries]
    if noted or not said_effects(text, spoken, effects, told):
        return one
    of_it = {"kind": "effect", "type": None, "near": None, "zone": None, "closed": True, "topic": None}
    return one.model_copy(update=of_it)


def _is_of_the_edge(named: str, entries: Sequence[Entry]) -> bool:
    """Return whether a type is of the edge itself, and not of what lies at it: a rim that is bent in."""
    told = [
        f"{plain_name(one.type)} {WHERE.split(one.look)[0]}".lower()
        for one in entries
        if same_defect(one.type, named) or plain_name(one.type).lower() == named
    ]
    return any(words_of(code).has("edge", text) for code in LANGUAGES for text in told)


def _of_a_look(one: Understanding, spoken: str, entries: list[Entry]) -> Understanding:
    """Return "is the rim out of round?" as the question whether it is the type that looks so."""
    text = normalised(one.text)
    if not one.closed or one.region is not None or asks_openly(text, spoken):
        return one
    if one.kind == "place" and one.type is not None and _is_of_the_edge(one.type, entries):
        # "Is the rim deformed?" asks for no place.
        return one.model_copy(update={"kind": "type", "near": None, "place": None})
    if one.kind != "appearance":
        return one
    found = described_type(one.text, spoken, entries) if one.type is None else one.type
    found = type_by_clause(one.text, entries) if found is None else found
    if found is None:
        return one
    of_it = {"kind": "type", "type": plain_name(found).lower(), "near": None, "place": None}
    return one.model_copy(update=of_it)


def _meaning(
    context: Context, product: str, asked: Asked, number: int, entries: list[Entry]
) -> Understanding:
    spoken = asked.spoken
    one = _of_an_effect(of_this_product(asked.intents[number], entries, spoken), spoken, entries)
    if one.topic is not None:
        return one
    one = _of_a_look(one, spoken, entries)
    if one.choice:
        names = [entry.type for entry in entries]
        offered = [type_of_a_word(piece, spoken, names) for piece in one.choice]
        noted = [name for said in offered for name in names if said == plain_name(name).lower()]
        return one.model_copy(update={"maybe": list(dict.fromkeys(noted))})
    if one.type is not None:
        named = [
            entry.type
            for entry in entries
            if same_defect(entry.type, one.type) or one.type in types_in(entry.type)
        ]
        if not named and one.kind in OF_IT:
            # "The logo is smeared", where the notes have "Verschmierter Druck".
            if (meant := _as_described(one, asked.question, spoken, entries)) is not None:
                return meant
            # "The print is chipped", where the notes have "Incomplete print", and no chip.
            artefact = words_of(spoken).has("artefact", normalised(one.text))
            found = None if artefact else described_type(one.text, spoken, entries)
            return one if found is None else one.model_copy(update={"type": None, "maybe": [found]})
        if not named and one.kind in _NAMING:
            # "Is that rust?", where the notes have "Oxidised pin".
            found = described_type(one.text, spoken, entries)
            if found in named_types(normalised(one.text), spoken, entries):
                return one.model_copy(update={"type": plain_name(found).lower(), "maybe": [found]})
            return one if found is None else one.model_copy(update={"maybe": [found]})
        if len(set(named)) != 1:
            return one
        own = words_of(spoken).names_type(normalised(one.text))
        held = held_against(one.text if own else asked.question, spoken, named[0], entries)
        # "Is the shank cracked?" is of a crack, and of no bent shank.
        bare = common_name(named[0]) is not None
        other = bare and len(held) == 1 and not types_in(held[0]) & types_in(named[0])
        if same_defect(named[0], one.type) and (held == named[:1] or other):
            return one
        if len(held) == 1:
            return one.model_copy(update={"type": plain_name(held[0]).lower()})
        # "Is the corner broken?" is of the torn corner, where the notes know a broken tablet too.
        kept = plain_name(held[0]).lower() if one.kind in _NAMING else None
        return one.model_copy(update={"type": kept, "maybe": held})
    if (cause := _as_cause(one, entries, spoken)) is not None:
        return cause
    text = asked.question if one.kind in (*OF_IT, "size") else one.text
    if words_of(spoken).has("which_defect", normalised(text)):
        return one
    plain = normalised(one.text)
    if one.kind in _NAMING and (
        not asks_openly(plain, spoken) or (one.kind == "parts" and words_of(spoken).has("lacking", plain))
    ):
        # "Is anything missing?", "is something floating in it?" name it for the questions that follow.
        belonging = one.kind == "parts"
        kinds = absences(plain, spoken, entries, belonging=belonging)
        kinds = kinds or foreign_bodies(plain, spoken, entries)
        if kinds:
            return one.model_copy(update={"maybe": kinds})
    if one.kind == "type" and asks_openly(plain, spoken):
        # "What is that red thread?"
        seen = named_by_look(text, spoken, entries)
        taken = {} if seen is None else {"type": plain_name(seen).lower(), "maybe": [seen]}
        return one.model_copy(update=taken)
    if (described := _as_described(one, text, spoken, entries)) is not None:
        return described
    if one.kind == "size":
        return one
    if one.maybe and not named_types(normalised(text), spoken, entries):
        # What the question before asked for stays what is asked about.
        return one
    if (found := described_type(text, spoken, entries)) is not None:
        return one.model_copy(update={"maybe": held_against(text, spoken, found, entries)})
    if one.kind not in OF_IT or one.maybe:
        return one
    if coloured := of_its_colour(text, spoken, entries):
        # "What do we do with the brown one?" is of what looks brown.
        return one.model_copy(update={"maybe": coloured})
    # What is only near by its meaning says less than the image.
    passages = [passage_of(each, score=0.0) for each in context.domain.passages(product)]
    topic = Topic(InspectionState(passages=passages), asked, one, number, phrases_of(asked.language))
    look = type_by_look(topic) if may_mean(text, spoken, entries) else None
    return one if look is None else one.model_copy(update={"maybe": [look]})


def _as_cause(one: Understanding, entries: list[Entry], spoken: str) -> Understanding | None:
    """Return "could it be the crimping?" as one for the cause, where the notes name that; else None."""
    text = normalised(one.text)
    if one.kind != "type" or not one.closed or one.maybe or not words_of(spoken).has("is_it", text):
        return None
    guess = supposed_cause(words_of(spoken).without(text, "is_it"), spoken)
    if guess is None or likeness(guess, [entry.cause for entry in entries]) < NAMES_IT:
        return None
    of_cause = {"kind": "cause", "guess": guess, "near": None, "zone": None, "place": None}
    return one.model_copy(update=of_cause)


def of_this_product(one: Understanding, entries: list[Entry], spoken: str) -> Understanding:
    """Return an intent with its type as the image's product notes it, and not as another product does."""
    if one.type is None:
        return one
    names, common = [entry.type for entry in entries], types_in(one.type)
    own = type_of(normalised(one.text), spoken, names)
    if own is not None and own in [plain_name(name).lower() for name in names]:
        # Another product's "crushed cup" may have the word that is a dent's here.
        return one.model_copy(update={"type": own})
    if len(common) == 1 and not any(same_defect(name, one.type) for name in names):
        one = one.model_copy(update={"type": next(iter(common))})
    return as_noted(one, names, spoken)
