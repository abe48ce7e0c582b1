"""Scales that a question gives: "48 px per mm", "15 µm per pixel", "1 mm is 24 pixels", "600 dpi"."""

from __future__ import annotations

import re
from typing import Final

from agents.questions.lexicon.units import LENGTH, NUMBER, PX, as_number, in_mm

_LENGTH: Final = rf"({LENGTH})(?![a-z])"
_PX: Final = rf"{PX}(?![a-z])"
_PER: Final = (
    r"(?:/|for (?:each|every)|per|pro|je|por(?: cada)?|par|al|auf(?: einen?| den| das)?|to (?:a|the|each|one)"
    r"|an?|on a|au|cada|each|every|每(?:一)?[个個]?|(?<=[ァ-ヶ])毎)"
)
"""What stands between an amount and what it is for."""
_EACH: Final = (
    r"(?:each|every|per|one|pro|jede[rsnm]?|je|cada|por(?: cada)?|par|chaque|ogni|al|à|每(?:一)?[个個]?|한)"
)
_FOR_EACH: Final = r"(?:あたり|当たり|につき|毎|ごと|당|마다)"
_SIZE: Final = (
    r"(?:pixel[- ]?(?:size|pitch|gr(?:ö|oe)(?:ß|ss)e|ma(?:ß|ss)|abstand|kante)"
    r"|(?:size|pitch) of (?:a|one|each|the) pixel"
    r"|tama(?:ñ|nh)o d[eo]l? p[ií]xel|(?:dimensione|passo) del pixel|taille (?:du|de|d'un|des) pixels?"
    r"|像素(?:尺寸|大小|当量|间距)"
    r"|(?:ピクセル|画素)(?:サイズ|ピッチ|寸法)|(?:픽셀|화소) ?(?:크기|피치))"
)
_IS: Final = r"is|are|ist|sind|misst|es|son|est|font|fait|miden?|misura(?:no)?|medem?"
_BETWEEN: Final = r"[^\d]{0,24}?"
_NEAR: Final = r"[^\d,;.]{0,16}?"
_PATTERNS: Final = tuple(
    (re.compile(pattern), form)
    for pattern, form in (
        # "48 px per mm", "48 px/mm"
        (rf"{NUMBER}\s*{_PX}\s*{_PER}\s*(?:(?:1\s*)?{_LENGTH})", "px_per_length"),
        # "0.02 mm per pixel", "15 µm/px"
        (rf"{NUMBER}\s*{_LENGTH}\s*{_PER}\s*(?:1\s*)?{_PX}", "length_per_px"),
        # "pixel size 15 µm", "每像素0.02毫米", "픽셀당 0.02mm"
        (
            rf"(?:{_SIZE}|(?<!\w){_EACH}\s*{_PX}|{_PX}\s*{_FOR_EACH}){_NEAR}{NUMBER}\s*{_LENGTH}",
            "length_per_px",
        ),
        # "per mm 48 px", "1ミリあたり25ピクセル", "mm당 24픽셀"
        (rf"(?:(?<!\w){_EACH}\s*{_LENGTH}|{_LENGTH}\s*{_FOR_EACH}){_NEAR}{NUMBER}\s*{_PX}", "each_length"),
        # "1 mm is 48 pixels", "1mm = 48 px", "1毫米是20像素"
        (rf"{NUMBER}\s*{_LENGTH}{_BETWEEN}{NUMBER}\s*{_PX}", "length_then_px"),
        # "48 pixels are 1 mm"
        (rf"{NUMBER}\s*{_PX}{_BETWEEN}{NUMBER}\s*{_LENGTH}", "px_then_length"),
        # "the pixels are 15 µm"
        (rf"(?<!\d)(?<!\d )\bpixels? (?:{_IS}) {NUMBER}\s*{_LENGTH}", "length_per_px"),
        (rf"{NUMBER}\s*[dp]pi(?![a-z])", "dpi"),
    )
)  # fmt: skip
_INCH_MM: Final = 25.4


def scale_of(text: str) -> float | None:
    """Return the scale that a text gives, in pixels a millimetre, or None.

    text: in lower case.
    """
    for pattern, form in _PATTERNS:
        found = pattern.search(text)
        scale = None if found is None else _scale(form, [one for one in found.groups() if one is not None])
        if scale is not None:
            return scale
    return None


def without_scale(text: str) -> str:
    """Return a text with a blank for the scale that it gives."""
    for pattern, _ in _PATTERNS:
        text = pattern.sub(" ", text)
    return text


def _scale(form: str, groups: list[str]) -> float | None:
    """Return pixels a millimetre of what a form's pattern found, or None of nothing."""
    numbers = [as_number(one) for one in groups if one[0].isdigit()]
    lengths = [mm for one in groups if (mm := in_mm(1.0, one)) is not None]
    if min(numbers) <= 0:
        return None
    if form == "dpi":
        return numbers[0] / _INCH_MM
    length = lengths[0]
    return {
        "px_per_length": numbers[0] / length,
        "each_length": numbers[0] / length,
        "length_per_px": 1 / (numbers[0] * length),
        "length_then_px": numbers[-1] / (numbers[0] * length),
        "px_then_length": numbers[0] / (numbers[-1] * length),
    }[form]
