"""A question for what two images of a conversation have in common: "are these two the same defect?"."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Final

from agents.questions.form.polarity import asks_openly
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import Words, words_of
from agents.questions.log.history import asked_of
from agents.questions.slots.numbered_regions import IMAGE_NAME
from agents.state import Seen, Turn, Understanding
from tools.log_question import LogQuestion

_COMPARED: Final = ("same", "shifted", "amount", "absent")
"""Meanings of words by which two images are compared."""
_RANKED: Final = ("compare", "worse", "better", "same", "alike", "bigger", "of_two")
"""The same of the one that came with the question and the one before."""


def came_anew(turns: Sequence[Turn], current: int | None) -> bool:
    """Return whether a question came with another image than the one before it was about.

    turns, current: see `understand`.
    """
    before = next((turn.image for turn in reversed(turns) if turn.image), None)
    return before is not None and before != current


def of_named_images(
    one: Understanding, seen: Sequence[Seen], current: int | None, language: str
) -> Understanding:
    """Return a question that ranks images by their names as one of both: "which is worse, k09 or k10?".

    seen, current: see `understand`. Where the conversation has not seen them all, the log may hold them.
    """
    text, words = normalised(one.text), words_of(language)
    named = list(dict.fromkeys(found[0] for found in IMAGE_NAME.finditer(text)))
    ranks = any(words.has(meaning, text) for meaning in ("worse", "worst", "better", "best", "compare"))
    if len(named) < 2 or not ranks or words.has("lot", text) or words.has("station", text):
        return one
    paths = {each["number"]: PurePath(each["image"].lower()) for each in seen}
    numbers = {number for number, path in paths.items() if {path.name, path.stem} & set(named)}
    others = numbers - {current}
    # The image that has just come is not among those seen.
    both = len(numbers) == 2 or current is None
    if both and len(named) == 2 and len(others) == 1:
        made = {"kind": "comparison", "other": others.pop(), "log": None, "region": None, "image": None}
        return one.model_copy(update={**made, "place": None, "choice": [], "near": None})
    log = LogQuestion(figure="list", text=text)
    return asked_of(one, log, closed=False).model_copy(update={"choice": [], "region": None, "image": None})


def of_a_pair(
    one: Understanding, seen: Sequence[Seen], current: int | None, language: str, *, came: bool = False
) -> Understanding:
    """Return a question for two images as a comparison with the image looked at before.

    seen, current: see `understand`. came: see `came_anew`; "compare it with this one" is of both then. A
    question of the log, or one that names an image or a region, stays.
    """
    text, words = normalised(one.text), words_of(language)
    others = [each["number"] for each in seen if each["number"] != current]
    named = one.image or one.region or one.log is not None
    ranks = came and one.kind == "comparison" and any(words.has(meaning, text) for meaning in _RANKED)
    of_good = words.has("good_part", text) or words.has("good", text)
    if ranks and others and one.other is None and one.log is None and not of_good:
        asked = {"closed": True, "near": None} if _asks_if_same(text, words) else {}
        return one.model_copy(update={"other": others[-1], **asked})
    compares = words.has("pair", text) and any(words.has(meaning, text) for meaning in _COMPARED)
    # "Same thing as before?" beside another image.
    again = came and not of_good and words.has("last", text) and _asks_if_same(text, words)
    # "Before" names the image that it is compared with.
    named = named and not (again and one.region is None and one.log is None)
    if not others or not (compares or again) or (named and one.kind != "comparison"):
        return one
    made = {
        "kind": "comparison",
        "other": one.other or one.image or others[-1],
        "place": None,
        "zone": None,
        "near": None,
    }
    return one.model_copy(update={**made, "choice": [], "closed": again or not asks_openly(text, language)})


def _asks_if_same(text: str, words: Words) -> bool:
    """Return whether a text asks if two things are the same; "wie" behind "der gleiche" asks for nothing."""
    found = words.find("same", text) or words.find("alike", text)
    if found is None:
        return False
    rest = text[found.start() :]
    than = compiled(rf"(?<!\w)(?:wie|que|che|come|di|as|como|{words.source('than')})(?!\w)").sub(
        " ", rest, count=1
    )
    return not asks_openly(f"{text[: found.start()]}{than}", words.language)
