"""Whether a question asks for yes or no, and what a yes to one for the verdict says of the part."""

from __future__ import annotations

import re
from typing import Final

from agents.questions.form.alternatives import named_fate
from agents.questions.learned.examples import Sense
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import NEVER, once, words_of

NEGATED: Final = 24
"""Characters before a word within which a negation counts."""
_IS_IT: Final = re.compile(r"(?<!qu['’])(?<!\w)est-ce qu[e'’]")
_THAT: Final = r"\s+(?:(?:de|di)\s+)?(?:que|qu['\u2019]|che)(?!\w)"
"""Begins what somebody is sure of, and asks for nothing."""
_POLITE: Final = re.compile(
    r"ありませんか|ないでしょうか|(?:じゃ|では)(?:ない|ありません)(?:の|ん)?(?:です|でしょう)?か|じゃない(?:の|ん)?(?=[?\uff1f]?$)"
    r"|지 ?않(?:나요?|아요?|습니까|을까요?)|아니(?:에요|예요|야|니|냐|죠|지요)|아닌가요?|아닙니까|아닐까요?"
)
"""A denial at the end of a question that asks for what it denies: "良品ではないのですか"."""


def asks_openly(text: str, language: str) -> bool:
    """Return whether a clause asks for more than yes or no, by a question word; "or what?" is none."""
    words = words_of(language)
    # "Liegt da was?", "fehlt da was?" ask if something does.
    plain = words.without(_IS_IT.sub("", once(text)), "lies_there", "something")
    # "Tem certeza que n\u00e3o h\u00e1 rasgo?"
    plain = compiled(rf"(?<!\w)(?:{words.source('sure')}){_THAT}").sub(" ", plain)
    return words.has("ask", compiled(rf"(?:{words.source('tag')})\s*$").sub("", plain))


def _without_denial(text: str, language: str) -> str:
    """Return a question without what denies in its form alone: "isn't it good?", "n'est-elle pas bonne ?"."""
    words, plain = words_of(language), _POLITE.sub("", once(text))
    found = words.find("denying", plain)
    if found is None or re.search(r"\w", plain[: found.start()]):
        return plain
    return f"{words.without(found[0], 'no')}{plain[found.end() :]}"


def sense_of(
    text: str, language: str, by_meaning: Sense, named: str | None, *, stated: bool = False
) -> Sense:
    """Return what a yes to a question for the verdict says of the part. stated: by a tag question."""
    words = words_of(language)
    if by_meaning == "open" and asks_openly(text, language):
        return "open"
    plain = once(text) if stated else _without_denial(text, language)
    good, bad = words.find("good", plain), words.find("bad", plain)
    if good is None and bad is None:
        good = words.find("correct", plain)  # "Stimmt die Prägung?"
    if good is not None and bad is not None and _within(good, bad):
        good = None  # "不合格"
    only_named = bad is None and named is not None
    # "Are the holes all the same?", "is the position of the hole right?"
    alike = words.find("in_place", plain) or words.find("same", plain)
    if only_named and not (alike is not None and named in words.features):
        bad = words.types.get(named or "", NEVER).search(plain)
    if good is not None and bad is not None and not _overlap(good, bad):
        if words.has("or", plain) or "/" in plain:
            return "open"
        return by_meaning
    fate = named_fate(plain, words)
    if (bad is None or only_named) and fate is not None and (good is None or good.end() <= fate[0]):
        # "Shall I bin it?", "ok to bin it?", but "is the engine block ok?".
        return "good" if fate[1] == "keep" else "bad"
    if good is not None:
        return "bad" if words.is_turned(good, plain, NEGATED) else "good"
    if bad is not None:
        return "good" if words.is_turned(bad, plain, NEGATED) else "bad"
    if alike is not None and by_meaning != "open":
        return "bad" if words.is_turned(alike, plain, NEGATED) else "good"
    if only_named and named not in words.features and not asks_openly(text, language):
        # "Is the blade bent or not?", where the notes have "Bent blade".
        rest = compiled(rf"(?:{words.source('tag')})\s*$").sub("", plain)
        return "good" if words.has("no", rest) else "bad"
    return by_meaning


def sense_of_parts(text: str, language: str) -> Sense:
    """Return what a yes to a question for what belongs to a part says of it: "is the cap on?", "empty?"."""
    words = words_of(language)
    plain = _without_denial(text, language)
    absent = words.find("absent", plain)
    if absent is not None:
        return "good" if words.is_turned(absent, plain, NEGATED) else "bad"
    return "bad" if words.has("no", plain) else "good"


def _within(one: re.Match[str], other: re.Match[str]) -> bool:
    """Return whether a word is but a part of another one, or begins in its midst: "良品" in "不良品"."""
    return other.start() < one.start() < other.end() or _is_part(one, other)


def _is_part(one: re.Match[str], other: re.Match[str]) -> bool:
    return other.start() <= one.start() and one.end() <= other.end() and one.span() != other.span()


def _overlap(one: re.Match[str], other: re.Match[str]) -> bool:
    return one.start() < other.end() and other.start() < one.end()
