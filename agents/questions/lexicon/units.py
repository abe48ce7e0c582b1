"""Units of lengths, areas and shares as nine languages write them, and amounts in mm, px or percent."""

from __future__ import annotations

from typing import Final

from agents.questions.lexicon.patterns import compiled
from tools.records import LimitRecord

NUMBER: Final = r"(\d+(?:[.,]\d+)?)"
MM: Final = (
    r"(?:mm|mil+imet\w*|millimèt\w*|milím\w*|毫米|公厘|ミリ(?:メートル|メーター)?|밀리(?:미터)?"
    r"|미리(?:미터)?)"
)
PX: Final = r"(?:px|pixels?\w*|píxel\w*|[个個]?(?:像素点?|象素)|ピクセル|画素|픽셀|화소)"
CM: Final = (
    r"(?:cm|[cz]entimet\w*|centimèt\w*|centím\w*|厘米|公分|センチ(?:メートル|メーター)?|센티(?:미터)?|센치)"
)
MICRON: Final = (
    r"(?:[µμu]m|[µμ]|m[ií]crons?|micrones|micras?|micr[oó]n|mikrometer\w*|mikron|micr[oóôò]m[eè]t\w*|微米"
    r"|ミクロン|マイクロ(?:メートル|メーター)?|ミュー|마이크로(?:미터|메터)?|마이크론|미크론)"
)
INCH: Final = (
    r"(?:inch(?:es)?|in(?=\s*(?:[?.,;)]|$))|zoll|pulgadas?|pollic[ei]|pouces?|polegadas?|英寸|吋|インチ|인치)"
)
METRE: Final = r"(?:m|met(?:er[ns]?|res?)|metros?|metr[oi]|mètres?|米|公尺|メートル|미터)"
PERCENT: Final = (
    r"(?:%|percent|per ?cent[oi]?|pct|prozent|por ?cien(?:to)?|por ?cento|pour ?cents?|パーセント"
    r"|パー(?![ァ-ヶ])|퍼센트|퍼센티지|프로(?!그|젝|필|세|파|토))"
)
_IN_MM: Final = ((MM, 1.0), (CM, 10.0), (MICRON, 0.001), (INCH, 25.4), (METRE, 1000.0))
LENGTH: Final = rf"(?:{'|'.join(unit for unit, _ in _IN_MM)})"
_SQUARED: Final = r"(?:2|²|\^2|\s*(?:quadrat\w+|al quadrato|cuadrad[oa]s?|carrés?|quadrad[oa]s?))"


def _square(unit: str) -> str:
    """Return the pattern of the area of a unit of length: "mm²", "square mm", "平方毫米"."""
    before = r"(?:square|sq\.?)[\s-]*|quadrat-?|平方|(?:제곱|평방)\s?"
    return rf"(?:{unit}{_SQUARED}|(?:{before}){unit})"


AREA: Final = rf"(?:{_square(LENGTH)}|q[mc]m|mmq|cmq)"
PX_AREA: Final = _square(PX)
DEGREE: Final = (
    r"(?:[°º](?!\s?[cfk](?!\w))|deg(?:s|rees?)?|grad(?:i|os?)?|degrés?|graus?|(?<!もう1)(?<!もう一)度(?!目|数)"
    r"|도(?=\s?(?:회전|돌|기울|휘|휜|틀|꺾|어긋|굽|벗|인데|이?면|짜리|정도|까지|이상|이하|이내|만큼|로|의)))"
)
UNIT: Final = rf"(?:{AREA}|{PX_AREA}|{MM}|{PX}|{CM}|{MICRON}|{INCH}|{METRE}|{PERCENT}|{DEGREE})(?![a-z])"
"""What may stand after a number that is compared with a defect."""


def as_number(text: str) -> float:
    """Return a number written with a point or a comma."""
    return float(text.replace(",", "."))


def in_mm(value: float, written: str) -> float | None:
    """Return an amount of a unit of length in millimetres, or None where it is none."""
    unit = written.lower().strip()
    return next((value * factor for each, factor in _IN_MM if compiled(each).fullmatch(unit)), None)


def limit_in(value: float, written: str) -> LimitRecord:
    """Return an amount of one of the units in that one of its kind in which defects are measured."""
    unit = written.lower().strip()
    length = in_mm(value, unit)
    if length is not None:
        return LimitRecord(value=_rounded(length), unit="mm")
    if compiled(AREA).fullmatch(unit):
        return LimitRecord(value=_rounded(value * _side_mm(unit) ** 2), unit="mm2")
    if compiled(PX_AREA).fullmatch(unit):
        return LimitRecord(value=value, unit="px2")
    if compiled(PX).fullmatch(unit):
        return LimitRecord(value=value, unit="px")
    return LimitRecord(value=value, unit="percent" if compiled(PERCENT).fullmatch(unit) else "degree")


def _side_mm(area: str) -> float:
    """Return the millimetres of the side of the square that a unit of area is."""
    found = (factor for unit, factor in _IN_MM if compiled(_square(unit)).fullmatch(area))
    return next(found, 10.0 if "c" in area else 1.0)


def _rounded(value: float) -> float:
    """Return a value without the noise of its conversion."""
    return float(f"{value:.10g}")
