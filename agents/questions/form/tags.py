"""Tag questions: a statement with a word at its end that asks for assent, such as "no scratch, right?"."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from agents.questions.form.polarity import NEGATED, asks_openly
from agents.questions.learned.encoder import normalised
from agents.questions.learned.examples import Sense
from agents.questions.lexicon.words import SPACELESS, words_of

_BETWEEN = " ,\uff0c\u3001\u00bf"
"""What stands between a statement and its tag."""
_COMMAS: Final = ",\uff0c\u3001"
_VERB: Final = re.compile("[是在有]|です|だ$|ある|이(?:에요|다)")


def without_tag(text: str, language: str) -> str:
    """Return a normalised text without the tag at its end; as it is where it is no tag question."""
    found = _tag(language).search(text)
    stated = text if found is None else text[: found.start()].rstrip(_BETWEEN)
    if (
        not stated
        or asks_openly(stated, language)
        or (found is not None and _asks_of(text, stated, language))
    ):
        return text
    return stated


def _asks_of(text: str, stated: str, language: str) -> bool:
    """Return whether what stands before a tag only names what is asked about: "压印对吗", "각인이 맞아요"."""
    if language not in SPACELESS or text[len(stated)] in _COMMAS or _VERB.search(stated):
        return False
    words = words_of(language)
    says = any(words.has(one, stated) for one in ("good", "bad", "no", "is_there"))
    return not (says or words.names_type(stated))


def is_tagged(text: str, language: str) -> bool:
    """Return whether a normalised text is a tag question."""
    return without_tag(text, language) != text


def is_tag_of(statement: str, clause: str, language: str) -> bool:
    """Return whether a clause is only the tag of the statement before it: ", isn't it?"."""
    whole = normalised(f"{statement} {clause}")
    return is_tagged(whole, language) and without_tag(whole, language) == normalised(statement)


def stated_sense(text: str, language: str) -> Sense:
    """Return what a yes to a statement says of the part, by its defect or place alone; "open" for neither."""
    words = words_of(language)
    spot = words.find("region", text)
    if spot is not None:
        return "good" if words.is_turned(spot, text, NEGATED) else "bad"
    return "good" if words.has("no", text) else "open"


@cache
def _tag(language: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{words_of(language).source('tagged')})$")
