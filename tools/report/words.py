"""The words of a report's page: English, and a catalogue for each other language."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from tools.phrases import Phrases

FOLDER: Final = Path(__file__).parent / "locale"
TITLE: Final = "Inspection report"
"""The heading of a report that is given none, in English."""
PROBLEMS: Final = frozenset(
    {
        "Wrong object or no part",
        "No part was found",
        "The image is out of focus",
        "Over-exposed",
        "Under-exposed",
        "The image is too dark",
        "The image is too bright",
        "The contrast is too low",
        "The contrast is too high",
        "The grey levels are distributed otherwise, as in a negative or another scene",
        "The part is too small, or only partly in view",
        "The part is too large",
        "The part is only partly in view",
        "The image is grey, the product's good images are in colour",
        "The image is in colour, the product's good images are grey",
        "The part was not found or its pose is unclear, so that it could not be aligned with the good images",
    }
)
"""Why an image cannot be judged, as `QualityLimits.problems` says it before what was measured."""


@cache
def words_of(language: str) -> Phrases:
    """Return the words of one of the languages."""
    return Phrases(language, FOLDER)
