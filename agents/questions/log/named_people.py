"""Persons whom a question names by a title, by the family names of a language, or as who did something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import HAN, KATAKANA, NEVER, SPACELESS, tables, words_of

FILE: Final = Path(__file__).with_name("people.toml")
_NO_PERSON: Final = re.compile("お客|客|皆|みな|고객|손님|사장|여러분|各位|您")
NAME: Final = r"[^\W\d_a-z\u00df-\u00ff][^\W\d_]*[^\W\d_A-Z](?:-[^\W\d_]+)?"
"""A word that begins with a capital and has small letters."""


def people_in(text: str, language: str) -> Iterator[str]:
    """Yield the names of persons in a text, as it was typed, without their titles."""
    table = _table(language)
    if language not in SPACELESS:
        titled = compiled(rf"(?i:\b(?:{table['title']})\.?) ({NAME})\b").findall(text)
        yield from (name for name in titled if is_name(name.lower(), language))
        # A sentence's first word begins with a capital, whatever it is: "Kowalski overruled how many?"
        first = compiled(rf"[\W_]*({NAME}) (?i:{table['does']})\b").match(text)
        if first is not None and is_name(first[1].lower(), language):
            yield first[1]
        return
    found = {"zh": _chinese, "ja": _japanese, "ko": _korean}[language](text, table)
    yield from (name for name in found if _NO_PERSON.search(name) is None)


def is_title(word: str, language: str) -> bool:
    """Return whether a word is no more than what a person is called by, such as "Frau"."""
    return compiled(_table(language)["title"]).fullmatch(word.lower()) is not None


def is_name(word: str, language: str) -> bool:
    """Return whether a word is none of those that the tables know."""
    words, none = words_of(language), _table(language).get("none", NEVER.pattern)
    # Colours are names, too: "Rossi", "Weiss".
    said = [one for meaning, one in words.by_meaning.items() if meaning not in ("looks_so", "white")]
    patterns = (*said, *words.types.values(), *words.sections.values())
    return compiled(none).fullmatch(word) is None and not any(one.fullmatch(word) for one in patterns)


def _chinese(text: str, table: dict[str, str]) -> Iterator[str]:
    family, plain, title, following = (table[name] for name in ("families", "plain", "title", "next"))
    yield from compiled(rf"({family}[{HAN}]{{0,2}}?)(?:{title})").findall(text)
    called = compiled(rf"(?:^|[^{HAN}]|[的由被是和跟])((?:{table['before']}){family})(?=[{HAN}])")
    yield from called.findall(text)
    if compiled(table["does"]).search(text):
        # Where no word comes before it: "看一下王强改判的".
        yield from compiled(
            rf"(?:^|[^{HAN}]|[的由被是和跟看下])({plain}(?![一二三四五六日天图片件的])(?!{title})"
            rf"[{HAN}](?:[{HAN}]??))(?={following})"
        ).findall(text)


def _japanese(text: str, table: dict[str, str]) -> Iterator[str]:
    yield from compiled(rf"([{HAN}々]{{1,4}}|[{KATAKANA}]{{2,}})(?:{table['title']})").findall(text)
    yield from compiled(rf"(?:^|[^{HAN}])({table['families']})(?={table['next']})").findall(text)


def _korean(text: str, table: dict[str, str]) -> Iterator[str]:
    family, title = table["families"], table["title"]
    yield from compiled(
        rf"(?<![가-힣])(?!{title})([가-힣]{{1,4}}?) ?(?:{title})(?=[이가은는의께을를도 ,?]|에게|한테|$)"
    ).findall(text)
    words = words_of("ko")
    doing = rf"(?:이|가|은|는)? (?:\S+ ){{0,2}}\S*(?:{table['does']})"
    for found in compiled(rf"(?<![가-힣])(?!{title})({family}[가-힣]{{2}}){doing}").finditer(text):
        if not any(
            (known := pattern.match(found[1])) is not None and known.end() > 1
            for pattern in words.by_meaning.values()
        ):
            yield found[1]


def _table(language: str) -> dict[str, str]:
    table: dict[str, str] = tables(FILE)[language]
    return table
