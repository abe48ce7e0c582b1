"""Patterns made of the word tables."""

from __future__ import annotations

import pytest

from agents.questions.lexicon.words import pattern_of


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_stands_for_characters_keeps_its_case(language: str) -> None:
    r"""A pattern was put in lower case whole: `\W`, no letter, became `\w`, a letter."""
    pattern = pattern_of(r"OK(?=\W*$)|I\.O\.", language)
    assert pattern.search("ok?!") and pattern.search("i.o.") and pattern.search("ok") is not None
    assert pattern.search("ok then") is None
