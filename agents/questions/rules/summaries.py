"""Questions for a line or a summary that do not say of what: "tell my boss in one line"."""

from __future__ import annotations

from typing import Final

from agents.questions.form.clauses import Style
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.words import words_of
from agents.state import Understanding
from tools.records import Kind

UNSAID: Final = frozenset[Kind](
    {"other", "greeting", "help", "history", "catalogue", "correction", "reasoning"}
)
"""Kinds for which a wish is taken that says only for whom, or for which book, the summary is."""


def of_the_summary(one: Understanding, style: Style, language: str) -> Understanding:
    """Return what asks for a summary of nothing in particular as a question for the verdict."""
    words, text = words_of(language), normalised(one.text)
    counts = one.log is not None and (words.has("how_many", text) or words.has("which", text))
    if style not in ("line", "customer") or one.kind not in UNSAID or counts:
        return one
    return one.model_copy(update={"kind": "verdict", "sense": "open", "closed": False, "log": None})
