"""Whether the notes hold an entry of what a question without an image asks about, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from agents.answers.catalogue.asked_kinds import OF_A_TYPE
from agents.questions.learned.encoder import normalised
from agents.questions.learned.generic import subjects_in
from agents.questions.lexicon.words import Words, same_defect, types_in, words_of
from agents.questions.slots.by_words import types_of
from agents.questions.slots.described import named_types
from agents.questions.slots.doubted import MOST
from agents.questions.slots.held import CLEAR, OF_NO_NAME, held_names, meant_type, subject_of
from agents.questions.slots.products import without_products
from agents.state import Asked, Understanding
from anomaly_core.names import plain_name
from knowledge.catalogue.entries import Entry


@dataclass(frozen=True)
class Held:
    """What the notes have of a type that is asked about.

    sure: an entry is of it. maybe: else types of its kind, but of another thing as it seems: a shifted hole
    is no bent pin.
    """

    sure: bool
    maybe: list[str] = field(default_factory=list)


def held_of(
    intent: Understanding,
    asked: Asked,
    known: Sequence[str],
    types: Sequence[str],
    products: Sequence[str] = (),
    said: str | None = None,
) -> Held:
    """Return what the notes have of the type that a question's own words name.

    known: types of all notes. types: those of the notes that are asked. products: that there are notes on; a
    scratch "on the board" is of no other thing than the board's entries are. said: the question as it was
    put, where it only goes on with another one: "and on the board?".
    """
    spoken = asked.spoken
    if intent.type is None or not types:
        return Held(sure=True)
    own = words_of(spoken).names_type(normalised(intent.text))
    text = normalised(intent.text if own else asked.question)
    if len(types_of(text, known)) > 1:
        return Held(sure=True)
    named = [one for one in types if same_defect(one, intent.type) or intent.type in types_in(one)]
    put = normalised(said or text)
    if not any(words_of(one).names_type(put) for one in (spoken, "en")):
        # It was named in a question before, or is described.
        return Held(sure=bool(named))
    # A "crack in bottle" keeps the bottle of its name.
    names = " ".join(named).lower()
    others = [one for one in products if plain_name(one).lower() not in names]
    held = held_names(without_products(text, others), spoken, named, types)
    return Held(sure=bool(held), maybe=list(dict.fromkeys(named))[:MOST])


def is_clear(intent: Understanding, asked: Asked, entries: Sequence[Entry]) -> bool:
    """Return whether a type that no word of a question is surely of is clearly the one that is meant."""
    spoken, types = asked.spoken, [one.type for one in entries]
    limited = _limits(words_of(spoken), normalised(intent.text))
    if intent.type is None or (intent.kind not in OF_A_TYPE and not limited):
        return True
    return any(
        intent.type in named_types(text, spoken, entries)
        or meant_type(text, spoken, types, least=CLEAR) == intent.type
        for text in dict.fromkeys((normalised(intent.text), normalised(asked.question)))
    )


def asks_a_limit(intent: Understanding, language: str, listing: Sequence[str]) -> bool:
    """Return whether a question asks for the limit of something that it has no known word for.

    listing: meanings of words that ask for all types.
    """
    words, text = words_of(language), normalised(intent.text)
    if intent.kind != "catalogue" or intent.type is not None or intent.maybe or not _limits(words, text):
        return False
    lists = any(words.has(one, text) for one in listing)
    return not lists and bool(subjects_in(subject_of(text, language), language, OF_NO_NAME))


def _limits(words: Words, text: str) -> bool:
    return words.has("limit", text) or words.has("tolerance", text)
