"""Slots of a question: place, zone, region, type, image, limit and scale, by the words of its language."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import PurePath
from typing import Final

from agents.questions.amounts import CM, MICRON, MM, NUMBER, PX, UNIT
from agents.questions.words import IMAGE_ENDING, Words, alike_types, types_in, words_of
from agents.questions.zone_names import names_section
from agents.state import Seen, Turn
from anomaly_core.names import plain_name
from tools.records import LimitRecord

INFLECTED: Final = 6
"""Letters from which a word of a name of several words is read with other endings."""
ENDING: Final = 2
_LETTER: Final = r"[a-z0-9_\u00df-\u024f]"
ORDINALS: Final = {"first": 1, "second": 2, "third": 3, "fourth": 4}
_LENGTH: Final = re.compile(rf"(?<![a-z\d.,]){NUMBER}\s*({UNIT})(?![a-z])", re.IGNORECASE)
_NUMBER: Final = re.compile(rf"(?<![a-z\d.,]){NUMBER}(?:\s*({UNIT})(?![a-z]))?(?!\d)", re.IGNORECASE)
IMAGE_NAME: Final = re.compile(rf"(?<![\w.])(?:[\w-]+{IMAGE_ENDING}|[a-z]{{1,8}}[_-]?\d+|\d{{3,}})(?![\w.])")
"""What may be an image's name, with its ending or without."""
_BETWEEN: Final = r"[^\d]{0,24}?"
_SCALES: Final = (
    # "48 px per mm", "48 px/mm"
    (re.compile(rf"{NUMBER}\s*{PX}\s*(?:/|per|pro|por|par|al|je|a)\s*{MM}"), "px_per_mm"),
    # "0.02 mm per pixel", "0.02 mm/px"
    (re.compile(rf"{NUMBER}\s*{MM}\s*(?:/|per|pro|por|par|al|je|a)\s*{PX}"), "mm_per_px"),
    # "1 mm is 48 pixels", "1mm = 48 px", "1毫米是20像素"
    (re.compile(rf"{NUMBER}\s*{MM}{_BETWEEN}{NUMBER}\s*{PX}"), "mm_then_px"),
    # "48 pixels are 1 mm"
    (re.compile(rf"{NUMBER}\s*{PX}{_BETWEEN}{NUMBER}\s*{MM}"), "px_then_mm"),
)


def type_of(text: str, language: str, known: Sequence[str] = ()) -> str | None:
    """Return the defect that a text names: by the notes' only name for it, else in common English, or None.

    known: names of defects in the notes, as they stand there.
    """
    noted = types_of(text, known)
    if noted:
        return max(noted, key=len)
    for code in dict.fromkeys((language, "en")):
        first = [
            (found.start(), -found.end(), name)
            for name, pattern in words_of(code).types.items()
            if (found := pattern.search(text)) is not None
        ]
        if first:
            start, end, common = min(first)
            # A word of two types, such as "剥離", is of either.
            meant = {name for *span, name in first if span == [start, end]}
            # "Krumme Spitzen" are what the notes call "bent tip", if they have no other deformation.
            noted = [name for name in known if meant & types_in(name)] or _alike(common, text, code, known)
            return plain_name(noted[0]).lower() if len(noted) == 1 else common
    return None


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


def regions_of(text: str, language: str, last: Turn | None) -> list[int]:
    """Return the 1-based numbers of the regions that a text names."""
    words = words_of(language)
    spot = words.source("region")
    counted = re.search(
        rf"(?:{spot})[ -]?#?(?P<numbers>\d+(?:\s*(?:,|and|und|e|y|et|和|と|와)\s*\d+)*)", text
    )
    if counted is not None:
        return [max(int(number), 1) for number in re.findall(r"\d+", counted["numbers"])]
    types = "|".join(pattern.pattern for pattern in words.types.values())
    for name, number in ORDINALS.items():
        if re.search(rf"(?:{words.source(name)})\s*[个處处の]?\s*(?:{spot}|{types})", text):
            return [number]
    one = _ordinal(words, text)
    names_image = re.search(rf"(?:{_image_words(words.language)})", text)
    if one is not None and last is not None and last.region is not None and not names_image:
        return [one]
    return []


def image_of(
    text: str, language: str, seen: Sequence[Seen], current: int | None, *, comparing: bool, last: Turn | None
) -> int | None:
    """Return the number of the thread's image that a text names, by name, order, "before" or "of the two".

    None where it names none.
    """
    if not seen:
        return None
    for one in seen:
        name, stem = PurePath(one["image"]).name.lower(), PurePath(one["image"]).stem.lower()
        called = re.escape(name) + (f"|{re.escape(stem)}" if IMAGE_NAME.fullmatch(stem) else "")
        if name and re.search(rf"(?<![\w.])(?:{called})(?![\w.])", text):
            return one["number"]
    words = words_of(language)
    if comparing and IMAGE_NAME.search(text):
        return None  # one that the thread has not seen
    target = _image_words(language)
    counted = re.search(rf"(?:{target})\s*#?(\d+)", text)
    if counted is not None:
        return _known(int(counted[1]), seen)
    region_meant = last is not None and last.region is not None and not comparing
    named = re.search(rf"(?:{target})", text) is not None or (words.has("one", text) and not region_meant)
    number = _ordinal(words, text)
    if number is not None and (named or comparing or not region_meant):
        return _known(number, seen)
    if words.has("last", text) and (named or comparing):
        return _before(seen, current)
    return _before(seen, current) if comparing and words.has("of_two", text) else None


def scale_of(text: str) -> float | None:
    """Return the scale that a text gives, in pixels a millimetre, or None."""
    for pattern, form in _SCALES:
        found = pattern.search(text)
        if found is None:
            continue
        first = _number(found[1])
        second = _number(found[2]) if found.re.groups > 1 else 1.0
        if min(first, second) <= 0:
            continue
        return {
            "px_per_mm": first,
            "mm_per_px": 1 / first,
            "mm_then_px": second / first,
            "px_then_mm": first / second,
        }[form]
    return None


def measure_of(text: str) -> LimitRecord | None:
    """Return the first length or share that a text states, or None."""
    found = _LENGTH.search(_without_scale(text))
    return None if found is None else _limit(found)


def limit_of(text: str, language: str) -> LimitRecord | None:
    """Return the limit that a text gives, such as "at most 2 mm", or None."""
    if not words_of(language).has("limit", text):
        return None
    rest = _without_scale(text)
    found = _LENGTH.search(rest)
    return None if found is None else _limit(found)


def stated_measure(text: str, language: str) -> tuple[LimitRecord, LimitRecord] | None:
    """Return a measure and the limit that a text states for it, "at most 2 mm, it has 1.5", or None.

    The limit is the number next to a word for one. A number without a unit is in that of the other.
    """
    rest, limit = _without_scale(text), limit_of(text, language)
    numbers = list(_NUMBER.finditer(rest))
    if limit is None or len(numbers) != 2:
        return None
    marks = [mark.span() for mark in words_of(language).by_meaning["limit"].finditer(rest)]

    def distance(number: re.Match[str]) -> tuple[bool, int]:
        gaps = [
            (end, number.start()) if end <= number.start() else (number.end(), start) for start, end in marks
        ]
        return min(
            (re.search(r"[,;\uff0c\u3001]", rest[slice(*gap)]) is not None, gap[1] - gap[0]) for gap in gaps
        )

    bound, measured = sorted(numbers, key=distance)
    unit = bound[2] or measured[2]
    first, second = (_in_unit(_number(one[1]), one[2] or unit) for one in (measured, bound))
    return (first, second) if first.unit == second.unit else None


def known_length_mm(text: str, language: str) -> float | None:
    """Return the length of the part that a text gives, such as "the screw is 40 mm long", or None."""
    if limit_of(text, language) is not None or scale_of(text) is not None:
        return None
    found = _LENGTH.search(text)
    if found is None or not words_of(language).has("long", text):
        return None
    limit = _limit(found)
    return limit.value if limit.unit == "mm" else None


def _limit(found: re.Match[str]) -> LimitRecord:
    return _in_unit(_number(found[1]), found[2])


def _in_unit(value: float, written: str) -> LimitRecord:
    unit = written.lower()
    if re.fullmatch(CM, unit):
        return LimitRecord(value=10 * value, unit="mm")
    if re.fullmatch(MICRON, unit):
        return LimitRecord(value=value / 1000, unit="mm")
    if re.fullmatch(MM, unit):
        return LimitRecord(value=value, unit="mm")
    return LimitRecord(value=value, unit="px" if re.fullmatch(PX, unit) else "percent")


def _without_scale(text: str) -> str:
    for pattern, _ in _SCALES:
        text = pattern.sub(" ", text)
    return text


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def _ordinal(words: Words, text: str) -> int | None:
    return next((number for name, number in ORDINALS.items() if words.has(name, text)), None)


@cache
def _image_words(language: str) -> str:
    return words_of(language).source("image")


def _known(number: int, seen: Sequence[Seen]) -> int | None:
    return number if any(one["number"] == number for one in seen) else None


def _before(seen: Sequence[Seen], current: int | None) -> int | None:
    """Return the image seen most recently besides the current one."""
    others = [one["number"] for one in seen if one["number"] != current]
    return others[-1] if others else None
