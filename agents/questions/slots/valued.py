"""The type that a value of a question is of: "hair under the glass, 1.5 mm long" is of a hair alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from agents.questions.form.polarity import asks_openly
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import alike_types, words_of
from agents.questions.slots.by_words import types_of
from agents.questions.slots.described import named_types
from agents.questions.slots.held import LEAD, WHOLE, meant_type, name_cosines
from agents.questions.slots.limits import measure_of, value_of, without_measures
from agents.state import Understanding
from anomaly_core.names import plain_name
from knowledge.catalogue.entries import Entry
from knowledge.catalogue.limits import Tolerance, parse_limit
from tools.records import LimitRecord

_JUDGES: Final = ("good", "keep", "acceptable", "let_pass", "tolerance")
"""Meanings of words that ask whether something may be so."""
_PLACE: Final = re.compile(
    r"(?<!\w)(?:on|in|at|under|below|beneath|behind|over|near|beside|across|unter|auf|im|am|an|in|hinter|über|neben"
    r"|su|sul\w*|sotto|nel\w*|dietro|bajo|debajo|sobre|en|detr[aá]s|sous|sur|dans|derrière|sob"
    r"|debaixo|n[oa]s?|atr[aá]s)"
    r"\s+(?:(?:the|a|an|de[rsmn]|die|das|eine[rmn]?|einem|il|la|lo|l['’]|el|los|las|le|les|une?|d[aeo]l?|um|uma|o)\s+)?"
    r"[^\W\d_]+|[\u30a1-\u30fa\u30fc\u4e00-\u9fff]+の(?:下|上|中|裏|横|表面)に?"
    r"|[가-힣]+ (?:아래|위|안|속|밑)(?:에서?)?(?!\w)"
    r"|[\u4e00-\u9fff]{2}(?:上面?|下面?|里面?|中)(?=的|有)"
)
"""Where something lies."""
MOST_CANDIDATES: Final = 3
"""Types that a value is held against where none is surely meant."""
_WORD: Final = 4
"""Letters from which a word of a name stands for it."""


def judged_value(
    found: Sequence[Understanding], question: str, language: str, known: Sequence[str]
) -> list[Understanding]:
    """Return a question's intents, or the one that it is where it asks if a value that it states is allowed.

    "Needle is 0.5 degrees off zero, acceptable?" has it in two clauses. known: names of defects in the notes.
    """
    text, words = normalised(question), words_of(language)
    logged = [one.log for one in found if one.log is not None]
    # "Is a 35% yield normal?" is of the parts inspected.
    of_parts = any(one.lot or one.since or one.until or one.figure == "yield" for one in logged)
    judges = any(words.has(one, text) for one in _JUDGES) and not words.has("how_many", text)
    if of_parts or not judges or asks_openly(text, language) or len(measures_of(text)) > 1:
        return list(found)
    if measure_of(text) is None:
        # "3 glue residues on a board, ok?", but not "are the 3 parts ok?".
        counts = value_of(text) is not None and not logged
        if not counts or not (types_of(text, known) or _by_a_word(text, known)):
            return list(found)
    if any(one.topic is not None or one.order is not None for one in found):
        return list(found)
    named = [one.type for one in found if one.type is not None and one.log is None]
    of_it = {"kind": "catalogue", "type": named[0] if named else None, "log": None, "near": None}
    return [found[0].model_copy(update={**of_it, "closed": True, "sense": "open", "text": question})]


def measures_of(text: str) -> list[LimitRecord]:
    """Return the values that a text states."""
    first = measure_of(text)
    rest = without_measures(text, 1)
    return [] if first is None else [first, *measures_of(rest)]


def types_of_value(
    text: str, language: str, entries: Sequence[Entry], named: str | None
) -> tuple[list[str], bool]:
    """Return the types that a value in a text, in lower case, may be of, and whether it surely is.

    named: the type that its words name, which may be of the kind of several. What has no limit in the value's
    unit is of another kind.
    """
    measure = value_of(text)
    if measure is None:
        return [], False
    limits = {one.type: parse_limit(one.limit) for one in entries}
    held = [name for name, own in limits.items() if any(_compares(each, measure.unit) for each in own)]
    some = limits_of_value(text, entries)
    rest = _PLACE.sub(" ", words_of(language).without(without_measures(text), *_JUDGES))
    names = [one.type for one in some]
    said = types_of(rest, names)
    if said:
        return [name for name in names if plain_name(name).lower() in said], True
    if named is not None and (alike := [one for one in held if alike_types(named, one)]):
        return alike, True
    if found := named_types(rest, language, some):
        return found, True
    if found := _by_a_word(rest, names):
        return found, True
    if (meant := meant_type(rest, language, held)) is not None:
        return [meant], True
    cosines = name_cosines(rest, language, held)
    least = max(WHOLE / 2, max(cosines.values(), default=0.0) - LEAD)
    near = sorted((one for one in cosines if cosines[one] >= least), key=lambda one: -cosines[one])
    return near[:MOST_CANDIDATES], False


def limits_of_value(text: str, entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries whose limits a value in a text can be held against: in its unit, or none allowed."""
    unit = getattr(value_of(text), "unit", None)
    return [
        one
        for one in entries
        if any(each.unit == unit or each.allows_none for each in parse_limit(one.limit))
    ]


def _compares(tolerance: Tolerance, unit: str) -> bool:
    return tolerance.unit == unit and not tolerance.allows_none


def _by_a_word(text: str, names: Sequence[str]) -> list[str]:
    """Return the types of whose names alone a text has a word: "hair" of "Hair or fibre"."""
    parts = {name: re.findall(rf"[^\W\d_]{{{_WORD},}}", plain_name(name).lower()) for name in names}
    begun = {
        name: [one for one in words if compiled(rf"(?<!\w){re.escape(one)}(?:e?[sn])?(?!\w)").search(text)]
        for name, words in parts.items()
    }
    every = [one for words in parts.values() for one in set(words)]
    owned = {one for one in every if every.count(one) == 1}
    of_one = [name for name, words in begun.items() if owned & set(words)]
    return of_one if len(of_one) == 1 else []
