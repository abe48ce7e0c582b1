"""Names of lots and stations that stand at a word such as "lot", "line" or "工位"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, Final, Literal, get_args

from agents.questions.learned.encoder import normalised
from agents.questions.learned.examples import read_examples
from agents.questions.lexicon.numbered import log_words
from agents.questions.lexicon.numerals import number_of, whole_pattern
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.units import UNIT
from agents.questions.lexicon.words import SPACELESS, Words
from agents.questions.log.named_people import NAME, is_name

_NUMBER: Final = r"(?:[ -]?(?:no\.?|nr\.?|n[°o.]|num(?:ber|mer|[eé]ro)|#|:|番号|号|번)[: ]*| )?"
_CODE: Final = r"([a-z0-9][a-z0-9_./-]*)"
_LETTER: Final = r"([b-df-hj-np-tv-xz])(?![\w'])"
"""A letter that is no article, no "and" and the like in any of the languages."""
_SPELT: Final = (
    r"(?!(?:[a-z]+-)+(?:ils?|elles?|on|ce|je|tu|nous|vous|l[aeo]s?|s[ei]|me|te)(?![\w-]))"
    r"([a-z]+[-_][a-z]|[a-z][-_][a-z]+)(?![\w'-])"
)
"""A name in letters with a hyphen, and one letter beside it: "z-b", but not "est-il"."""
_QUOTED: Final = r"[\"\u201c\u201e\u00ab\u300c']\s?([^\W_][\w ./-]{0,30}?)\s?[\"\u201c\u201d\u00bb\u300d']"
_NO_NAME: Final = frozenset({"ok", "ng", "nok", "mm", "cm", "px", "ppm", "id", "no", "nr", "pc", "pcs"})
_MOST_RUN: Final = 3
"""Words of a name: "Nord 2 B"."""
_VEIL: Final = {ord("0") + digit: 0xE000 + digit for digit in range(10)}
"""Characters of no script in place of digits."""
Meaning = Literal["lot", "station"]
_OF_TIME: Final = (
    r"\s?(?:[月日号時时点點分秒週周天년월일시분주]|uhr(?!\w)|h(?!\w)|o'clock|[ap]\.?m(?!\w)|:\d|\.\d)"
)


def code_name(words: Words, meaning: Meaning, text: str) -> str | None:
    """Return the name that a text, in lower case, gives a lot or a station, or None.

    It has a digit or a hyphen, or is a station's number in words or a letter.
    """
    own, called = log_words(words.language)[meaning], _called(words, meaning)
    if words.language in SPACELESS:
        before = _before(called, own, text, words.language)
        if before is not None:
            return before
    found = compiled(rf"{called}{_NUMBER}{_CODE}(?![a-z0-9./-]|\s*{UNIT})").search(text)
    if found is not None and re.search(r"\d", found[1]):
        return found[1].rstrip("./-")
    if spelt := compiled(rf"{called}{_NUMBER}{_SPELT}").search(text):
        return spelt[1]
    between = " ?" if meaning == "station" or words.language in SPACELESS else "[ -]"
    lettered = compiled(f"{called}{between}{_LETTER}").search(text)
    if meaning == "lot":
        return None if lettered is None else lettered[1]
    if words.language not in SPACELESS and (
        spelled := compiled(rf"{called} ({whole_pattern(words.language)})").search(text)
    ):
        number = number_of(spelled[1], words.language)
        return f"{number:.0f}" if number > 1 else None
    return None if lettered is None else lettered[1]


def called_names(words: Words, text: str, typed: str) -> dict[str, Any]:
    """Return the fields of a question of the log with the names that it gives lots and stations.

    text: in lower case. typed: see `typed_name`.
    """
    stations = list(dict.fromkeys(code for of, *_, code in codes_at(words, text) if of == "station"))
    return {
        "lot": code_name(words, "lot", text) or typed_name(words, "lot", typed),
        "station": code_name(words, "station", text) or typed_name(words, "station", typed),
        "beside": words_at(words, text),
        "stations": stations if len(stations) > 1 else [],
    }


def typed_name(words: Words, meaning: Meaning, typed: str) -> str | None:
    """Return the name, in lower case, that a text gives a lot or a station by its quotes or its capital.

    typed: as it was typed. In German, where each noun has a capital, no word of the examples is a name.
    """
    called = rf"(?i:{_called(words, meaning)}){_NUMBER}"
    if (quoted := compiled(rf"{called}{_QUOTED}").search(typed)) is not None:
        return normalised(quoted[1])
    capital = (
        r"([A-Za-z][A-Za-z_-]*[A-Za-z])(?![A-Za-z\d])" if words.language in SPACELESS else rf"({NAME})(?!\w)"
    )
    found = compiled(f"{called}{capital}").search(typed)
    if found is None:
        return None
    name = found[1].lower()
    if words.by_meaning["alpha"].fullmatch(name):
        return name
    common = name in _NO_NAME or not is_name(name, words.language)
    return None if common or (words.language == "de" and name in _said_in("de")) else name


def words_at(words: Words, text: str) -> list[str]:
    """Return what stands beside each word for a lot in a text, in lower case, and may be a lot's name."""
    found: list[str] = []
    for at in compiled(_called(words, "lot")).finditer(text):
        behind = re.findall(r"[^\W_](?:[\w./-]*\w)?", text[at.end() :])[:_MOST_RUN]
        if words.language in SPACELESS:
            behind = re.findall(r"[a-z0-9_-]*[a-z0-9]", text[at.end() :])[:1]
            found += re.findall(r"[a-z0-9][a-z0-9_-]*(?= ?$)", text[: at.start()])
        found += [" ".join(behind[:count]) for count in range(len(behind), 0, -1)]
    return list(dict.fromkeys(found))


def codes_at(words: Words, text: str) -> list[tuple[Meaning, int, int, str]]:
    """Return the numbers, with their spans, that a text, in lower case, calls stations and lots by."""
    found: list[tuple[Meaning, int, int, str]] = []
    for meaning in get_args(Meaning):
        called = _called(words, meaning)
        ways = [rf"{called}{_NUMBER}(\d[a-z0-9_-]*)(?![a-z0-9./-]|\s*{UNIT}|{_OF_TIME})"]
        if words.language in SPACELESS and meaning == "station":
            ways.append(rf"(?<![a-z\d.-])(\d+) ?[号番호번]? ?(?:{log_words(words.language)[meaning]})")
        for way in ways:
            found += [(meaning, *one.span(1), one[1]) for one in compiled(way).finditer(text)]
    stations = [one for one in found if one[0] == "station"]
    if len(stations) == 1 and words.language not in SPACELESS:
        # "More on line 3 than on 4?"
        start, joined = stations[0][2], "|".join(words.source(one) for one in ("than", "or", "and"))
        second = compiled(rf"(?<!\w)(?:{joined}) (?:[\w']+ ){{0,3}}?(\d+)\W*$").search(text, start)
        found += [] if second is None else [("station", *second.span(1), second[1])]
    return sorted(found, key=lambda one: one[1])


def station_noun(words: Words) -> re.Pattern[str]:
    """Return the pattern of a language's words for a station."""
    return compiled(_called(words, "station") + ("" if words.language in SPACELESS else r"(?!\w)"))


def without_names(text: str, names: Sequence[str]) -> str:
    """Return a text, in lower case, with a blank in place of each name."""
    for name in names:
        text = compiled(rf"(?<![a-z0-9]){re.escape(name.lower())}(?![a-z0-9])").sub(" ", text)
    return text


def without_than(text: str, words: Words) -> str:
    """Return a text, in lower case, without "than" behind a name: "que" is a question word elsewhere."""
    found = words.find("station", text) or words.find("lot", text)
    return text if found is None else text[: found.end()] + words.without(text[found.end() :], "than")


def veiled(text: str, words: Words) -> str:
    """Return a text, in lower case, whose stations and lots show no digits: "line 3" is no hour."""
    for _, start, end, code in codes_at(words, text):
        text = text[:start] + code.translate(_VEIL) + text[end:]
    return text


def unveiled(text: str) -> str:
    """Return a veiled text with its digits."""
    return text.translate({veil: digit for digit, veil in _VEIL.items()})


def _called(words: Words, meaning: Meaning) -> str:
    """Return the source of the pattern of a language's words for a lot, or for a station."""
    called = f"(?:{words.source(meaning)}|{log_words(words.language)[meaning]})"
    return called if words.language in SPACELESS else rf"(?<!\w){called}"


@cache
def _said_in(language: str) -> frozenset[str]:
    """Return the words of a language's examples."""
    texts = (one.in_full for one in read_examples() if one.language == language)
    return frozenset(word.lower() for text in texts for word in re.findall(r"[^\W\d_]+", text))


def _before(called: str, numbered: str, text: str, language: str) -> str | None:
    """Return a name that stands before the word: "3号线", "B工程", "L41批次"."""
    digits = whole_pattern(language)
    found = compiled(rf"(?<![a-z\d.-])(?!이번)({digits}) ?(?:{numbered})").search(text)
    if found is not None and re.search(r"[号番호번]", text[found.end(1) : found.end()]):
        return f"{number_of(found[1], language):.0f}"
    coded = compiled(rf"(?<![a-z\d.-])([a-z][a-z0-9_.-]*|\d+[a-z_-][a-z0-9_.-]*|\d+) ?{called}").search(text)
    return None if coded is None or (coded[1].isdecimal() and "批" in coded[0]) else coded[1]
