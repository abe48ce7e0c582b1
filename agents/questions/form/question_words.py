"""Question words that are joined, each of which asks for a thing of its own: "what is it and where?"."""

from __future__ import annotations

import itertools
import re
from functools import cache
from pathlib import Path
from typing import Final

from agents.questions.form.clauses import Clause
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import SPACELESS, Words, bounded, tables, words_of
from tools.records import Kind

FILE: Final = Path(__file__).with_name("question_words.toml")
_OF_IMAGE: Final[tuple[tuple[str, Kind], ...]] = (
    ("how_big", "size"),
    ("how_many", "count"),
    ("where", "place"),
    ("what", "type"),
)
"""Words for what is asked of a defect, the longer ones first: "what size", before "what"."""
_OF_LOG: Final = ("who", "when", "station", "how_many")
_LOGGED: Final = ("inspected", "lot", "failed", "passed", "reviewed", "on_hold")
"""Meanings of words by which a question is of parts in the log."""


def joined_of_image(text: str, language: str) -> list[Clause]:
    """Return a clause for each of the question words that a text joins, if it is about a defect; else none.

    It says no more beside them than which defect is meant.
    """
    plain, words = normalised(text), words_of(language)
    kinds = dict(_OF_IMAGE)
    found = _found(plain, [name for name, _ in _OF_IMAGE], language)
    if len({name for name, _ in found}) < 2:
        return []
    rest = _without(plain, [one for _, one in found], words).strip()
    left = compiled(_pattern(language, "filler")).sub(" ", words.without_types(words.without(rest, "region")))
    if re.search(r"[^\W\d_]", left):
        return []
    return [Clause(f"{one[0]} {rest}?", kinds[name], 1.0, "open") for name, one in found]


def joined_of_log(text: str, language: str) -> list[Clause]:
    """Return a clause for each of the question words that a text joins, one of them "when"; else none.

    "When and by whom was lot A17 inspected?", "who inspected it, and when?".
    """
    plain, words = normalised(text), words_of(language)
    found = _found(plain, _OF_LOG, language)
    names = [name for name, _ in found]
    if "when" not in names or len(names) < 2 or len(set(names)) < len(names):
        return []
    if not _are_joined(plain, [one for _, one in found], words):
        return []
    rest = _without(plain, [one for _, one in found], words).strip()
    # Who corrected a verdict is told with when.
    if words.has("corrected", rest) or not any(words.has(meaning, rest) for meaning in _LOGGED):
        return []
    asked = (tables(FILE)[language]["at"] if name == "station" else one[0] for name, one in found)
    return [Clause(f"{word} {rest}?", "history", 1.0, "open") for word in asked]


def asks_when(text: str, language: str) -> bool:
    """Return whether a text, in lower case, begins with "when" as a question does."""
    words = words_of(language)
    start = r"[^?]*?" if language in SPACELESS else rf"[\W_]*(?:(?:{words.source('and')})\s+)?"
    begins = compiled(rf"{start}{_pattern(language, 'when')}").match(text) is not None
    return begins and not words.has("how_many", text)


def _found(text: str, names: list[str] | tuple[str, ...], language: str) -> list[tuple[str, re.Match[str]]]:
    """Return the question words of a text in its order, with their names; none within another."""
    found: list[tuple[str, re.Match[str]]] = []
    for name in names:
        for one in compiled(_pattern(language, name)).finditer(text):
            if all(one.end() <= other.start() or other.end() <= one.start() for _, other in found):
                found.append((name, one))
    return sorted(found, key=lambda each: each[1].start())


def _are_joined(text: str, found: list[re.Match[str]], words: Words) -> bool:
    """Return whether words stand beside one another, or the last of them, after "and", ends the text."""
    joined = rf"[\s,、，]*(?:(?:{words.source('and')})[\s,]*)?"
    *before, last = found
    end = re.fullmatch(r"\W*", text[last.end() :]) is not None
    gaps = [text[one.end() : other.start()] for one, other in itertools.pairwise(found)]
    tight = [compiled(joined).fullmatch(gap) is not None for gap in gaps]
    and_last = compiled(rf"(?:,|、|，|(?<!\w)(?:{words.source('and')}))\s*$").search(text[: last.start()])
    return all(tight[: len(before) - 1]) and (tight[-1] or (end and and_last is not None))


def _without(text: str, found: list[re.Match[str]], words: Words) -> str:
    """Return a text without words and what joins them."""
    for one in reversed(found):
        joined = compiled(rf"(?:^|\s|(?<=[,、，]))(?:{words.source('and')})\s*$")
        before = joined.sub(" ", text[: one.start()])
        text = f"{before.rstrip(' ,、，')} {text[one.end() :].lstrip(' ,、，')}"
    text = compiled(rf"^\s*(?:{words.source('and')})\s+").sub("", text)
    return text.rstrip(" ?\uff1f.¿")


@cache
def _pattern(language: str, name: str) -> str:
    said: str = tables(FILE)[language][name]
    return bounded(said, language) if language not in SPACELESS else f"(?:{said})"
