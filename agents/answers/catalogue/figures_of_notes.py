"""A figure that stands in the notes: "after how many strokes do we regrind the die?", "wie lange kühlen?"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from agents.answers.catalogue.facts import ALIKE
from agents.answers.notes.analysis import Finding
from agents.questions.learned.encoder import encode
from agents.questions.learned.generic import subjects_in, words_in
from agents.questions.lexicon.words import Words, words_of
from agents.questions.log.decisions import DECISIONS
from knowledge.catalogue.passages import Passage
from knowledge.text import sentences
from tools.log_question import LogQuestion
from tools.records import PassageRecord

_FIGURE: Final = re.compile(r"(?<![^\W_])(?<![\w][.,-])\d")
"""A digit of a figure, and of no code such as "HB-80"."""
_CLAUSES: Final = re.compile(r";|,(?!\d)|[\u3001\u3002\uff0c\uff1b]")
_OF_PARTS: Final = (
    *("piece", "image", "inspected", "lot", "operator", "station", "inspector", "alike", "region"),
    *("false_alarm", "missed", "corrected", "p_value", "alpha", "yield", "released", "enrolled", "part"),
    *(meaning for meaning, _ in DECISIONS),
)
"""Meanings of words of the log and of images, which no notes count."""
_OF_LIMITS: Final = ("limit", "tolerance", "threshold", "at_maximum", "region", "serious")
_COUNTED: Final = ("count", "often", "yield", "times", "list")
_SAME: Final = 4
"""Letters that begin two words which are the same but for their endings or the second half of a compound."""
_SHARE: Final = 0.5
"""Least share of the shorter of two such words that begins both."""


def may_be_noted(log: LogQuestion, words: Words, text: str) -> bool:
    """Return whether a question that was taken for one of the log names nothing that the log holds."""
    named = (log.since, log.until, log.lot, log.station, log.type, log.image_name, log.latest, log.within)
    held = any(named) or log.figure not in _COUNTED
    return not held and asks_a_figure(words, text) and not any(words.has(one, text) for one in _OF_PARTS)


def asks_a_figure(words: Words, text: str) -> bool:
    """Return whether a question asks for a number, "how long", "at what temperature", and for no limit."""
    asked = any(words.has(one, text) for one in ("how_many", "how_often", "which_value"))
    return asked and not any(words.has(one, text) for one in _OF_LIMITS)


def noted_figures(
    passages: Sequence[Passage | PassageRecord], text: str, language: str, *, least: float = 0.0
) -> list[Finding]:
    """Return the sentence of the notes with a figure that most of a question's words are of, or nothing.

    text: in lower case. least: share of the question's words that it has.
    """
    rest = words_of(language).without(text, "how_many", "how_often", "which_value", "may", "since", "until")
    asked = [word for word in subjects_in(rest, language) if len(word) > 1]
    found = list(_with_figures(passages))
    told = sorted({word for _, said in found for word in said})
    if not asked or not told:
        return []
    near = encode(asked) @ encode(told).T >= ALIKE
    same = {
        (word, other)
        for row, word in enumerate(asked)
        for column, other in enumerate(told)
        if near[row, column] or _begin_alike(word, other)
    }
    shared = [len({word for word in asked if any((word, one) in same for one in said)}) for _, said in found]
    most = max(shared)
    best = [finding for (finding, _), count in zip(found, shared, strict=True) if count == most]
    return best[:1] if most and most >= least * len(asked) and len({one.id for one in best}) == 1 else []


def _with_figures(passages: Sequence[Passage | PassageRecord]) -> Iterator[tuple[Finding, list[str]]]:
    """Yield the sentences of passages with a figure, each with the words of the clause that it stands in."""
    for passage in passages:
        if passage.field in ("severity", "limit"):
            continue
        for sentence in sentences(passage.text.replace('"', "'")):
            for clause in _CLAUSES.split(sentence):
                if _FIGURE.search(clause):
                    finding = Finding("action", sentence, passage.id, None, passage.language)
                    yield finding, list(words_in(clause.lower()))


def _begin_alike(one: str, other: str) -> bool:
    """Return whether two words begin alike: "kühlen" and "kühlzeit", "reground" and "regrind"."""
    shorter = min(len(one), len(other))
    if shorter < _SAME or not one[:_SAME].isalpha() or one[0] >= "\u1100":
        return one == other
    same = next((at for at in range(shorter) if one[at] != other[at]), shorter)
    return same >= _SAME and same >= _SHARE * shorter
