"""Statements, without an image, that a part of the log is good or bad: they ask how to record that."""

from __future__ import annotations

import re
from typing import Final

from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.words import IMAGE_ENDING, words_of
from agents.state import Understanding

TOPIC: Final = "correct"
"""The topic of help on how a verdict is corrected."""
_NAME: Final = re.compile(
    rf"(?<![a-z0-9.,-])(?:[a-z]+[-_]?\d+|[\w-]+(?={IMAGE_ENDING}))(?:{IMAGE_ENDING})?(?![a-z0-9])"
)
_EARLY: Final = 12
"""Characters before a part's name with which a statement about it may begin: "but the part"."""


def of_a_correction(question: str, language: str) -> Understanding | None:
    """Return a statement that a named part is good or bad as a question for how to record it, or None.

    "p109 is actually good", and "h109 is fine, how do I tell you?", but not "is h109 fine?".
    """
    text, words = normalised(question), words_of(language)
    named = _NAME.search(text)
    if (
        named is None
        or named.start() > _EARLY
        or any(words.has(one, text) for one in ("lot", "station", "or"))
    ):
        return None
    rest = text.replace(named[0], " ")
    if not (words.has("good", rest) or words.has("bad", rest)) or words.has("who", rest):
        return None
    asks = question.rstrip().endswith(("?", "\uff1f")) or words.has("ask", rest)
    tells = words.has("ask", rest) and (words.has("to_tell", rest) or words.has("saved", rest))
    begins = words.by_meaning["asks_if"].match(text) is not None
    if begins or (asks and not tells):
        return None
    return Understanding(kind="help", topic=TOPIC, text=question, probability=1.0)
