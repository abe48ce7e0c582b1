"""A mere "why?" after an answer of the log or the catalogue, which asks for no part's verdict."""

from __future__ import annotations

import re

from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.words import Words
from agents.questions.log.decisions import GROUPS
from agents.questions.log.history import asked_of
from agents.state import Turn, Understanding
from tools.log_question import LogQuestion


def why_of(text: str, last: Turn, words: Words) -> Understanding | None:
    """Return what "why?" asks after a question of the log or the catalogue; None after one about a part.

    "And the cause?" after a type asks for its cause, as it says.
    """
    before = last.slots
    if before is None:
        return None
    if before.log is not None:
        return asked_of(
            before.model_copy(update={"text": text, "choice": []}), _types_of(before.log, last), closed=False
        )
    of_the_notes = before.kind == "catalogue" or (last.image == 0 and before.type is not None)
    if not of_the_notes or before.type is None or not words.has("why", normalised(text)):
        return None
    return Understanding(kind="effect", type=before.type, text=last.meant)


def _types_of(log: LogQuestion, last: Turn) -> LogQuestion:
    """Return a question for the defects of what an answer of the log named first."""
    first = re.match(r"([\w.-]+?)\. ", last.answer)
    named = first[1] if first is not None and log.figure in GROUPS else None
    update: dict[str, object] = {"figure": "frequent", "decision": "fail", "bound": None, "type": None}
    if named is not None:
        update |= {"text": named.lower(), "lot": named if log.figure == "lots" else log.lot}
    return log.model_copy(update=update)
