"""The words of a report's page: English, and a catalogue for each other language."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

from tools.phrases import Phrases
from tools.report.records import LOW_P_VALUE

FOLDER: Final = Path(__file__).parent / "locale"
TITLE: Final = "Inspection report"
"""The heading of a report that is given none, in English."""
PROBLEMS: Final = frozenset(
    {
        "Another object, no part, or a large defect",
        "No part was found",
        "The image is out of focus",
        "Over-exposed",
        "Under-exposed",
        "The image is too dark",
        "The image is too bright",
        "The contrast is too low",
        "The contrast is too high",
        "The grey levels are distributed otherwise, as in a negative, another scene or a large defect",
        "The part is too small, or only partly in view",
        "The part is too large",
        "The part is only partly in view",
        "The image is grey, the product's good images are in colour",
        "The image is in colour, the product's good images are grey",
        "The part was not found or its pose is unclear, so that it could not be aligned with the good images",
    }
)
"""Why an image cannot be judged, as `QualityLimits.problems` says it before what was measured."""
_SENTENCE_END: Final = re.compile(r"(?<=\.) (?=[A-Z])")


@cache
def words_of(language: str) -> Phrases:
    """Return the words of one of the languages."""
    return Phrases(language, FOLDER)


def reasons_in_words(
    reasons: Sequence[str], p_value: float | None, rate: float | None, say: Phrases
) -> list[tuple[str, str]]:
    """Return why a part did not pass, each with what was measured, in English as it was recorded, or empty.

    rate: that the p-value was held against.
    """
    sentences = [one for reason in reasons for one in _SENTENCE_END.split(reason)]
    return [_reason(sentence, p_value, rate, say) for sentence in sentences]


def _reason(sentence: str, p_value: float | None, rate: float | None, say: Phrases) -> tuple[str, str]:
    if sentence.startswith(LOW_P_VALUE) and rate is not None:
        return say("The p-value {p} is below the rate {rate}.", p=f"{p_value:.3g}", rate=f"{rate:g}"), ""
    problem, _, measured = sentence.partition(": ")
    problem = problem.removesuffix(".")
    return (say(problem), measured) if problem in PROBLEMS else (sentence, "")
