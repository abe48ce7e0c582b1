"""Several things that one question asks of the log: "who, and at which line?", "when, and by whom?"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from agents.questions.form.clauses import split
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.latest_of import what_of_parts
from agents.questions.lexicon.numbered import log_words
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import SPACELESS, Words, bounded, words_of
from agents.questions.log.decisions import decision_of
from agents.state import Understanding
from tools.log_question import LogFigure, LogQuestion

OfARow = Literal["when", "operator", "station", "lot"]
"""What is asked of one part of the log."""
_GROUPS: Final[tuple[tuple[str, LogFigure], ...]] = (
    ("which_operator", "operators"),
    ("inspector", "operators"),
    ("which_lot", "lots"),
    ("which_station", "stations"),
)
_RANKS: Final = ("worst", "best", "highest", "lowest", "worse", "better", "failed", "passed", "yield", "more")
"""Meanings of words by which a clause ranks by itself."""
_COUNTED: Final = frozenset[LogFigure]({"count", "list"})
"""Figures that one answer gives for each decision."""
_PLACED: Final = ("since", "until", "lot", "station", "image_name", "latest")
_TAG: Final = 4
"""Words of "and what did not"."""
_NAMES: Final = 5
"""Words of "and what are their names", at most."""
_CHARACTERS: Final = 12
"""Characters of such a clause without spaces, at most."""
_OF_A_ROW: Final[tuple[tuple[OfARow, str], ...]] = (
    ("operator", "which_operator"), ("operator", "inspector"), ("station", "which_station"),
    ("lot", "which_lot"),
)  # fmt: skip


def several_figures(one: Understanding, language: str) -> list[Understanding]:
    """Return a question of the log for each of the groups that it asks for, one after the other.

    What only goes on, "and at which line?", is of what is first by the group before it.
    """
    log, words = one.log, words_of(language)
    if log is None or log.figure not in {figure for _, figure in _GROUPS} or log.than is not None:
        return [one]
    found: list[tuple[LogFigure, str]] = []
    for piece in split(one.text, language):
        asked = _group(normalised(piece), words)
        if asked is None and not found and words.has("how_many", normalised(piece)):
            asked = "count"
        if asked is not None and asked not in (figure for figure, _ in found):
            found.append((asked, piece))
        elif found:
            found[-1] = (found[-1][0], f"{found[-1][1]} {piece}")
    if len(found) < 2:
        return [one]
    shared = len(found[0][1].split()) <= 2 and not _ranks(found[0][1], words)
    made = []
    for at, (figure, piece) in enumerate(found):
        follows = at > 0 and not shared and not _ranks(piece, words) and found[at - 1][0] != "count"
        own = log.model_copy(update={"figure": figure, "of_first": follows})
        made.append(one.model_copy(update={"log": own, "text": one.text if shared else piece}))
    return made


def follows_group(one: Understanding, before: Understanding, language: str) -> Understanding:
    """Return a question of a group, after one of another in a clause of its own, as one of what was first."""
    log, earlier = one.log, before.log
    groups = {figure for _, figure in _GROUPS}
    if log is None or earlier is None or not {log.figure, earlier.figure} <= groups:
        return one
    if log.figure == earlier.figure or _ranks(one.text, words_of(language)):
        return one
    decision = log.decision or earlier.decision
    return one.model_copy(update={"log": log.model_copy(update={"of_first": True, "decision": decision})})


def as_counted(found: Sequence[Understanding], language: str) -> list[Understanding]:
    """Return intents with counts of several decisions as one of all: "how many failed, and how many wait?".

    So is "and is the rest ok?" behind a count, and "how many were inspected, how many failed?".
    """
    words = words_of(language)
    kept: list[Understanding] = []
    for one in with_sizes(found):
        before = kept[-1] if kept else None
        counted = before is not None and before.log is not None and before.log.figure in _COUNTED
        rest = (
            one.log is None and one.kind in ("verdict", "other") and words.has("rest", normalised(one.text))
        )
        if before is not None and counted and _only_names(one, words):
            kept[-1] = before.model_copy(update={"text": f"{before.text} {one.text}"})
        elif before is not None and counted and (rest or _of_the_same(one.log, before.log)):
            kept[-1] = _of_all(before)
        else:
            kept.append(one)
    return [
        _of_all(one) if _names_several(one, words) else _listed(one) if _lists_too(one, words) else one
        for one in kept
    ]


def _only_names(one: Understanding, words: Words) -> bool:
    """Return whether a clause only asks which parts the one before it counts: "and their names?"."""
    said = normalised(one.text)
    if one.log is None:
        return _names_them(said, words)
    own = (one.type, one.log.than, one.log.bound, one.log.alpha, one.log.decision, *one.log.people)
    return one.log.figure == "list" and not any(own) and _names_them(said, words)


def _names_them(said: str, words: Words) -> bool:
    """Return whether a short clause asks for names of parts alone. said: in lower case."""
    most = _CHARACTERS if words.language in SPACELESS else _NAMES
    length = len(said) if words.language in SPACELESS else len(said.split())
    return length <= most and words.has("which", said) and _group(said, words) is None


def _lists_too(one: Understanding, words: Words) -> bool:
    """Return whether a count of some parts asks in a further clause which these are."""
    log = one.log
    if log is None or log.figure != "count" or log.than is not None or log.bound is not None:
        return False
    if log.decision is None and one.type is None:
        return False
    first, *others = [normalised(piece) for piece in split(one.text, words.language)] or [""]
    return words.has("how_many", first) and any(_names_them(piece, words) for piece in others)


def _listed(one: Understanding) -> Understanding:
    log = None if one.log is None else one.log.model_copy(update={"figure": "list"})
    return one.model_copy(update={"log": log, "closed": False})


def _of_all(one: Understanding) -> Understanding:
    log = None if one.log is None else one.log.model_copy(update={"figure": "count", "decision": None})
    return one.model_copy(update={"log": log, "closed": False})


def _of_the_same(log: LogQuestion | None, before: LogQuestion | None) -> bool:
    """Return whether two counts differ by the decision alone, the second naming no parts of its own."""
    if log is None or before is None or log.figure not in _COUNTED or log.decision == before.decision:
        return False
    if log.figure == "list" and log.decision is not None and before.decision is None:
        return False  # "How many were inspected, and which failed?"
    own = (log.type, log.than, log.bound, log.alpha, *log.people)
    named = all(getattr(log, name) in (None, getattr(before, name)) for name in _PLACED)
    return named and not any(own) and before.type is None and None in (log.decision, before.decision)


def _names_several(one: Understanding, words: Words) -> bool:
    """Return whether a count asks for several decisions, in clauses of their own, or for the rest too."""
    log = one.log
    if log is None or log.figure not in _COUNTED or log.type is not None or log.than or log.bound:
        return False
    said = [normalised(piece) for piece in split(one.text, words.language)]
    named = [decision_of(words, piece, "count") for piece in said]
    others = [
        words.has("rest", piece)
        or (words.has("no", piece) and len(piece.split()) <= _TAG)
        or words.has("how_many", piece)
        for piece, decision in zip(said, named, strict=True)
        if decision is None
    ]
    several = {*named} - {None}
    return len(several) > 1 or (len(several) == 1 and any(others) and len(said) > 1)


def of_a_row(text: str, language: str) -> list[OfARow]:
    """Return what a text, in lower case, asks of one part of the log, in its order: when, and by whom."""
    words, table = words_of(language), log_words(language)
    asked: list[tuple[int, OfARow]] = [
        (found.start(), name) for name, meaning in _OF_A_ROW if (found := words.find(meaning, text))
    ]
    for name, said in (("when", table["when"]), ("operator", table["whoever"])):
        if (found := compiled(bounded(said, language)).search(text)) is not None:
            asked.append((found.start(), name))  # type: ignore[arg-type]
    return list(dict.fromkeys(name for _, name in sorted(asked)))


def is_of_the_last(text: str, language: str) -> bool:
    """Return whether a text asks something of the last part, or of the last of a kind, such as who saw it."""
    words, table = words_of(language), log_words(language)
    noun = "|".join((what_of_parts(words), words.source("image"), words.source("piece")))
    gap = r"[^,，、。?]{0,3}?" if language in SPACELESS else r" (?:[\w-]+ ){0,2}?"
    named = compiled(bounded(rf"(?:{table['single']}){gap}(?:{noun})", language)).search(text)
    return named is not None and bool(of_a_row(text, language))


def _group(text: str, words: Words) -> LogFigure | None:
    found = next((figure for meaning, figure in _GROUPS if words.has(meaning, text)), None)
    whoever = compiled(bounded(log_words(words.language)["whoever"], words.language)).search(text)
    return found or ("operators" if whoever is not None else None)


def _ranks(text: str, words: Words) -> bool:
    plain = normalised(text)
    return any(words.has(one, plain) for one in _RANKS)


def with_sizes(found: Sequence[Understanding]) -> list[Understanding]:
    """Return intents without limits that only narrow the parts: "of the last ten, any over 2 mm?"."""
    kept: list[Understanding] = []
    for one in found:
        before = kept[-1] if kept else None
        if before is not None and before.log is not None and one.kind == "size" and one.limit is not None:
            kept[-1] = before.model_copy(update={"limit": one.limit, "closed": False})
        else:
            kept.append(one)
    return kept
