"""What the answer before named first: "which lot was the worst?", then "who ran it?"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import SPACELESS, Words
from agents.questions.log.compared import direction_of
from agents.questions.log.decisions import DECISIONS, GROUPS
from agents.state import Turn
from tools.log_question import LogQuestion

_NAME: Final = re.compile(r"[^\W_](?:[\w.-]*\w)?")
_LATIN: Final = re.compile(r"[a-z0-9](?:[a-z0-9_.-]*[a-z0-9])?")
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
_FEW_LETTERS, _FEW_CHARACTERS = 16, 8
"""Length up to which a question may leave out what it is of: "posso enviar?"."""
_SHIPS: Final = ("keep", "good", "passed")
"""Meanings of words by which it asks whether these lots may go out."""


def of_the_groups_before(plain: str, last: Turn, words: Words, logged: Sequence[Sequence[str]]) -> str | None:
    """Return a question that refers to the lots, stations or people named before, with their names; or None.

    plain: in lower case. logged: see `put_in_full`.
    """
    log = None if last.slots is None or last.image else last.slots.log
    if log is None:
        return None
    refers = any(words.has(one, plain) for one in ("this", "them", "inspector")) or _has_it(plain, words)
    known = {name.lower() for names in logged for name in names}
    called = [one for one in _names_in(plain, words) if re.search(r"\d", one) or one in known]
    # "And lot 55, was that better?"
    goes_on = compiled(rf"(?:{words.source('follow')}|{words.source('and')})(?!\w)").match(plain) is not None
    if words.language in SPACELESS:
        goes_on = words.has("follow", plain) or words.has("and", plain) or "呢" in plain
    refers |= goes_on and len(called) == 1
    if called:
        return _held_against(plain, called, last.meant.lower(), words, logged) if refers else None
    longest = _FEW_CHARACTERS if words.language in SPACELESS else _FEW_LETTERS
    ships = (refers or len(plain) <= longest) and any(words.has(one, plain) for one in _SHIPS)
    if log.lot is not None and ships:
        return f"{plain} {_lot(words)} {log.lot}?"
    # "Which operator found most?" asks for the group anew.
    anew = log.figure == "operators" and words.has("inspector", plain)
    if log.figure not in GROUPS or anew or not (refers or ships):
        return None
    ships &= log.figure == "lots" and not any(words.has(one, plain) for one in _ASKS)
    # "Which parts of it failed?"
    lists = words.has("which", plain) and any(words.has(one, plain) for one, _ in DECISIONS)
    if not (ships or lists or any(words.has(one, plain) for one in _ASKS)):
        return None
    first = named_first(last, log)
    # A lot is told by its digits, as in "B101 and B102, equally."
    named = [one for one in _NAME.findall(first) if re.search(r"\d", one) or one.lower() in known]
    # "And those to review?" of several lots is for the parts' names.
    if not named or (lists and len(named) > 1):
        return None
    lot = [_lot(words)] if ships else []
    return f"{' '.join([plain, *lot, *named])}?"


def _has_it(plain: str, words: Words) -> bool:
    """Return whether a text has an "it" that is no article of what it asks for: "o rendimento de hoje"."""
    asked = [words.by_meaning[one] for one in _ASKS]
    ends = [found.end() + 1 for found in words.by_meaning["it"].finditer(plain)]
    return any(not any(one.match(plain, end) for one in asked) for end in ends)


def named_first(last: Turn, log: LogQuestion) -> str:
    """Return the words of an answer on groups that name what comes first in it. log: what it was asked."""
    sentences = re.split(r"\.\s|\u3002", last.answer)
    if log.chance is None or len(sentences) < 3:
        return sentences[0]
    # A test is told before the groups that it is of.
    return re.split("[:：]", sentences[2], maxsplit=1)[0]


def _held_against(
    plain: str, called: Sequence[str], before: str, words: Words, logged: Sequence[Sequence[str]]
) -> str | None:
    """Return "is that better than line-1?" with the one name of its kind that the question before has."""
    if len(called) > 1 or not (direction_of(words, plain) or words.has("compare", plain)):
        return None
    held = [one for one in _names_in(before, words) if one != called[0]]
    group = next((names for names in logged if called[0] in map(str.lower, names)), None)
    if group is not None:
        held = [one for one in held if one in map(str.lower, group)]
    else:
        shape = re.sub(r"\d", "", called[0])
        held = [one for one in held if re.search(r"\d", one) and re.sub(r"\d", "", one) == shape]
    if len(held) != 1:
        return None
    found, at = words.find("this", plain) or words.find("it", plain), plain.index(called[0])
    # "Et le lot 55" has an article that "it" is too.
    if found is None or found.start() > at or not words.has("than", plain[:at]):
        # The one just named is asked about: "and lot 55, was that better?"
        other = f"{_lot(words)}{held[0]}" if words.language in SPACELESS and group is None else held[0]
        return f"{plain} {other}?"
    return f"{plain[: found.start()]}{held[0]}{plain[found.end() :]}?"


def _names_in(text: str, words: Words) -> list[str]:
    """Return what may be names in a text, in lower case; in scripts without spaces those of Latin letters."""
    return (_LATIN if words.language in SPACELESS else _NAME).findall(text)


def _lot(words: Words) -> str:
    """Return the word of a language for a lot."""
    return str(re.findall(r"[^\W\d_]{2,}", words.source("lot"))[0])
