"""Whether a text asks if something of the part is there: "is the head there?"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from agents.questions.form.polarity import asks_openly
from agents.questions.learned.generic import subjects_in
from agents.questions.lexicon.words import SPACELESS, words_of
from agents.questions.slots.held import OF_NO_NAME
from agents.questions.slots.zone_names import SIDES, called
from agents.state import Understanding

ASKS_MORE: Final = ("image", "region", "compare", "good", "bad", "tolerance", "written", "good_part")
"""Meanings of words with which a clause asks for more than whether something is there."""
_THERE: Final = ("is_there", "there", "still")


def asks_if_zone_there(one: Understanding, text: str, zones: Sequence[str], language: str) -> bool:
    """Return whether a text, in lower case, asks if what a zone is named for is there.

    "Is there oil on the head?" asks for something else there.
    """
    words = words_of(language)
    if len(zones) != 1 or one.type is not None or one.limit is not None or one.choice:
        return False
    # "C'è" asks if there is a defect too.
    plain = words.without(text, "is_there")
    more = re.search(r"\d", text) is not None or any(words.has(one, plain) for one in ASKS_MORE)
    # "Is anything wrong with the hole?"
    if more or asks_openly(text, language) or (words.has("bad", text) and not words.has("lacking", text)):
        return False
    if words.has("exists", text):
        return True
    if not words.has("is_there", text) and not words.has("there", text):
        return False
    rest = words.without(text, *_THERE, *SIDES)
    for pattern in (called(zones[0]), *words.sections.values(), *words.features.values()):
        rest = pattern.sub(" ", rest)
    if subjects_in(rest, language, OF_NO_NAME):
        return False
    # "Is there oil on it?" has a short one.
    short = re.findall(r"[^\W\d_]{3,}", rest)
    return language in SPACELESS or all(words.by_meaning["fill"].fullmatch(word) for word in short)
