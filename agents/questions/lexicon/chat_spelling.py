"""Questions as they are typed in messages, with their words in full: "c ou" is read as "c'est où"."""

from __future__ import annotations

from agents.questions.lexicon.words import words_of


def in_full(text: str, language: str) -> str:
    """Return a text with abbreviations and spellings of messages replaced by the words of its language."""
    for full, spelling in words_of(language).chat:
        text = spelling.sub(full, text)
    return text
