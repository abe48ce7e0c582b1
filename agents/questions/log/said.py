"""A period that is given by itself, as an option is, in any of the languages: "gestern", "3 days", "昨日"."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from agents.questions.learned.examples import LANGUAGES
from agents.questions.lexicon.words import SPACELESS, words_of
from agents.questions.log.periods import Period, period_of

_LAST: Final = {
    "en": "last", "de": "letzte", "it": "ultimi", "es": "últimos", "fr": "derniers", "pt": "últimos",
    "zh": "最近", "ja": "過去", "ko": "지난 ",
}  # fmt: skip
"""Words by which "3 days" are the last three."""


def said_period(text: str, now: datetime) -> Period | None:
    """Return the period that a text is, in the first language that reads all of it; None where none does.

    now: see `period_of`. English comes first, and may have other words beside it.
    """
    plain = text.strip().lower()
    period, _ = period_of(f"last {plain}", "en", now)
    if period is not None:
        return period
    for language in LANGUAGES:
        between = "" if language in SPACELESS else " "
        for said in (f"{_LAST[language]}{between}{plain}", plain):
            period, rest = period_of(said, language, now)
            rest = words_of(language).without(rest, "past", "since")
            if period is not None and not re.search(r"\w{3}", rest.replace(_LAST[language], " ")):
                return period
    return None
