"""The type that a person takes a defect for in a thread: "that's a blowhole", "could be just dust"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from agents.questions.form.alternatives import named_fate
from agents.questions.form.polarity import asks_openly
from agents.questions.form.tags import is_tagged
from agents.questions.learned.encoder import normalised
from agents.questions.learned.examples import LANGUAGES
from agents.questions.lexicon.words import SPACELESS, alike_types, same_defect, types_in, words_of
from agents.questions.slots.by_words import is_absence
from agents.questions.slots.limits import states_a_size
from agents.questions.slots.reading import Reading
from agents.questions.slots.types import CALLED_ALONE, called_type
from agents.state import Turn, Understanding
from anomaly_core.names import plain_name
from tools.records import Kind

_STATED: Final = frozenset[Kind]({"verdict", "type", "appearance", "correction", "place"})
MOST_BESIDE: Final = 2
"""Words of a statement beside the type, its place, and what it is said with."""
OF_IT: Final = frozenset[Kind]({"cause", "effect", "action", "catalogue"})
"""Kinds of questions that go on with a type that was stated."""
_ASKED: Final = OF_IT | frozenset[Kind](
    {"verdict", "type", "place", "size", "count", "appearance", "confidence", "look_again", "normal"}
)
_GONE_ON: Final = _ASKED | frozenset[Kind]({"comparison", "reasoning", "parts"})
"""Kinds of questions that name a type for those that follow, and that go on with the one before."""


def supposes(said: Reading) -> bool:
    """Return whether a clause says of which type the defect is, and asks nothing."""
    words, text = words_of(said.language), said.text
    # "Creo que es una mancha" asks nothing.
    rest = re.sub(r"^\W*(?:que|qu['’]|che|dass|that)(?!\w)", " ", words.without(text, "stated").strip())
    if said.asks or said.tagged or not words.has("stated", text) or asks_openly(rest, said.language):
        return False
    # "这是生锈吗" asks without a mark.
    if said.language in SPACELESS and words.has("asks_if", text):
        return False
    if any(words.has(one, text) for one in ("matters", "limit", "good", "customer", "no")):
        return False
    rest = words.without(rest, "stated", "region", "it", "this", "here", "one", "image", "brightness")
    for pattern in (*words.types.values(), *words.sections.values()):
        rest = pattern.sub(" ", rest)
    longest = 2 if said.language in SPACELESS else 3
    return sum(len(word) > longest for word in re.findall(r"[^\W\d]+", rest)) <= MOST_BESIDE


def with_supposed_type(
    one: Understanding,
    before: Sequence[Understanding],
    turns: Sequence[Turn],
    current: int | None,
    language: str,
) -> Understanding:
    """Return a question that names no type with the one that the person stated of this image before it.

    before: what else the question asks. turns: of the thread, oldest first. current: number of the image.
    """
    # "And what if it was 4 mm?", "may it stay at that size?" are held against the limit of that type.
    of_it = one.kind in OF_IT or (one.kind == "size" and (one.closed or states_a_size(one.text, language)))
    ships = _asks_to_ship(one, language)
    if not (of_it or ships) or one.type is not None or one.region is not None:
        return one
    said = next((each for each in before if each.supposed), None)
    if said is None and not before:
        said = _stated(turns, current)
    if ships and (said is not None or before):
        return one
    if said is not None:
        taken = {"type": said.type, "zone": one.zone or said.zone, "supposed": True, "guess": None}
        return one.model_copy(update=taken)
    if (named := _of_the_question(before)) is not None:
        return one.model_copy(update={"type": named, "asked_before": True})
    if any(each.type is not None for each in before):
        return one
    named, maybe = _asked(turns, current, language)
    if ships:
        # It is of the whole part, and what was called missing before is told beside it.
        claims = maybe or ([] if named is None else [named])
        return one.model_copy(update={"maybe": [each for each in claims if is_absence(each)]})
    if named is None:
        return one.model_copy(update={"maybe": maybe}) if maybe else one
    return one.model_copy(update={"type": named, "asked_before": True, "maybe": maybe})


def _asks_to_ship(one: Understanding, language: str) -> bool:
    """Return whether a question asks if the part may go out: "can we ship it anyway?"."""
    fate = named_fate(normalised(one.text), words_of(language))
    whole = one.closed and not (one.place or one.zone)
    return one.kind == "verdict" and whole and fate is not None and fate[1] == "keep"


def _of_the_question(intents: Sequence[Understanding]) -> str | None:
    """Return the one type that what a question asks names: "where is the dent, and who is responsible?"."""
    named = {one.type for one in intents if one.type is not None}
    plain = all(one.sense != "good" and not one.choice for one in intents if one.type is not None)
    return named.pop() if len(named) == 1 and plain else None


def _stated(turns: Sequence[Turn], current: int | None) -> Understanding | None:
    """Return the statement of a type that a thread's last questions go on with, or None."""
    for turn in reversed(turns):
        slots = turn.slots
        if slots is None or slots.type is None or turn.image != current:
            return None
        if slots.supposed:
            return slots
        if turn.kind not in OF_IT:
            return None
    return None


def _asked(turns: Sequence[Turn], current: int | None, language: str) -> tuple[str | None, list[str]]:
    """Return the one type that a thread's last questions about an image named, and those they may mean."""
    images = {current}
    for turn in reversed(turns):
        slots = turn.slots
        if slots is None or turn.image not in images:
            break
        if slots.type is not None or slots.maybe:
            # "A dent, or just a reflection?" names one type, "cut or nick?" two.
            chosen = bool(slots.choice) and len(slots.maybe) != 1
            named = slots.sense != "good" and not chosen and slots.kind in _ASKED
            says = not slots.closed or is_tagged(normalised(slots.text), language)
            if slots.kind == "parts" and len(slots.maybe) == 1 and says:
                # "Needle's gone, right?" says so, "is there a needle missing?" does not.
                return plain_name(slots.maybe[0]).lower(), slots.maybe
            return (slots.type, slots.maybe) if named else (None, slots.maybe)
        if slots.kind not in _GONE_ON:
            break
        if slots.kind == "comparison":  # "compare it with this one" goes on with the defect of both
            images |= {
                slots.image,
                slots.other,
                *(one.image for one in turns if one.number == turn.number - 1),
            }
    return None, []


def without_setting(found: Sequence[Understanding], language: str) -> list[Understanding]:
    """Return intents without a statement of the type that the next one is about: "it's bent, what now?"."""
    kept: list[Understanding] = []
    for one in found:
        before = kept[-1] if kept else None
        if before is not None and one.kind in OF_IT and one.type is None and _is_setting(before, language):
            kept[-1] = one.model_copy(update={"type": before.type, "zone": one.zone or before.zone})
        else:
            kept.append(one)
    return kept


def _is_setting(one: Understanding, language: str) -> bool:
    asks = one.text.rstrip().endswith(("?", "\uff1f")) or asks_openly(normalised(one.text), language)
    return one.kind in _STATED and one.type is not None and one.log is None and not asks


def as_noted(one: Understanding, known: Sequence[str], language: str) -> Understanding:
    """Return a question with the notes' name for its type: "Glasriss" of a crack, where no other is one.

    A statement's type may be noted in another language: "Blowhole" of "气孔". known: the notes' names.
    """
    if one.type is None or any(same_defect(name, one.type) or one.type in types_in(name) for name in known):
        return one
    compounds = [name for name in known if _ends_in(name, one.type)]
    if len(compounds) == 1:
        return one.model_copy(update={"type": plain_name(compounds[0]).lower()})
    if not one.supposed:
        return one
    meant = called_type(normalised(one.text), known, language, least=CALLED_ALONE)
    return one if meant is None else one.model_copy(update={"type": plain_name(meant).lower()})


def _ends_in(name: str, kind: str) -> bool:
    """Return whether a name is a compound of the word for a type in some language, and of no other type.

    "\u00d6lfleck" is a stain, and no "Leck".
    """
    if (own := types_in(name)) and kind not in own and not alike_types(kind, name):
        return False
    word = plain_name(name).lower().rpartition(" ")[2]
    patterns = [words.types[kind] for words in map(words_of, LANGUAGES) if kind in words.types]
    return any(one.fullmatch(word[at:]) for one in patterns for at in range(1, len(word) - 2))
