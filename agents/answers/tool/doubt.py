"""What a doubtful question was taken for, and what else it may have meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from agents.state import Asked
from tools.phrases import Phrases
from tools.records import Kind

SUBJECTS: Final[Mapping[Kind, str]] = {
    "verdict": "whether the part is good",
    "place": "where the defect is",
    "count": "how many there are",
    "type": "which type it is",
    "appearance": "how it looks",
    "size": "how large it is",
    "confidence": "how sure that is",
    "reference": "a good part",
    "product": "which product it is",
    "normal": "what is normal",
    "cause": "the cause",
    "effect": "the effect",
    "action": "what to do",
    "comparison": "a comparison",
    "look_again": "a second look",
    "parts": "the pieces of the part",
    "reasoning": "the reasons for the verdict",
    "history": "what was inspected before",
    "catalogue": "what the notes say about a type",
    "correction": "a correction of the verdict",
    "help": "what can be asked",
}
"""What a kind of question is about, in a few words; messages of the catalogues of phrases."""
OFFERED: Final = frozenset(SUBJECTS) - {"help", "product", "history", "correction", "look_again"}
"""Kinds that are offered: hardly anybody who asks about a defect means the others."""


def doubt(asked: Asked, say: Phrases) -> str:
    """Return what a question was taken for and what else is as likely, or "" where that is no matter."""
    if asked.style != "plain" or asked.options:
        return ""
    pairs = [(one.kind, one.near) for one in asked.intents if one.near is not None]
    pair = next(((taken, other) for taken, other in pairs if {taken, other} <= OFFERED), None)
    if pair is None:
        return ""
    taken, other = (say(SUBJECTS[kind]) for kind in pair)
    if taken == other:
        return ""
    return say("I took this as: {taken}. Did you mean: {other}?", taken=taken, other=other)
