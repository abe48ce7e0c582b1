"""Whether a clause asks of what belongs to a part: if it is there, or why it is missing."""

from __future__ import annotations

import re

from agents.questions.learned.encoder import normalised
from agents.questions.learned.generic import subjects_in
from agents.questions.lexicon.numerals import names_several
from agents.questions.lexicon.words import words_of
from agents.questions.rules.asked_for import names_one_of
from agents.questions.slots.by_words import is_absence
from agents.questions.slots.causes import says_so
from agents.questions.slots.held import OF_NO_NAME
from agents.questions.slots.present import ASKS_MORE
from agents.questions.slots.reading import Reading
from anomaly_core.names import plain_name


def asks_if_there(said: Reading) -> bool:
    """Return whether a clause beside an image asks if what belongs to a part is there, or is missing."""
    one, words = said.slots, words_of(said.language)
    if not said.pictured or said.openly or one.limit is not None or one.image is not None or one.choice:
        return False
    if said.has("bad") and not said.has("lacking"):
        return False  # "Is anything wrong with the hole?"
    if one.type is not None:
        # "Is a ball missing?" names the notes' "missing ball", "is it a missing ball?" asks for the type.
        apart = is_absence(one.type) and one.type not in said.text
        # "Are all four holes there?"
        whole = said.has("there") or said.has("every") or said.has("both")
        counted = (
            whole and (said.has("there") or said.has("is_there")) and names_several(said.text, said.language)
        )
        return (said.has("lacking") or counted) and (one.type in words.features or (apart and not counted))
    there = any(map(said.has, ("there", "is_there", "still", "lacking")))
    several = there and said.has("both") and not any(map(said.has, ASKS_MORE))
    return several or asks_if_part_there(said)


def asks_if_part_there(said: Reading) -> bool:
    """Return whether a clause beside an image asks if one thing of the part is there: "is the head there?".

    "Is there a date?" asks it only where the notes know what belongs there, or a part has it.
    """
    one, words, text = said.slots, words_of(said.language), said.text
    if not said.pictured or said.openly or one.type is not None or one.limit is not None or one.choice:
        return False
    if re.search(r"\d", text) or any(map(said.has, (*ASKS_MORE, "lies_there"))):
        return False
    if said.has("exists"):
        return bool(subjects_in(text, said.language, OF_NO_NAME))
    missing = [plain_name(name).lower().split() for name in said.known if is_absence(name)]
    nouns = (*words.features.values(), *words.sections.values())
    if said.has("lacking") and one.kind in ("product", "other", "help", "reference"):
        return bool(subjects_in(words.without(text, "lacking"), said.language, OF_NO_NAME))
    there = any(map(said.has, ("is_there", "there", "lacking")))
    return there and (names_one_of(text, missing) or any(noun.search(text) for noun in nouns))


def asks_why_missing(said: Reading) -> bool:
    """Return whether a clause beside an image asks why something is not there, or not in its place.

    "Why is that missing?", but neither "why did you call it missing?" nor "why is it bad?".
    """
    judged = any(map(said.has, ("good", "bad", "failed", "passed", "reviewed")))
    if not (said.pictured and said.has("why")) or says_so(said.text, said.language) or judged:
        return False
    rest = said.text
    for name in said.known:
        rest = rest.replace(normalised(name), " ")  # "Why that type and not a swapped label?"
    words = words_of(said.language)
    return any(words.has(one, rest) for one in ("lacking", "absent", "shifted", "off_place"))
