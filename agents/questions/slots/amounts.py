"""Amounts in words as digits: "half a millimetre" is 0.5 mm, "zwei Zehntel" 0.2 mm, "一毫米半" 1.5 mm."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Final

from agents.questions.form.signs import corrected, in_words
from agents.questions.lexicon.numerals import number_of, pattern, single_digits, worded_pattern
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.units import CM, INCH, MM, UNIT
from agents.questions.lexicon.words import SPACELESS, words_of

SMALL: Final = frozenset({0.1, 0.01, 0.001})
"""Fractions that name a length by themselves, in millimetres: "two tenths"."""
_FILLER: Final = r"(?:\s+(?:of|an?|one|eine[smr]?|d[ei]|d'un|un[oa]?|um|del)(?!\w)|\s+d['’](?:un\s+)?){0,2}"
_ARTICLE: Final = (
    r"(?:the|an?|d(?:e[rnms]|as|ie)|einen?|einem|[ie]l|l[aeo]|un[oae]?|um|[ao]|d[eo]l?|du|au|al|ao|dal|di)"
)
_VULGAR: Final = {"½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅕": "1/5", "⅛": "1/8",
                  "⅜": "3/8", "⅝": "5/8", "⅞": "7/8", "⅒": "1/10"}  # fmt: skip
_FRACTION: Final = re.compile(
    rf"(?<![\w.,/])(?:(\d+)[\s-]+)?(\d{{1,2}})\s*[/⁄]\s*(\d{{1,4}})(?:[\s-]*(?P<unit>{UNIT})|[\"″])",
    re.IGNORECASE,
)
_INCHES: Final = re.compile(r"(\d)\s?″|(\d[.,]\d+)\s?\"(?=\s|$|[?.,;)])")
_NO_ZERO: Final = re.compile(rf"(?<![\w.,])(?=[.,]\d+\s?{UNIT})", re.IGNORECASE)
"""Where an amount lacks its zero: ".5 mm"."""
_OF_PARTS: Final = r"\s?(?:分之|分の|분의)\s?"
"""What stands between the parts of a whole and how many of them are meant: "四分之三"."""
_TENTHS: Final = r"(?:割(?![れり])|成(?![品功型都分])|할(?![인당]))"
"""Tenths of a whole, as one says shares: "3割"."""
_DEGREE: Final = 100
Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]


def in_digits(text: str, language: str) -> str:
    """Return a text with digits for the amounts that it has in words, where a unit follows them."""
    for sign, fraction in _VULGAR.items():
        text = compiled(rf"(?<=\d){sign}").sub(f" {fraction}", text).replace(sign, fraction)
    text = _FRACTION.sub(_divided, _NO_ZERO.sub("0", text))
    text = _INCHES.sub(lambda found: f"{found[1] or found[2]} inch", text)
    for rule, written in _rules(language):
        text = rule.sub(written, text)
    apart = re.sub(r"(?<=[a-z]['’])(?=\d)", " ", in_words(text, language))
    return corrected(apart, language)


def _divided(found: re.Match[str]) -> str:
    if not float(found[3]):
        return found[0]
    return f"{float(found[1] or 0) + float(found[2]) / float(found[3]):.4g} {found['unit'] or 'inch'}"


def _written(found: re.Match[str], language: str) -> str:
    parts = found.groupdict()
    whole, part, decimals = parts["whole"], parts.get("part"), parts.get("decimals")
    value = number_of(whole, language) if whole else 1.0
    if decimals:
        value = float(f"{value if whole else 0:.0f}.{single_digits(decimals, language)}")
    elif part:
        value = (
            value + _share(part, language) if parts.get("and") is not None else value * _share(part, language)
        )
    return f"{value:.4g} {parts.get('unit') or 'mm'}"


def _share(part: str, language: str) -> float:
    return next(
        share for share, word in words_of(language).fractions if compiled(word, re.IGNORECASE).fullmatch(part)
    )


@cache
def _rules(language: str) -> list[Rule]:
    """Return patterns of amounts, in the order in which they are tried, each with what it leaves."""
    words, spaceless = words_of(language), language in SPACELESS
    gap, begin, end = (r"\s*", "", "") if spaceless else (r"\s+", r"(?<![\w.,])", r"(?!\w)")
    if language == "ko":
        begin = "(?<![가-힣])"
    number, worded = pattern(language), worded_pattern(language)
    whole = rf"{begin}(?P<whole>{number})"
    part = rf"(?P<part>{'|'.join(word for _, word in words.fractions)}){end}"
    small = rf"(?P<part>{'|'.join(word for share, word in words.fractions if share in SMALL) or '(?!)'}){end}"
    joined, point = words.source("and_part"), words.source("point")
    unit = rf"(?P<unit>{UNIT})"
    amounts = [
        # "a millimetre and a half", "two and a half millimetres"
        rf"(?:{whole}{gap}|(?<!\w){_ARTICLE}\s+){unit}{gap}(?P<and>{joined}){gap}{part}",
        rf"{whole}{gap}(?P<and>{joined}){gap}{part}{_FILLER}[\s-]*{unit}",
        # "two tenths of a millimetre", "half a millimetre", "two tenths"
        rf"(?:{whole}{gap})?{begin}{part}{_FILLER}[\s-]*{unit}",
        rf"{whole}{gap}{small}",
        # "one point five millimetres"
        rf"(?:{whole}{gap})?(?:{point}){gap}(?P<decimals>{number}(?:{gap}{number})*)\s*{unit}",
        # "two millimetres"
        rf"{begin}(?P<whole>{worded}){gap}{unit}",
    ]
    return [
        *([_of_parts(language), _of_tenths(language)] if spaceless else [_of_the_surface(language)]),
        *(_in_lengths(language, value, word) for value, word in words.lengths),
        *((re.compile(one, re.IGNORECASE), lambda found: _written(found, language)) for one in amounts),
        _of_the_unit(language),
        _without_unit(language),
    ]


def _of_parts(language: str) -> Rule:
    """Return the rule for "十分之三毫米", and for "百分之三", which is a share."""
    number = pattern(language)
    rule = rf"(?P<parts>{number}){_OF_PARTS}(?P<number>{number})(?:\s*(?P<unit>{UNIT}))?"
    surface = words_of(language).by_meaning["surface"]

    def written(found: re.Match[str]) -> str:
        parts, number = number_of(found["parts"], language), number_of(found["number"], language)
        if not parts:
            return found[0]
        if found["unit"]:
            return f"{number / parts:.4g} {found['unit']}"
        if parts == _DEGREE or surface.search(found.string):
            return f"{100 * number / parts:.4g}%"
        return found[0]

    return re.compile(rule), written


def _of_tenths(language: str) -> Rule:
    """Return the rule for "3割", which is 30%."""
    rule = re.compile(rf"({pattern(language)})\s?{_TENTHS}")
    return rule, lambda found: f"{10 * number_of(found[1], language):.4g}%"


def _of_the_surface(language: str) -> Rule:
    """Return the rule for "more than a third of the surface"."""
    words = words_of(language)
    limit, surface, half = (words.source(name) for name in ("limit", "surface", "half"))
    part = "|".join(word for _, word in words.fractions)
    rule = (
        rf"(?P<limit>{limit})(?P<gap>\s+)(?:(?:{_ARTICLE})\s+)?(?:(?P<whole>{worded_pattern(language)})\s+)?"
        rf"(?:(?P<part>{part})|(?P<half>{half}))(?!\w)\s+"
        rf"(?:(?:of|de[rsl]?|von|d[aoi]s?|du|della|dell'|de l')\s*)?"
        rf"(?:(?:{_ARTICLE}|its|this)\s+)?(?P<surface>{surface})"
    )

    def written(found: re.Match[str]) -> str:
        share = 0.5 if found["half"] else _share(found["part"], language)
        number = number_of(found["whole"], language) if found["whole"] else 1.0
        return f"{found['limit']}{found['gap']}{100 * number * share:.4g}% {found['surface']}"

    return re.compile(rule, re.IGNORECASE), written


def _in_lengths(language: str, value: float, word: str) -> Rule:
    """Return the rule for a length of the workshop: "2 thou", "三丝"."""
    begin, end = ("", "") if language in SPACELESS else (r"(?<![\w.,])", r"(?!\w)")
    rule = rf"{begin}(?P<number>{pattern(language)})\s?(?:{word}){end}"
    return (
        re.compile(rule, re.IGNORECASE),
        lambda found: f"{number_of(found['number'], language) * value:.6g} mm",
    )


def _of_the_unit(language: str) -> Rule:
    """Return the rule for "over the millimetre", which is over 1 mm."""
    gap = r"\s*" if language in SPACELESS else r"\s+"
    limit = words_of(language).source("limit")
    rule = rf"({limit}){gap}(?:{_ARTICLE}{gap}|l['’])?((?:{MM}|{CM}|{INCH})(?!\w))"
    return re.compile(rule, re.IGNORECASE), lambda found: f"{found[1]} 1 {found[2]}"


def _without_unit(language: str) -> Rule:
    """Return the rule for a length without a unit, in millimetres: "null Komma drei", "コンマ5"."""
    point, number = words_of(language).source("point"), pattern(language)
    zero = "|".join(word for value, word in words_of(language).numbers if value == 0)
    if language in SPACELESS:
        rule = rf"(?P<whole>{zero})?(?:{'コンマ' if language == 'ja' else point})(?P<decimals>{number})"
        rule = rule if language == "ja" else rule.replace(")?(?:", ")(?:", 1)
    else:
        rule = rf"(?<!\w)(?P<whole>{zero})\s+(?:{point})\s+(?P<decimals>{number}(?:\s+{number})*)"
    return (
        re.compile(rf"{rule}(?!\s*(?:{UNIT}|\d))", re.IGNORECASE),
        lambda found: _written(found, language),
    )
