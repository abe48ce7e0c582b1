"""Of which kind the latest parts are that a question names: "the last 5 rejects", "letzte 3 mit Rissen"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import SPACELESS, Words, bounded

_DECIDED: Final = ("failed", "passed", "reviewed")
_BEFORE_NOUN: Final = frozenset({"en", "de"})
"""Languages whose adjectives stand before their noun: "10 parts failed" says what became of these."""
_END: Final = r"[,.;:?!()\uff0c\u3001\u3002\uff1f]"
_ASKED: Final = ("how_many", "which", "some", "every", "nobody", "asks_if")
_ENDING: Final = {"zh": "(?:品|件|的)*", "ja": "(?:品|部品|件|の)*", "ko": "(?:품|부품|의)*"}


def kind_of_parts(text: str, start: int, end: int, words: Words, table: Mapping[str, str]) -> str:
    """Return the words that say of which parts a number is, "" for none.

    text: in lower case, the number with its "last" from start to end. table: see `numbered.log_words`.
    """
    after = compiled(_END).split(text[end:])[0]
    if words.language in SPACELESS:
        return _beside(text, start, end, after, words, table)
    if (clause := _relative(after, words, table)) is not None:
        return clause
    stop = compiled(bounded(table["stop"], words.language)).search(after)
    named = after if stop is None else after[: stop.start()]
    if (kind := _with_defect(named, words, table)) is not None:
        return kind
    found = min(filter(None, (words.find(one, named) for one in _DECIDED)), key=_start, default=None)
    if found is None:
        return ""
    before, last = named[: found.start()].strip(), not text[end:][found.end() :].strip()
    beside = len(before.split()) <= (0 if words.language in _BEFORE_NOUN else 2)
    # "How many of the last 10 failed?", "the last 10 ok?"
    asked = any(words.has(one, text[:start]) for one in _ASKED)
    asked &= not any(words.has(one, text[:start]) for one in ("which_defect", "when_at"))
    says = last and (words.has("passed", found[0]) or asked)
    return named if beside and not says else ""


def _relative(after: str, words: Words, table: Mapping[str, str]) -> str | None:
    """Return a clause of what the parts did: "parts that failed", "die schlecht waren"."""
    what = what_of_parts(words)
    found = compiled(rf"\s*(?:[\w-]+ ){{0,2}}?(?:{table['that']}) (?:[\w'-]+ ){{0,2}}?(?:{what})").match(
        after
    )
    return None if found is None else found[0]


def _with_defect(named: str, words: Words, table: Mapping[str, str]) -> str | None:
    """Return words that name parts by their defect: "screws with scratches", "cracks"."""
    types = words.types_source
    having = rf"\s*(?:[\w-]+ ){{0,2}}?(?:{table['having']}) (?:[\w'-]+ ){{0,2}}?(?:{types})"
    found = compiled(having).match(named) or compiled(rf"\s*(?:{types})").match(named)
    return None if found is None else named


def _beside(text: str, start: int, end: int, after: str, words: Words, table: Mapping[str, str]) -> str:
    """Return the same where words do not stand apart: "直近5件の不良品", "最近の不良5件", "划痕的"."""
    what = what_of_parts(words)
    if (within := compiled(what).search(text[start:end])) is not None:
        return within[0]
    ending = _ENDING[words.language]
    found = compiled(rf"\s?[的の]?\s?(?:(?:{table['having']})(?!几|多少|没))?(?:{what}){ending}").match(after)
    if found is not None:
        return found[0]
    before, rest = compiled(_END).split(text[:start])[-1], after.strip()
    told = compiled(rf"(?:{what})[^はがをは은는을를，]*$").search(before)
    ends = not rest or compiled(rf"(?:{table['stop']})").match(rest) is not None
    asked = any(words.has(one, before) for one in ("how_many", "which"))
    return told[0] if told is not None and ends and not asked else ""


def asks_for_defects(text: str, words: Words, *, counting: bool) -> bool:
    """Return whether a text asks what was wrong with parts. counting: whether it may ask for a number."""
    openly = counting and words.has("ask", text) and not words.has("how_many", text)
    return not words.names_type(text) and (openly or words.has("which_defect", text))


def type_in(text: str, words: Words) -> str | None:
    """Return the type of defect, in common English, that a text in lower case names, or None."""
    return next((name for name, pattern in words.types.items() if pattern.search(text)), None)


def what_of_parts(words: Words) -> str:
    """Return the pattern of what was decided on parts, or of a defect."""
    return "|".join((*map(words.source, _DECIDED), words.types_source))


def _start(found: re.Match[str]) -> int:
    return found.start()
