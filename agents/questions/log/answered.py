"""What the answer before named first: "which lot was the worst?", then "who ran it?"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from agents.questions.lexicon.words import Words
from agents.questions.log.decisions import GROUPS
from agents.state import Turn

_NAME: Final = re.compile(r"[^\W_](?:[\w.-]*\w)?")
_ASKS: Final = (
    "inspector",
    "found_by",
    "how_many",
    "since_when",
    "when_at",
    "most_frequent",
    "worst",
    "yield",
)
"""Meanings of words by which a question asks the log for more of what the answer before named."""


def of_the_groups_before(plain: str, last: Turn, words: Words, logged: Sequence[Sequence[str]]) -> str | None:
    """Return a question that refers to the lots, stations or people named before, with their names; or None.

    plain: in lower case. logged: see `put_in_full`.
    """
    log = None if last.slots is None else last.slots.log
    if log is None or log.figure not in GROUPS:
        return None
    refers = any(words.has(one, plain) for one in ("it", "this")) or words.has("inspector", plain)
    if not refers or not any(words.has(one, plain) for one in _ASKS):
        return None
    known = {name.lower() for names in logged for name in names}
    first = re.split(r"\.\s|\u3002", last.answer, maxsplit=1)[0]
    # A lot is told by its digits, as in "B101 and B102, equally."
    named = [one for one in _NAME.findall(first) if re.search(r"\d", one) or one.lower() in known]
    if not named or any(one.lower() in plain for one in (*named, *known)):
        return None
    return f"{plain} {' '.join(named)}?"
