"""Regions and images that a question names by number or order: "Nr. 4", "第二个", "the 6th image"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import PurePath
from typing import Final

from agents.questions.lexicon.numbered import log_words
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.units import UNIT
from agents.questions.lexicon.words import IMAGE_ENDING, SPACELESS, Words, words_of
from agents.questions.slots.region_ranks import without_ranks
from agents.state import Seen, Turn

ORDINALS: Final = {
    name: number
    for number, name in enumerate(
        ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"), 1
    )
}
IMAGE_NAME: Final = re.compile(rf"(?<![\w.])(?:[\w-]+{IMAGE_ENDING}|[a-z]{{1,8}}[_-]?\d+|\d{{3,}})(?![\w.])")
"""What may be an image's name, with its ending or without."""
_AMOUNT: Final = rf"\d|[:/]\d|[.,]\d|[\s-]*{UNIT}"
"""What goes on with a number that is one of an amount, a time or a fraction."""
_DIGITS: Final = rf"(\d{{1,2}})(?!{_AMOUNT})"
"""A number of few digits that is none of an amount."""
_NUMBER: Final = (
    r"(?:#\s?|(?<!\w)(?:number|nummer|num[eé]ro|número|num\.?|nr\.?|no\.|n\.(?= ?\d))\s*"
    r"|(?:编号|番号|번호|ナンバー|넘버)\s?)"
)
"""What stands before the number that something has."""
_COUNTED: Final = r"\s?(?:号(?!码)|號|番(?!目)|번(?!째))"
"""What stands behind a number that something has, in Chinese, Japanese and Korean."""
_ORDINAL: Final = (
    r"(?<!\w)(\d{1,2})(?:st|nd|rd|th|e|[èe]me|[oa]|\.[oa]|\.(?= ?[a-z\u00df-\u024f]))(?!\w)"
    r"|[第제]\s?(\d{1,2})|(\d{1,2})\s?(?:番目|つ目|枚目|個目|번 ?째)"
)
_COMPARED: Final = (
    "compare",
    "than",
    "worse",
    "better",
    "same",
    "of_two",
    "alike",
    "differ",
    "pair",
    "bigger",
)
"""Meanings of words by which images are compared."""
_RANGE: Final = r"to|or|bis|oder|fino a|a|à|o|ou|até"
"""What goes on with a number that is the first of two."""
_GOES_ON: Final = {"zh": r"(?=\W|$|[是有的在怎])", "ja": r"(?=\W|$|[はがをのも])", "ko": r"(?!)"}
"""What follows a region's number in words, in Chinese and Japanese; a Korean one may be a particle."""
_SHORT: Final = 8
"""Characters of a question that only names an image, in half as many words elsewhere: "und die andere?"."""
_JOINED: Final = r"\s*(?:,|and|und|e|y|et|和|と|와|과)\s*"


def regions_of(text: str, language: str, last: Turn | None) -> list[int]:
    """Return the 1-based numbers of the regions that a text names."""
    words = words_of(language)
    text = without_ranks(words.without(text, "first_of_all"), language)
    spot = rf"{words.source('region')}|{words.source('marked')}"
    counted = compiled(
        rf"(?:{spot})[ -]?(?:{_NUMBER}|no )?(?P<numbers>\d+(?:{_JOINED}\d+)*)(?!{_AMOUNT})"
    ).search(text)
    if counted is not None:
        return [max(int(number), 1) for number in re.findall(r"\d+", counted["numbers"])]
    if (counted := _in_words(language).search(text)) is not None:
        return [
            _counted(one, words) for one in compiled("|".join(words.counting[1:])).findall(counted["numbers"])
        ]
    named_image = compiled(rf"(?:{_image_words(language)})").search(text) is not None
    if numbered := [] if named_image else _numbered(text, words):
        return numbered
    if (ranked := _ranked(language).search(text)) is not None:
        return [next((number for name, number in ORDINALS.items() if ranked[name]), None) or _digits(ranked)]
    one = _ordinal(words, text)
    if one is not None and last is not None and last.region is not None and not named_image:
        return [one]
    return []


def image_of(
    text: str,
    language: str,
    seen: Sequence[Seen],
    current: int | None,
    *,
    comparing: bool,
    last: Turn | None,
    came: bool = False,
) -> int | None:
    """Return the number of the thread's image that a text names, by name, order, "before" or "of the two".

    None where it names none; a number that is no image's where it asks for one that the thread has not.
    came: whether the question came with another image than the one before, which "the other one" then is.
    """
    if not seen:
        return None
    for one in seen:
        name, stem = PurePath(one["image"]).name.lower(), PurePath(one["image"]).stem.lower()
        called = re.escape(name) + (f"|{re.escape(stem)}" if IMAGE_NAME.fullmatch(stem) else "")
        if name and compiled(rf"(?<![\w.])(?:{called})(?![\w.])").search(text):
            return one["number"]
    words = words_of(language)
    target = _image_words(language)
    names_one = compiled(rf"(?:{target})").search(text) is not None
    comparing = comparing and (names_one or any(words.has(one, text) for one in _COMPARED))
    if comparing and IMAGE_NAME.search(text):
        return None  # one that the thread has not seen
    if words.has("last_region", text):
        return None
    counted = _image_number(text, words)
    if counted is not None:
        return _known(counted, seen, current)
    if words.has("before_last", text):
        return _before(seen, current, 2)
    if words.has("one_before", text):
        return _before(seen, current)
    text = without_ranks(words.without(text, "first_of_all"), language)
    region_meant = last is not None and last.region is not None and not comparing
    alone = len(text) <= _SHORT if language in SPACELESS else len(text.split()) <= _SHORT // 2
    named = names_one or ((words.has("one", text) or alone) and not region_meant)
    number = _ordinal(words, text)
    if number is not None and (named or comparing or not region_meant):
        return _known(number, seen, current)
    if words.has("last", text) and ((named and not came) or comparing):
        return _before(seen, current)
    return _before(seen, current) if comparing and words.has("of_two", text) else None


@cache
def _ranked(language: str) -> re.Pattern[str]:
    """Return the pattern of a region with its order: "the second scratch", "3rd spot"."""
    words = words_of(language)
    named = "|".join(f"(?P<{name}>{words.source(name)})" for name in ORDINALS)
    noun = rf"{words.source('region')}|{words.source('marked')}|{words.types_source}"
    return re.compile(rf"(?:{_ORDINAL}|{named})\s*[个個处處の]?\s*(?:{noun})")


@cache
def _in_words(language: str) -> re.Pattern[str]:
    """Return the pattern of a region with its number in words: "spot two", but not "spots two days old"."""
    words = words_of(language)
    named = "|".join(pattern.pattern for pattern in (words.by_meaning["region"], *words.types.values()))
    two, gap = "|".join(words.counting[1:]), r"\s?" if language in SPACELESS else r"\s+"
    end = _GOES_ON.get(language)
    if end is None:
        parts = "|".join(word for _, word in words.fractions)
        more = f"{log_words(language)['no_part']}|{parts}|{named}"
        end = rf"(?![\w-])(?!\s*(?:{UNIT}|(?:{_RANGE}|{more})(?!\w)))"
    return re.compile(
        rf"(?:{named}|{words.source('marked')}){gap}(?P<numbers>(?:{two})(?:{_JOINED}(?:{two}))*){end}"
    )


def _numbered(text: str, words: Words) -> list[int]:
    """Return the numbers of what a text calls by number, but of no station, lot or the like."""
    worded = "|".join(words.counting)
    marked = [*compiled(rf"{_NUMBER}(?:{_DIGITS}|(?P<word>{worded})(?!\w))").finditer(text)]
    if words.language in SPACELESS:
        marked += compiled(rf"(?<!\d){_DIGITS}{_COUNTED}").finditer(text)
        marked += compiled(rf"(?<!\w)(\d)?(?P<word>{_counted_words(words)}){_COUNTED}").finditer(text)
    found = [_of_mark(one, words) for one in marked if not _of_something_else(one, text, words)]
    return [one for one in dict.fromkeys(found) if one]


def _counted_words(words: Words) -> str:
    """Return the pattern of numbers that may stand before "号" or "番"; "一番" and "이번" are none."""
    return {"zh": "|".join(words.counting), "ja": "[二三四五六七八九]"}.get(words.language, "(?!)")


def _of_mark(found: re.Match[str], words: Words) -> int:
    if found[1] is not None:
        return int(found[1])
    return _counted(found["word"], words)


def _counted(said: str, words: Words) -> int:
    return next(number for number, word in enumerate(words.counting, 1) if compiled(word).fullmatch(said))


def _of_something_else(found: re.Match[str], text: str, words: Words) -> bool:
    """Return whether a number is that of a station, a lot, an order and the like."""
    nouns = "|".join(words.source(name) for name in ("station", "lot", "operator", "numbered"))
    before, after = text[: found.start()].rstrip(" .:-"), text[found.end() :]
    if words.language in SPACELESS:
        return (
            compiled(rf"(?:{nouns})の?$").search(before) is not None
            or compiled(rf"\s?(?:{nouns})").match(after) is not None
        )
    return compiled(rf"(?:{nouns})$").search(before) is not None


def _image_number(text: str, words: Words) -> int | None:
    """Return the number by which a text names an image: "image 2", "the 6th image", "3枚目の画像"."""
    target = _image_words(words.language)
    patterns = (
        rf"(?:{target})\s*(?P<number>\d{{1,4}})(?!\d|[.,]\d|[\s-]*{UNIT})",
        rf"(?:{target})\s*{_NUMBER}{_DIGITS}",
        rf"(?:{_ORDINAL})\s*(?:の|ª)?\s*(?:{target})",
        rf"(\d{{1,2}})(?:枚目|장 ?째|{_COUNTED})\s?の?\s?(?:{target})?"
        if words.language in SPACELESS
        else r"(?!)",
    )
    for pattern in patterns:
        found = compiled(pattern).search(text)
        if found is not None and (
            pattern is not patterns[-1] or compiled(rf"枚目|(?:{target})").search(found[0])
        ):
            return int(found["number"]) if "number" in found.groupdict() else _digits(found)
    return None


def _digits(found: re.Match[str]) -> int:
    return next(int(one) for one in found.groups() if one is not None and one.isdigit())


def _ordinal(words: Words, text: str) -> int | None:
    """Return the first ordinal of a text, in words or digits."""
    found = next((number for name, number in ORDINALS.items() if words.has(name, text)), None)
    if found is not None:
        return found
    counted = compiled(_ORDINAL).search(text)
    return None if counted is None else _digits(counted)


@cache
def _image_words(language: str) -> str:
    return words_of(language).source("image")


def _known(number: int, seen: Sequence[Seen], current: int | None) -> int | None:
    """Return a number, or None where it is that of the image that just came."""
    latest = max(one["number"] for one in seen)
    return None if current is None and number == latest + 1 else number


def _before(seen: Sequence[Seen], current: int | None, back: int = 1) -> int | None:
    """Return the image seen most recently besides the current one, or the one `back` before."""
    others = [one["number"] for one in seen if one["number"] != current]
    return others[-back] if len(others) >= back else None
