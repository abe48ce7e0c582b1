"""Questions of the log that go on with the one before: "how many failed?", "which?", "who found them?"."""

from __future__ import annotations

import re
from typing import Final

from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import SPACELESS, words_of
from agents.questions.log.decisions import DECISIONS, GROUPS
from agents.state import Turn, Understanding
from tools.log_question import LogFigure, LogQuestion

_COUNTED: Final = frozenset[LogFigure]({"count", "often", "yield", "list"})
"""Figures of parts that "which?" asks to name."""
_PERIOD: Final = ("since", "until", "period", "latest", "latest_of", "latest_with")
_BESIDE: Final = (
    "which", "follow", "and", "it", "this", "them", "piece", "inspected", "failed", "passed", "reviewed",
    "ask", "is_it", "no", "exactly",
)  # fmt: skip
"""Meanings of words that "and which ones are these?" may have."""
_OWN: Final = (
    "worst", "best", "worse", "better", "yield", "piece", "lot", "last_inspected", "overall", "every",
)  # fmt: skip
"""Meanings of words by which a question says by itself which parts it is of, or ranks them anew."""
_MOST_WORDS: Final = 6
_MOST_CHARACTERS: Final = 14
"""The same where words do not stand apart."""


def log_before(last: Turn | None) -> LogQuestion | None:
    """Return what the question before asked of the log; None where it came with an image, or did not."""
    return None if last is None or last.image or last.slots is None else last.slots.log


def names_the_counted(text: str, last: Turn | None, language: str) -> Understanding | None:
    """Return "and which?", after a number of parts, as a question for the names of these; or None."""
    log, words, plain = log_before(last), words_of(language), normalised(text)
    if log is None or last is None or last.slots is None or log.figure not in _COUNTED:
        return None
    if not words.has("which", plain) or words.has("how_many", plain):
        return None
    rest = words.without(plain, *_BESIDE)
    longest = 2 if language in SPACELESS else 3
    if any(len(word) > longest for word in re.findall(r"[^\W_]+", rest)):
        return None
    named = next((decision for meaning, decision in DECISIONS if words.has(meaning, plain)), log.decision)
    asked = {"figure": "list", "decision": named, "bound": None, "every": False, "each": False}
    of_it = {"kind": "history", "text": text, "closed": False, "log": log.model_copy(update=asked)}
    return last.slots.model_copy(update=of_it)


def in_its_scope(one: Understanding, last: Turn | None, language: str, *, put: bool) -> Understanding:
    """Return a question of the log in the scope of the one before, where it goes on with that.

    put: whether it was put in full from that one.
    """
    log, before = one.log, log_before(last)
    if log is None or before is None or last is None:
        return one
    if put:
        scope = _period(log, before)
        if log.decision is None and log.figure == before.figure:
            scope["decision"] = before.decision
        return one.model_copy(update={"log": log.model_copy(update=scope)})
    if log.conversation or not _goes_on(log, language):
        return one
    scope = {**_period(log, before), "within": f"{before.text} {before.within}".strip()}
    if log.decision is None and log.figure in GROUPS | {"list", "count", "last", "worst", "times", "first"}:
        scope["decision"] = before.decision
    kept = None if last.slots is None or log.figure == "frequent" else last.slots.type
    if one.type is None and kept is not None:
        scope["type"] = log.type or kept
        one = one.model_copy(update={"type": kept})
    return one.model_copy(update={"log": log.model_copy(update=scope)})


def _goes_on(log: LogQuestion, language: str) -> bool:
    """Return whether a question refers to parts before it, or is too short to say which it is of."""
    words, text = words_of(language), log.text
    starts = compiled(rf"(?:{words.source('follow')}|{words.source('and')})[\s,、，]*").match(text)
    if starts is not None or words.has("them", text):
        return not words.has("overall", text)
    if log.than is not None:
        # "Is that worse than yesterday?"
        return words.has("it", text) or words.has("this", text)
    own = any(words.has(one, text) for one in _OWN)
    own |= log.decision is not None and not words.has("finds", text)
    short = len(text) <= _MOST_CHARACTERS if language in SPACELESS else len(text.split()) <= _MOST_WORDS
    named = log.since or log.until or log.lot or log.station or log.people or log.image_name or log.type
    return short and not own and not named and log.figure in GROUPS | {"hours", "first", "times", "found"}


def _period(log: LogQuestion, before: LogQuestion) -> dict[str, object]:
    if log.since or log.until or log.latest or log.than is not None:
        return {}
    return {name: getattr(before, name) for name in _PERIOD}
