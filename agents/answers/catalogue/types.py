"""Answers about all types of the notes: those of an action, limit or severity, and which of two is worse."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from agents.answers.catalogue.notes import of_each
from agents.answers.notes.analysis import CRITICAL, Aspect, about_type, find_aspect, severities
from agents.answers.notes.choice import fates_of, may_be_reworked
from agents.answers.notes.entries import types_of_notes
from agents.answers.notes.severity import RANK_CRITICAL, RANK_SEVERE, severity_number, severity_rank
from agents.answers.topic import Reply, Topic
from agents.questions.form.alternatives import FATES, named_fate
from agents.questions.lexicon.words import Words, same_defect, words_of
from agents.questions.slots.by_words import type_of
from agents.questions.slots.conditions import Condition, condition_of, such
from agents.questions.slots.grades import GRADES, graded, names_grade
from agents.questions.slots.limits import measure_of
from agents.questions.slots.types import CALLED_ALONE, called_type
from knowledge.catalogue.limits import allows_none, parse_limit

_TOPIC: Final = re.compile(r"[はが]|(?<=[\uac00-\ud7a3])[은는이가] ?")
"""What stands between the two that Japanese and Korean compare."""

_BETWEEN: Final = re.compile(
    r"[,:;\u3001\uff0c\uff1a]|(?<=[\u4e00-\u9fff])[和与跟]|と|(?<=[\uac00-\ud7a3])(?:과|와|이?랑|하고)(?= )"
)
"""What stands between types that are compared, beside words for "or" and "and"."""

_LESS: Final = re.compile(r"(?<!\w)(?:less|weniger|meno|menos|moins)(?!\w)|[较更]轻|軽い|軽微|덜 ")
"""Words of a question for the lesser of two."""


def asks_of_types(words: Words, text: str) -> bool:
    """Return whether a question asks which types are such: of an action, a limit or a severity."""
    if condition_of(text, words.language) is not None:
        return True
    measure = measure_of(text)
    if names_grade(words, text) and words.has("which", text) and words.has("failed", text):
        return True
    if _asks_of_rework(words, text):
        return True
    if not words.has("which_defect", text) or (measure is not None and words.has("at_least", text)):
        return False
    such = (*FATES, *GRADES, "serious", "limit", "good")
    return measure is not None or any(words.has(one, text) for one in such)


def _asks_of_rework(words: Words, text: str) -> bool:
    """Return whether a question asks what may be reworked, and of no part: "which can be reworked?"."""
    which = words.has("which", text) or words.has("which_ones", text)
    of_parts = any(words.has(one, text) for one in ("piece", "image", "lot"))
    return which and not of_parts and words.has("rework", text) and words.has("may", text)


def of_types(topic: Topic, *, apart: bool = False) -> list[str]:
    """Return, type by type, what the notes about a product say of those that a question asks for.

    apart: whether each is told with its product.
    """
    words, text, passages = topic.words, topic.text, topic.state["passages"]
    types = types_of_notes(passages)
    measure = measure_of(text)
    if (condition := condition_of(text, topic.asked.spoken)) is not None:
        return _conditioned(topic, types, condition, apart=apart)
    if measure is not None:
        limits = {
            name: find_aspect(about_type(passages, name), "limit", topic.say.language) for name in types
        }
        same = [
            name
            for name, found in limits.items()
            for tolerance in (each for one in found for each in parse_limit(one.sentence))
            if tolerance.unit == measure.unit and tolerance.value == measure.value
        ]
        return of_each(topic, list(dict.fromkeys(same)), "limit", apart=apart)
    if words.has("serious", text) or names_grade(words, text):
        return of_each(topic, _by_severity(topic, types), "effect", apart=apart)
    # "Which may still be used?" is of those to keep.
    named = named_fate(text, words)
    fate = named[1] if named is not None else "keep" if words.has("good", text) else None
    if fate is None:
        return of_each(topic, types, "limit", apart=apart)
    if fate == "rework":
        return of_each(topic, [name for name in types if may_be_reworked(topic, name)], "action", apart=apart)
    return of_each(topic, [name for name in types if fate in fates_of(topic, name)], "action", apart=apart)


def _conditioned(topic: Topic, types: Sequence[str], condition: Condition, *, apart: bool) -> list[str]:
    """Return what the notes say of the types that a condition holds for: their limits, or their severity."""
    passages = topic.state["passages"]
    limits = {name: find_aspect(about_type(passages, name), "limit", topic.say.language) for name in types}
    forbidden = {name: any(allows_none(one.sentence) for one in found) for name, found in limits.items()}
    stated = {name: severity_number(passages, name) for name in types}
    numbers = {name: number for name, number in stated.items() if number is not None}
    named = such(condition, numbers, forbidden)
    return of_each(topic, named, "limit" if condition.none_allowed else "effect", apart=apart)


def _by_severity(topic: Topic, types: Sequence[str]) -> list[str]:
    """Return the types of the severity that a question asks for: the lowest, the highest, or the severe."""
    words, text, passages = topic.words, topic.text, topic.state["passages"]
    ranks = {name: rank for name in types if (rank := severity_rank(passages, name)) is not None}
    if not ranks:
        return []
    stated = {name: " ".join(severities(passages, name)) for name in types}
    if not words.has("highest", text) and (exact := graded(words, text, stated)):
        return exact
    if words.has("lowest", text):
        return [name for name, rank in ranks.items() if rank == min(ranks.values())]
    if words.has("worst", text) or words.has("highest", text) or CRITICAL.search(text):
        critical = CRITICAL.search(text) is not None and max(ranks.values()) < RANK_CRITICAL
        return [] if critical else [name for name, rank in ranks.items() if rank == max(ranks.values())]
    return [name for name, rank in ranks.items() if rank >= RANK_SEVERE]


def compared_types(text: str, language: str, known: Sequence[str]) -> tuple[str, str] | None:
    """Return the two types that a question for yes or no compares, "is a crack worse than a stain?", or None.

    text: normalised. The one that would be the worse comes first.
    """
    words = words_of(language)
    if not any(words.has(one, text) for one in ("worse", "worsened", "serious")) or words.has("or", text):
        return None
    if language in ("ja", "ko"):
        pieces = _TOPIC.split(text, maxsplit=1)
    else:
        # "Plus grave qu'une tache", and "di" of "più grave di", not of "macchia di vernice".
        text = re.sub(r"(?<!\w)qu['\u2019]", "que ", text)
        ranks = (words.find(one, text) for one in ("worse", "worsened", "serious"))
        behind = min((found.end() for found in ranks if found is not None), default=0)
        # Chinese has it before what is compared.
        than = words.by_meaning["than"].search(text, 0 if language == "zh" else behind)
        pieces = [text] if than is None else [text[: than.start()], text[than.end() :]]
    if len(pieces) != 2:
        return None
    one, other = (_type_in(piece, language, known) for piece in pieces)
    return (one, other) if one is not None and other is not None and one != other else None


def ranked_types(text: str, language: str, known: Sequence[str]) -> list[str]:
    """Return the types that a question asks the worst of: "which is more serious, a crack or a stain?".

    text: normalised. Nothing where it names fewer than two.
    """
    words = words_of(language)
    asks = any(words.has(one, text) for one in ("which", "which_of", "which_defect", "or"))
    lesser = words.has("lowest", text) or _LESS.search(text) is not None
    if not asks or lesser or not any(words.has(one, text) for one in ("worse", "serious")):
        return []
    pieces = re.split(rf"(?:{words.source('or')})|(?:{words.source('and')})|{_BETWEEN.pattern}", text)
    asked = ("which", "which_of", "which_defect", "worse", "worsened", "serious", "ask")
    told = (words.without(piece, *asked) for piece in pieces)
    found = (_type_in(one, language, known) for one in told if re.search(r"[^\W\d_]{2}", one))
    named = list(dict.fromkeys(one for one in found if one is not None))
    return named if len(named) > 1 else []


def _type_in(text: str, language: str, known: Sequence[str]) -> str | None:
    named = type_of(text, language, known)
    noted = next((name for name in known if named is not None and same_defect(name, named)), None)
    # "Farbfleck" is a name by itself, a word among others is none.
    counts = (1,) if len(text.split()) == 1 else (2, 3)
    return noted or called_type(text, known, language, least=CALLED_ALONE, counts=counts)


def worse(topic: Topic, one: str, other: str) -> Reply:
    """Say what the notes call the severity of two types, and whether the first is the worse one."""
    passages = topic.state["passages"]
    body = of_each(topic, (one, other), "effect")
    ranks = [severity_rank(passages, name) for name in (one, other)]
    first, second = ranks
    if first is None or second is None:
        silent = "The notes say nothing on the effect or severity of {type} [notes]."
        unsaid = [name for name, rank in zip((one, other), ranks, strict=True) if rank is None]
        return Reply("", [*body, *(topic.say(silent, type=name) for name in unsaid)])
    affirmed = first > second
    return Reply(topic.yes_no(affirmed), body, affirmed)


def asks_to_tell_apart(words: Words, text: str) -> bool:
    """Return whether a question asks how types differ, and not which of them is worse."""
    ranked = any(words.has(one, text) for one in ("worse", "worsened", "serious", "better"))
    return (words.has("compare", text) or words.has("differ", text)) and not ranked


def told_apart(topic: Topic, types: Sequence[str]) -> list[str]:
    """Return what the notes say of the look, cause and severity of each of several types, side by side."""
    aspects: tuple[Aspect, ...] = ("look", "cause", "effect")
    return [line for aspect in aspects for line in of_each(topic, types, aspect)]
