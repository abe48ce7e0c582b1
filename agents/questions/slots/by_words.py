"""Slots of a question by the words of its language: place, zone and type."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import cache
from typing import Final

from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import alike_types, types_in, words_of
from agents.questions.slots.zone_names import names_section
from anomaly_core.names import plain_name

INFLECTED: Final = 6
"""Letters from which a word of a name of several words is read with other endings."""
ENDING: Final = 2
COMPOUND_REST: Final = 4
LONG: Final = 3
"""Least letters of each word of a name that may stand apart in a question."""
_ABSENT: Final = (
    r"missing|absent|(?<!\w)lack(?:s|ing|ed)?(?!\w)|fehl(?:t|en|end\w*)(?!\w)|manc(?!h)|assent|falta|ausen|manqu|缺|漏|少了|没了|欠|抜け|足りな|不足"
    r"|누락|없|빠졌|빠진|부족"
)
_NOUN_AFTER: Final = r" (?!(?:in|on|at|of|over|near|by|to|with|from|and|or)(?!\w))\w"
"""What follows an English word that only says of what the next one is."""
_LETTER: Final = r"[a-z0-9_\u00df-\u024f]"


def type_of(text: str, language: str, known: Sequence[str] = ()) -> str | None:
    """Return the defect that a text names: by the notes' only name for it, else in common English, or None.

    known: names of defects in the notes, as they stand there.
    """
    text = without_idioms(text, language)
    noted = types_of(text, known) or scattered(text, known)
    if noted:
        return max(noted, key=len)
    for code in dict.fromkeys((language, "en")):
        # "Das Ding" is any part, and no ding.
        read = text if code == language else words_of(language).without(text, "piece")
        first = [
            (found.start(), -found.end(), name)
            for name, pattern in words_of(code).types.items()
            if (found := pattern.search(read)) is not None
        ]
        if first:
            start, end, common = min(first)
            # A word of two types, such as "剥離", is of either.
            meant = {name for *span, name in first if span == [start, end]}
            if not any(meant & types_in(name) for name in known):
                # "찌그러짐" is a squeeze, and a dent where the notes know no other.
                meant |= {name for at, to, name in first if at < -end and -to > start}
            # "Krumme Spitzen" are what the notes call "bent tip", if they have no other deformation.
            held = [name for name in known if meant & types_in(name)]
            noted = [name for name in held if not _is_beside(name, meant, code)]
            if held and not noted:
                return None  # what they call "wrong chip marking" has a chip that is no defect
            noted = noted or _alike(common, text, code, known)
            if len(noted) > 1 and words_of(language).has("absent", text):
                # "What if there is no hole?" is of the missing one.
                noted = [name for name in noted if is_absence(name)] or noted
            return plain_name(noted[0]).lower() if len(noted) == 1 else common
    return None


def without_idioms(text: str, language: str) -> str:
    """Return a text, in lower case, without those of "it went wrong" and "stop the line", no types.

    What stands between the former is kept: "ging am Kratzer schief" is of the scratch.
    """
    between = slice(1, -1)
    words = words_of(language)
    text = words.by_meaning["goes_wrong"].sub(lambda found: f" {' '.join(found[0].split()[between])} ", text)
    return words.without(text, "no_type")


def _is_beside(name: str, meant: Collection[str], language: str) -> bool:
    """Return whether a name has a word for a type only before its noun: "wrong chip marking"."""
    plain = plain_name(name).lower()
    patterns = [types[one] for one in meant if one in (types := words_of(language).types)]
    found = [one for pattern in patterns for one in pattern.finditer(plain)]
    within = [
        plain[: one.start()].strip() and compiled(_NOUN_AFTER).match(plain[one.end() :]) for one in found
    ]
    return bool(found) and all(within)


def is_absence(name: str) -> bool:
    """Return whether a defect's name says that something is not there, in any of the languages."""
    return compiled(_ABSENT).search(plain_name(name).lower()) is not None


def _alike(common: str, text: str, language: str, known: Sequence[str]) -> list[str]:
    """Return the notes' types of a kind alike and of a section that is named: "Bent tip" of "ponta torta"."""
    sections = [name for name, pattern in words_of(language).sections.items() if pattern.search(text)]
    return [
        name
        for name in known
        if alike_types(common, name) and any(names_section(name, section) for section in sections)
    ]


def types_of(text: str, known: Sequence[str]) -> list[str]:
    """Return the defects of the notes that a text names, in its order."""
    names = dict.fromkeys(plain_name(name).lower() for name in known)
    found = [(match.start(), name) for name in names if (match := _called(name).search(text)) is not None]
    return [name for _, name in sorted(found)]


def scattered(text: str, known: Sequence[str]) -> list[str]:
    """Return the one defect of the notes all of whose words stand in a text, apart and with other endings.

    "Warum ist der Druck verschmiert?" names "Verschmierter Druck". Where several are, none is.
    """
    names = dict.fromkeys(plain_name(name).lower() for name in known)
    found = [name for name in names if (words := _apart(name)) and all(one.search(text) for one in words)]
    return found if len(found) == 1 else []


@cache
def _apart(name: str) -> tuple[re.Pattern[str], ...]:
    """Return the patterns of the words of a defect's name; none of a name with less than two long ones."""
    words = re.findall(rf"{_LETTER}+", name)
    if sum(len(word) >= LONG for word in words) < len(words) or len(words) < 2:
        return ()
    ending = rf"{_LETTER}{{0,{ENDING}}}"
    spoken = [
        _inflected(word) if len(word) >= INFLECTED else re.escape(word) + (ending if len(word) > LONG else "")
        for word in words
    ]
    return tuple(re.compile(rf"(?<!{_LETTER}){one}(?!{_LETTER})") for one in spoken)


def type_of_a_word(text: str, language: str, known: Sequence[str]) -> str | None:
    """Return the defect that a text names, by a word of its name alone too: "shifted" of "Shifted print".

    That word is of no other name in the notes; it may begin a compound: "oil" of "oilstain".
    """
    words = [word for word in re.findall(r"[^\W\d_]+", text) if len(word) > 1]
    names = {name: plain_name(name).lower().split() for name in known}
    begun = {
        word: [name for name, parts in names.items() if any(_begins(part, word) for part in parts)]
        for word in words
    }
    found = {named[0] for named in begun.values() if len(named) == 1}
    if len(found) == 1:
        return plain_name(found.pop()).lower()
    return type_of(text, language, known)


def _begins(part: str, word: str) -> bool:
    """Return whether a part of a name is a word or a compound that begins with it."""
    return part == word or (part.startswith(word) and len(part) >= len(word) + COMPOUND_REST)


def without_types(text: str, known: Sequence[str]) -> str:
    """Return a text, in lower case, with a blank in place of each name of a defect of the notes."""
    for name in types_of(text, known):
        text = _called(name).sub(" ", text)
    return text


def _inflected(word: str) -> str:
    """Return the pattern of a word with whatever ending."""
    if len(word) < INFLECTED:
        return re.escape(word)
    return rf"{re.escape(word[:-ENDING])}{_LETTER}{{0,{ENDING + 2}}}"


@cache
def _called(name: str) -> re.Pattern[str]:
    """Return the pattern of a defect's name, as it stands or with other endings: "falscher Sorte".

    Letters of another script may stand beside it: "Blowhole\u306f".
    """
    if not name.isascii() and re.search(r"[a-z\u00df-\u024f]", name) is None:
        return re.compile(re.escape(name))
    words = name.split()
    called = re.escape(name) if len(words) == 1 else " ".join(map(_inflected, words))
    return re.compile(rf"(?<!{_LETTER}){called}(?:e?[sn])?(?!{_LETTER})")


def zone_of(text: str, language: str) -> str | None:
    """Return the section of the part that a text names, such as "head", in its own word, or None."""
    found = [one for pattern in words_of(language).sections.values() if (one := pattern.search(text))]
    return min(found, key=lambda one: one.start())[0].strip() if found else None
