"""Whether a clause asks of several alike things of a part: how many there are or lack, and which it is."""

from __future__ import annotations

import re
from typing import Final

from agents.questions.learned.generic import subjects_in
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import SPACELESS, Words, words_of
from agents.questions.rules.asked_for import names_one_of, of_log, says_bad
from agents.questions.slots.held import OF_NO_NAME
from agents.questions.slots.reading import Reading
from anomaly_core.names import plain_name

_OF_THEM: Final = r"(?:\s+(?:\w{1,3}|these|those|della|delle|dieser))?" * 2
"""What may stand between "which" and what there are several of: "of the"."""


def counts_what_belongs(said: Reading) -> bool:
    """Return whether a clause asks how many there are of what the notes know a defect of: "missing pin"."""
    if not said.pictured or said.slots.type is not None or not said.has("how_many"):
        return False
    names = (plain_name(name).lower().split() for name in said.known)
    return names_one_of(said.text, [name for name in names if any(map(says_bad, name))])


def counts_what_lacks(said: Reading) -> bool:
    """Return whether a clause beside an image asks how many of something are missing, whatever it names."""
    beside = said.has("image") or said.slots.limit is not None or of_log(said)
    return said.pictured and not beside and asks_how_many_lack(words_of(said.language), said.text)


def asks_how_many_lack(words: Words, text: str) -> bool:
    """Return whether a text asks for the number of what is missing, and not for the amount of a liquid."""
    # "有没有缺的?" asks if there is any.
    if not all(words.has(one, text) for one in ("how_many", "ask", "lacking")):
        return False
    if not words.has("amount", text):
        return True
    # "How many of them are missing?" names things, "combien manque-t-il ?" none.
    rest = words.without(text, "lacking")
    named = subjects_in(words.without(rest, "how_many", "ask"), words.language, OF_NO_NAME)
    return bool(named) and not words.has("amount", rest)


def points_at_one(said: Reading) -> bool:
    """Return whether a clause asks which of several alike things of the part it is: "which pin is it?"."""
    if not said.pictured or of_log(said) or said.slots.image is not None or said.has("image"):
        return False
    if said.has("which_in_order") and not said.has("region"):
        return True
    if said.has("which_side") and not any(map(said.has, ("worse", "better", "worst", "best"))):
        # "Which of the two blades is bent?", "which side?"
        return True
    # "Which type of defect does the pin have?" asks for no pin.
    words, zone = words_of(said.language), said.slots.zone or ""
    nouns = [noun.pattern for noun in words.features.values()]
    nouns += [re.escape(word) for word in plain_name(zone).lower().split()]
    which, noun, lacking = words.source("which_of_like"), "|".join(nouns), words.source("lacking")
    if said.language in SPACELESS:
        ends = r"\W*(?:です|でしょ|예요|인가|이에요|呢|$)"
        asks = rf"(?:{which})\s?の?(?:{noun})|(?:{noun})[はが은는이가]?\s?(?:{which}){ends}"
        lacks = rf"(?:{which})\s?の?\w{{1,8}}?[がは이가]?\s?(?:{lacking})"
    else:
        asks = rf"(?:{which}){_OF_THEM}\s+(?:{noun})"
        lacks = rf"(?:{which}){_OF_THEM}\s+(?!(?:{lacking})|is |are )\w+\s+(?:\w+\s+){{0,3}}?(?:{lacking})"
    return compiled(asks).search(said.text) is not None or compiled(lacks).search(said.text) is not None
