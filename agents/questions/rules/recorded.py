"""Questions on what is recorded of the part in hand, and how to take it back: "did you save that?"."""

from __future__ import annotations

import re
from typing import Final

from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.words import SPACELESS, words_of
from agents.state import Recorded, Understanding

_BESIDE: Final = ("ask", "this", "it", "here", "no", "and", "follow", "image", "thanks", "how_often")
_MOST_WORDS: Final = 8
_OWN_WORDS: Final = 1
"""Words of its own that such a question may have, as "wurde" in "wurde das gespeichert?"."""


def asks_of_the_record(question: str, language: str) -> Understanding | None:
    """Return a question on what is recorded of the part in hand, or an order to take it back, or None."""
    text, words = normalised(question), words_of(language)
    meanings: tuple[Recorded, ...] = ("undo", "saved")
    meant = next((name for name in meanings if words.has(name, text)), None)
    if meant is None or words.has("how_many", text) or len(text.split()) > _MOST_WORDS:
        return None
    # "Any chance to save it?" is of the part.
    if words.names_type(text) or words.has("rework", text):
        return None
    rest = words.without(text, meant, *_BESIDE)
    longest = 4 if language in SPACELESS else 3
    own = [word for word in re.findall(r"[^\W\d]+", rest) if len(word) > longest]
    if len(own) > _OWN_WORDS or re.search(r"\d", rest):
        return None
    return Understanding(kind="help", recorded=meant, text=question, closed=meant == "saved")
