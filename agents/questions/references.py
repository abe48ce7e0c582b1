"""What a follow-up refers to: "it", "the second region", "the first one", "the image before"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from agents.questions.understanding import kind_of_question, matched_kind
from agents.state import Intent, Seen, Turn
from tools.locations import place_in

_ORDINALS: Final = {
    "first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4,
    "fifth": 5, "5th": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10,
}  # fmt: skip
_BACK: Final = {"last": 0, "latest": 0, "previous": 1, "earlier": 1, "other": 1, "before": 1, "yesterday": 1}
_WHICH: Final = "|".join([*_ORDINALS, *_BACK])
_IMAGE: Final = r"(?:images?|pictures?|photos?|photographs?|parts?|pieces?|shots?)"
_SPOT: Final = r"(?:regions?|defects?|spots?|areas?|anomal(?:y|ies)|marks?|scratch(?:es)?|cracks?|holes?)"
_CONTINUES: Final = re.compile(
    r"^\W*(and|what about|how about|also|then)\b|\b(it|that|this|they|them|there)\b"
)


@dataclass(frozen=True)
class Understood:
    """A question with its references resolved.

    image: number of the image of the thread that it is about, or None for the one that came with it.
    other: number of the image to compare with, or None. region: 1-based, or None for all of them.
    place: one that the question names, as `tools.locations` reads it, such as "left edge"; or "".
    """

    kind: Intent
    image: int | None = None
    other: int | None = None
    region: int | None = None
    place: str = ""


def understand(question: str, turns: Sequence[Turn], seen: Sequence[Seen], current: int | None) -> Understood:
    """Resolve a question against the thread so far.

    turns, seen: oldest first. current: number of the image that came with the question, or None where the
    thread has not seen it yet.
    """
    text = " ".join(question.lower().split())
    last = turns[-1] if turns else None
    kind = matched_kind(text)
    region = _region(text, last)
    if kind is None and last is not None and (region is not None or _CONTINUES.search(text)):
        # "And the second region?" asks the same again; a place or a look is what a region has.
        of_the_whole = last.kind == "detection" or (last.kind == "count" and region is not None)
        kind = "description" if of_the_whole else last.kind
    kind = kind or kind_of_question(question)
    named = _image(text, seen, current, last, comparing=kind == "comparison")
    if kind == "comparison":
        return Understood(kind, None, named)
    if region is None and last is not None and named is None and last.image == current and _is_about_it(text):
        region = last.region
    return Understood(kind, named, None, region, "" if region is not None else place_in(text) or "")


def _is_about_it(text: str) -> bool:
    return re.search(r"\b(it|its|that|this)\b", text) is not None


def _region(text: str, last: Turn | None) -> int | None:
    """The 1-based region that a text names."""
    found = re.search(rf"\b(?:region|defect|spot|area|anomaly)[ -]?(\d+)\b|\b({_WHICH}) {_SPOT}\b", text)
    if found is not None:
        if found[1]:
            return max(int(found[1]), 1)
        if found[2] in _ORDINALS:
            return _ORDINALS[found[2]]
        if found[2] == "other":
            return 2 if last is None or last.region in (None, 1) else 1
    follows = re.search(rf"\b({'|'.join(_ORDINALS)}) one\b", text)
    if follows and last is not None and last.region is not None and "image" not in text:
        return _ORDINALS[follows[1]]
    return None


def _image(
    text: str, seen: Sequence[Seen], current: int | None, last: Turn | None, *, comparing: bool
) -> int | None:
    """The number of the image that a text names, by name, by order or by "before"; None for none."""
    if not seen:
        return None
    for one in seen:
        name = PurePath(one["image"]).name.lower()
        if name and re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", text):
            return one["number"]
    found = re.search(rf"\b{_IMAGE} (\d+)\b", text)
    if found is not None:
        return _known(int(found[1]), seen)
    target = rf"{_IMAGE}|one" if comparing or last is None or last.region is None else _IMAGE
    found = re.search(rf"\b({_WHICH})(?:'s)? (?:{target})\b|\b({target}) (before)\b", text)
    if found is None:
        before = re.search(r"\b(yesterday'?s?|the previous|the last|before)\b", text) if comparing else None
        return _back(1, seen, current) if before else None
    word = found[1] or found[3]
    return _known(_ORDINALS[word], seen) if word in _ORDINALS else _back(_BACK[word], seen, current)


def _known(number: int, seen: Sequence[Seen]) -> int | None:
    return number if any(one["number"] == number for one in seen) else None


def _back(steps: int, seen: Sequence[Seen], current: int | None) -> int | None:
    """The image seen most recently, and not the current one where one before it is meant."""
    others = [one["number"] for one in seen if one["number"] != current]
    if steps == 0 and not others:
        return current
    return others[-1] if others else None
