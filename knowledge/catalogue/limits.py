"""Tolerances in an entry's limit, such as "max 2 mm", "≤ 0.5 mm²", "not allowed" or "up to 3 per part"."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Comparison = Literal["at most", "below", "at least"]
Unit = Literal["mm", "mm2", "px", "px2", "percent", "degree", "other", "count"]
Dimension = Literal["length", "width", "depth", "offset", "area", "angle", "other", "count"]

_NUMBER: Final = r"(?P<value>\d+(?:[.,]\d+)?)"
_UNITS: Final[tuple[tuple[str, Unit, float], ...]] = (
    (r"mm\s?(?:2|\^2)|square (?:mm|millimet\w+)|quadratmillimeter|平方毫米|平方ミリ\w*",
     "mm2", 1.0),
    (r"cm\s?(?:2|\^2)", "mm2", 100.0),
    (r"m\s?(?:2|\^2)", "mm2", 1e6),
    (r"(?:px|pixels?)\s?(?:2|\^2)", "px2", 1.0),
    (r"mm|millimet\w*|mil[ií]m\w*|毫米|ミリ(?:メートル)?|밀리(?:미터)?",
     "mm", 1.0),
    (r"cm|centimet\w*", "mm", 10.0),
    (r"[µμ]m|microns?|um", "mm", 0.001),
    (r"m(?:et(?:er|re)s?)?", "mm", 1000.0),
    (r"inch(?:es)?|zoll|pulgadas?|pollic[ei]|pouces?|polegadas?|[\"″]|英寸|インチ|인치", "mm", 25.4),
    (r"px|pixels?|p[ií]xel\w*|像素|ピクセル|픽셀", "px", 1.0),
    (r"%|percent|prozent|por ciento|por cento|pour ?cent|per cento", "percent", 1.0),
    (r"°(?!\s?[cfk]\b)|deg(?:s|rees?)?\b\.?|grad(?:i|os?)?\b|degrés?|graus?\b|度|도", "degree", 1.0),
    (r"°\s?[cfk]|[kmc]?n|n[mc]|m?bar|[khm]?pa|psi|[km]?g|[mc]?l|m?s|min|h|[km]?v|k?w|k?hz|k|dba?|ppm|‰"
     r"|h(?:rc|v|b)|lux|lx",
     "other", 1.0),
)  # fmt: skip
_UNIT: Final = "|".join(rf"(?P<u{place}>{pattern})" for place, (pattern, _, _) in enumerate(_UNITS))
_VALUE: Final = re.compile(rf"(?<![a-z0-9.,]){_NUMBER}\s*(?:(?:{_UNIT})(?![a-z]))?")
_NONE: Final = re.compile(
    r"\b(?:not? (?:\w+ )?(?:allowed|permitted|accept\w+|tolerated)|none(?: allowed)?|zero tolerance|never|"
    r"(?:nicht|kein\w*) (?:\w+ )?(?:zulässig|erlaubt|toler\w+)|unzulässig|"
    r"non (?:è )?(?:ammess\w+|consentit\w+|tollerat\w+)|"
    r"no (?:se )?(?:permitid\w+|permite\w*|admi\w+|tolera\w*)|não (?:é )?(?:permitid\w+|admi\w+|aceit\w+)|"
    r"non (?:admis\w*|autoris\w*|tolér\w*)|interdit\w*|inadmi\w+)\b"
    r"|不允许|不可|禁止|許容しない|不許可|認めない|허용 ?안|허용되지|불가"
)
_AT_LEAST: Final = re.compile(
    r"≥|>=|\b(?:at least|min(?:imum)?|not less than|mindestens|almeno|minimo|al menos|m[ií]nimo|au moins|"
    r"pelo menos)\b|至少|不小于|以上|이상|최소"
)
_AT_MOST: Final = re.compile(
    r"≤|<=|\b(?:at most|max(?:imum|imal)?|up to|no(?:t)? (?:more|longer|larger|wider|deeper) than|or less|"
    r"not (?:to )?exceed\w*|höchstens|maximal|bis(?: zu)?|"
    r"nicht (?:mehr|länger|größer) als|al massimo|massimo|fino a|"
    r"non oltre|m[aá]ximo|como máximo|hasta|no más de|au plus|au maximum|jusqu'à|pas plus de|no máximo|até|"
    r"não mais de)\b|不超过|最多|最大|以内|以下|まで|이하|최대|까지"
)
_BELOW: Final = re.compile(
    r"<|\b(?:below|under|less than|(?:shorter|smaller|narrower) than|unter|weniger als|kleiner als|"
    r"meno di|inferior[ei]? a|menos de|menor que|moins de|inférieur\w* à)\b|小于|低于|未満|미만"
)
_DIMENSIONS: Final[tuple[tuple[Dimension, re.Pattern[str]], ...]] = (
    ("depth", re.compile(r"\bdeep|\bdepth|tief|profond|profund|深|깊")),
    ("offset", re.compile(
        r"\boffset|\bshift|displac|misalign|versatz|versetz|verschieb|scostament|spostament|disallin|disassa"
        r"|desplaza|desaline|desalin|descentr|desvi|décal|désalig|desloca|偏移|偏差|错位|ずれ|ズレ|어긋|편차|변위|오프셋"
    )),
    ("width", re.compile(r"\bwid(?:e|th)|\bbreit|largh|larg(?:eur|ura|e)\b|anch|宽|幅|폭|너비")),
    ("area", re.compile(r"\barea|\bfläche|superfic|surface|área|面积|面積|면적")),
)  # fmt: skip
_OF_ONE: Final[Mapping[Unit, Dimension]] = {
    "mm2": "area", "px2": "area", "percent": "area", "degree": "angle", "other": "other", "count": "count"
}  # fmt: skip
"""What units measure that are of one dimension alone."""


@dataclass(frozen=True)
class Tolerance:
    """What is allowed of a defect: `dimension` compared with `value` in `unit`.

    A defect that is not allowed is a count of at most 0. "other" is what no image shows, such as a force.
    """

    comparison: Comparison
    value: float
    unit: Unit
    dimension: Dimension

    @property
    def allows_none(self) -> bool:
        """Whether no such defect is allowed at all."""
        return self.dimension == "count" and self.value == 0

    def allows(self, measured: float) -> bool:
        """Return whether a measure, in the tolerance's unit, is within it."""
        if self.comparison == "at least":
            return measured >= self.value
        return measured < self.value if self.comparison == "below" else measured <= self.value


def parse_limit(text: str) -> list[Tolerance]:
    """Return the tolerances that a limit states, in its order; empty where it states none that is known.

    A number without a comparison, and one above which a part is rejected, is the most that is allowed.
    """
    plain = unicodedata.normalize("NFKC", text.replace("º", "°")).casefold()
    found = []
    for clause in re.split(r"[;。；]|,\s(?!\d)|\.\s|\.$|\band\b|\bund\b", plain):
        value = _VALUE.search(clause)
        if value is None:
            if _NONE.search(clause):
                found.append(Tolerance("at most", 0.0, "count", "count"))
            continue
        found.append(_tolerance(clause, value))
    return found


def says_offset(text: str) -> bool:
    """Return whether a text says that something is shifted: the name of a type, a limit or a question."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return next(words for name, words in _DIMENSIONS if name == "offset").search(plain) is not None


def is_of_offset(tolerance: Tolerance, name: str) -> bool:
    """Return whether a tolerance of a type is for how far something is shifted, by its words or the name."""
    named = tolerance.dimension == "length" and says_offset(name)
    return tolerance.dimension == "offset" or (named and tolerance.unit in ("mm", "px"))


def allows_none(text: str) -> bool:
    """Return whether a limit allows none at all, such as "not allowed"."""
    found = parse_limit(text)
    return len(found) == 1 and found[0].allows_none


def _tolerance(clause: str, found: re.Match[str]) -> Tolerance:
    value = float(found["value"].replace(",", "."))
    unit: Unit = "count"
    for place, (_, name, factor) in enumerate(_UNITS):
        if found[f"u{place}"] is not None:
            unit, value = name, value * factor
            break
    comparison: Comparison = "at most"
    if _AT_LEAST.search(clause):
        comparison = "at least"
    elif _AT_MOST.search(clause):
        comparison = "at most"
    elif _BELOW.search(clause):
        comparison = "below"
    dimension: Dimension
    if unit in _OF_ONE:
        dimension = _OF_ONE[unit]
    else:
        dimension = next((name for name, words in _DIMENSIONS if words.search(clause)), "length")
    if unit in ("mm", "px") and dimension == "area":
        dimension = "length"
    return Tolerance(comparison, value, unit, dimension)
