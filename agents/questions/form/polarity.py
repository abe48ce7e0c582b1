"""Whether a question asks for yes or no, and what a yes to one for the verdict says of the part."""

from __future__ import annotations

import re
from typing import Final

from agents.questions.form.alternatives import named_fate
from agents.questions.learned.examples import Sense
from agents.questions.lexicon.words import NEVER, words_of

NEGATED: Final = 24
"""Characters before a word within which a negation counts."""
_A_NOT_A: Final = re.compile(r"有没有|有无|是不是|能不能|可不可以|好不好|会不会|行不行")
_IS_IT: Final = re.compile(r"(?<!qu['’])(?<!\w)est-ce qu[e'’]")
_POLITE: Final = re.compile(r"ありませんか|ないでしょうか|じゃないですか|지 않나요|지 않아요")


def asks_openly(text: str, language: str) -> bool:
    """Return whether a clause asks for more than yes or no, by a question word; "or what?" is none."""
    words = words_of(language)
    plain = _IS_IT.sub("", _A_NOT_A.sub("", text))
    return words.has("ask", re.sub(rf"(?:{words.source('tag')})\s*$", "", plain))


def sense_of(text: str, language: str, by_meaning: Sense, named: str | None) -> Sense:
    """Return what a yes to a question for the verdict says of the part."""
    words = words_of(language)
    if by_meaning == "open" and asks_openly(text, language):
        return "open"
    plain = _A_NOT_A.sub("", _POLITE.sub("", text))
    good, bad = words.find("good", plain), words.find("bad", plain)
    if bad is None and named is not None:
        bad = words.types.get(named, NEVER).search(plain)
    if good is not None and bad is not None and not _overlap(good, bad):
        if words.has("or", plain) or "/" in plain:
            return "open"
        return by_meaning
    fate = named_fate(plain, words)
    if bad is None and fate is not None and (good is None or good.end() <= fate[0]):
        # "Shall I bin it?", "ok to bin it?", but "is the engine block ok?".
        return "good" if fate[1] == "keep" else "bad"
    if good is not None:
        return "bad" if words.is_turned(good, plain, NEGATED) else "good"
    if bad is not None:
        return "good" if words.is_turned(bad, plain, NEGATED) else "bad"
    return by_meaning


def sense_of_parts(text: str, language: str) -> Sense:
    """Return what a yes to a question for what belongs to a part says of it: "is the cap on?", "empty?"."""
    words = words_of(language)
    absent = words.find("absent", text)
    if absent is not None:
        return "good" if words.is_turned(absent, text, NEGATED) else "bad"
    return "bad" if words.has("no", text) else "good"


def _overlap(one: re.Match[str], other: re.Match[str]) -> bool:
    return one.start() < other.end() and other.start() < one.end()
