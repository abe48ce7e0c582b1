"""The phrases of answers: English, and a catalogue for each other language."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from tools.phrases import Phrases

FOLDER: Final = Path(__file__).parent / "locale"


@cache
def phrases_of(language: str) -> Phrases:
    """Return the phrases of one of the languages of answers."""
    return Phrases(language, FOLDER)
