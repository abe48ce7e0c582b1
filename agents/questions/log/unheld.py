"""What neither the notes nor the log are kept for: costs, dates of expiry or production, and blame."""

from __future__ import annotations

from typing import Literal

from agents.questions.lexicon.words import Words

Unheld = Literal["cost", "expiry", "blame"]


def unheld_of(words: Words, text: str) -> Unheld | None:
    """Return what a text, in lower case, asks for of these, or None; a date that is to be read is none."""
    if words.has("cost", text) or words.has("price", text):
        return "cost"
    if words.has("blame", text):
        return "blame"
    readable = any(words.has(one, text) for one in ("some", "top", "bottom", "left", "right", "good", "bad"))
    return "expiry" if words.has("expiry", text) and not readable else None
