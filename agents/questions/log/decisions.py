"""What a question of the log says was decided of the parts: "how many failed?", "did any pass?"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import SPACELESS, Words, words_of
from anomaly_core.results import Decision
from tools.log_question import LogFigure

DECISIONS: Final[tuple[tuple[str, Decision], ...]] = (
    ("on_hold", "review"),
    ("reviewed", "review"),
    ("failed", "fail"),
    ("passed", "pass"),
    ("thrown_out", "fail"),
    ("goes_wrong", "fail"),
)
GROUPS: Final = frozenset[LogFigure]({"lots", "stations", "operators", "products"})
"""Figures by a group."""
_FOUND: Final = ("failed", "passed", "reviewed", "on_hold")
_ENGLISH: Final[Mapping[str, Decision]] = {
    r"(?<![a-z])(?:failed|rejected|nok)(?![a-z])": "fail",
    r"(?<![a-z])passed(?![a-z])": "pass",
}
"""English words of what was decided that are used in other languages too."""
_NEGATED: Final = 8
"""Characters before a decision within which "no" turns it."""


def decision_of(words: Words, text: str, figure: str) -> Decision | None:
    """Return the decision whose parts a text, in lower case, asks a figure of; None for those of any."""
    if figure in ("first", "often", "frequent"):
        return "fail"
    if figure in ("worst", "trend", "drift", "corrected", "found"):
        return None
    if words.has("neither", text) and words.has("failed", text) and words.has("passed", text):
        return "review"
    text = " ".join(words.without(text, "reinspected").split())  # what was inspected again waits for nobody
    for meaning, decision in DECISIONS:
        if words.has(meaning, text):
            return decision
    # "Quali boards sono failed?"
    if (
        english := next((one for name, one in _ENGLISH.items() if compiled(name).search(text)), None)
    ) is not None:
        return english
    # "Which operator found most?" ranks by what was found.
    if figure == "operators" and words.has("finds", text):
        return "fail"
    # "Which lot had the highest yield?" ranks by another share than "the highest reject rate".
    return "pass" if figure == "yield" or (figure in GROUPS and words.has("yield", text)) else None


def of_several_parts(words: Words, text: str) -> bool:
    """Return whether a question asks if any or all parts were decided on in some way: "did any pass?"."""
    decided = any(words.has(meaning, text) for meaning, _ in DECISIONS)
    of_some = any(words.has(one, text) for one in ("some", "every", "nobody"))
    return decided and of_some and not words.has("this", text)


def is_none(words: Words, text: str) -> bool:
    """Return whether a question asks if there were none: "did nobody find a defect?"."""
    found = next((one for name in _FOUND if (one := words.find(name, text)) is not None), None)
    return words.has("nobody", text) or (found is not None and words.is_turned(found, text, _NEGATED))


def is_a_share(text: str, language: str) -> bool:
    """Return whether a text, in lower case, asks for a share and says not of which parts: "what rate?"."""
    words = words_of(language)
    decided = any(words.has(meaning, text) for meaning, _ in DECISIONS) or words.has("good", text)
    length = len(text) <= 12 if language in SPACELESS else len(text.split()) <= 6
    return length and words.has("rate", text) and not decided
