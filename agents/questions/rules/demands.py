"""What asks for no judgement: "just say it's a pass", insults; and a list of all that was found on a part."""

from __future__ import annotations

from typing import Final

from agents.questions.form.clauses import split
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.words import LOG_MEANINGS, SPACELESS, words_of

_TAG: Final = 3
"""Words of what only asks for assent: "do you know that?"."""


def without_demands(question: str, language: str) -> str:
    """Return a question without clauses that demand an answer or only insult; "" where nothing else is said.

    What goes with a demand is part of it: ", nobody will notice".
    """
    words, text = words_of(language), normalised(question)
    # "Why do you say that it is fine?" demands nothing.
    if not words.has("no_question", text) or words.has("why", text):
        return question
    rest = [one for one in split(question, language) if not words.has("no_question", normalised(one))]
    asks = (one for one in rest if one.rstrip().endswith(("?", "\uff1f")))
    return " ".join(one for one in asks if len(one.split()) > _TAG or language in SPACELESS)


def lists_all(question: str, language: str) -> bool:
    """Return whether a question wants each region that was found: "list all defects, the biggest first"."""
    words, text = words_of(language), normalised(question)
    return words.has("list_all", text) and not any(
        words.has(one, text) for one in (*LOG_MEANINGS, "this_month", "last_month")
    )
