"""Conditions on the types that a question lists: not allowed at all, of a severity, the worst ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from agents.questions.lexicon.numerals import number_of, pattern
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import SPACELESS

_DEFECTS: Final = (
    r"defects?(?!\w)|faults?(?!\w)|flaws?(?!\w)|fehler(?!haft|frei)\w*|mängel"
    r"|difett[oi]|defectos?|défauts?|defeitos?|缺陷|不良|欠陥|결함|불량"
)
_NONE_ALLOWED: Final = (
    r"not (?:\w+ ){0,2}(?:allowed|permitted|accept\w+|tolerated)|never (?:allowed|accept\w+)"
    r"|zero[- ]tolerance"
    r"|(?:nicht|nie) (?:\w+ )?(?:zulässig|erlaubt|toler\w+|zugelassen)|unzulässig"
    r"|non (?:\w+ ){0,2}(?:ammess\w+|consentit\w+|tollerat\w+|ammett\w+)"
    r"|no (?:\w+ ){0,2}(?:permit\w+|admi\w+|toler\w+|acept\w+)"
    r"|(?:pas|jamais) (?:\w+ ){0,2}(?:admis\w*|autoris\w*|tolér\w*|permis\w*)|interdit\w*|inadmissible\w*"
    r"|não (?:\w+ ){0,2}(?:permit\w+|admi\w+|toler\w+|aceit\w+)|(?:完全|绝对)?不(?:被)?(?:允许|容许|可接受)"
    r"|許(?:容|さ)れ?(?:されない|ない)|許容されない|認められない|허용되지|허용 ?안"
)
_SEVERITY: Final = (
    r"severit\w+|schwere(?!r)\w*|gravità|gravedad|gravité|gravidade"
    r"|severidad\w*|严重(?:程度|度|性)|重大度|深刻度|심각도|중대도"
)
_AT_MOST: Final = (
    r"or (?:less|below|lower)|at most|below|under|up to|höchstens|oder (?:weniger|niedriger)|unter|bis"
    r"|al massimo|o meno|como máximo|o menos"
    r"|au plus|ou moins|no máximo|ou menos|以下|不超过|이하"
)
_MORE: Final = (
    r"or (?:more|above|higher|over)|at least|above|over|from|mindestens|oder (?:mehr|höher)|ab|über"
    r"|almeno|o (?:più|superiore)|minimo"
    r"|al menos|o (?:más|mayor|superior)|como mínimo|au moins|ou (?:plus|supérieur\w*)|pelo menos"
    r"|ou (?:mais|superior)|以上|至少|이상|[≥+]"
)
_WORST: Final = (
    r"most (?:severe|serious|critical|dangerous)|worst|highest severity|schwer(?:st|wiegendst)\w*"
    r"|schlimmst\w*|gefährlichst\w*|kritischst\w*"
    r"|più (?:grav[ie]|serie?i?|pericolos[ie]|critic[ih]e?)|más (?:grav\w+|seri\w+|peligros\w+|crític\w+)"
    r"|plus (?:grav\w+|sérieu\w+|dangereu\w+|critiques?)|mais (?:grav\w+|séri\w+|perigos\w+|crític\w+)"
    r"|最严重|最も?(?:重大|深刻|重い)|가장 (?:심각|중대|위험)"
)


@dataclass(frozen=True)
class Condition:
    """What types are listed: those not allowed at all, of a severity in bounds, or so many of the worst."""

    none_allowed: bool = False
    least: int | None = None
    most: int | None = None
    number: int | None = None

    def holds(self, severity: int) -> bool:
        """Return whether a severity is within the bounds."""
        return (self.least is None or severity >= self.least) and (self.most is None or severity <= self.most)


def condition_of(text: str, language: str) -> Condition | None:
    """Return the condition on defects of the notes that a text, in lower case, states, or None.

    "Severity of 9 or more", "the three most severe defects", "which are not allowed at all?".
    """
    if compiled(_DEFECTS).search(text) is None:
        return None
    if compiled(_NONE_ALLOWED).search(text):
        return Condition(none_allowed=True)
    numbers = [int(one) for one in re.findall(r"(?<![\d.,])\d{1,2}(?![\d.,]*\d)", text)]
    if compiled(_SEVERITY).search(text) and len(numbers) == 1:
        if _has(_AT_MOST, text, language):
            return Condition(most=numbers[0])
        return Condition(least=numbers[0], most=None if _has(_MORE, text, language) else numbers[0])
    end = "" if language in SPACELESS else r"(?!\w)"
    counted = compiled(rf"(?:(?<!\w)|(?<=[\u3040-\ud7a3]))({pattern(language)}){end}").search(text)
    if counted is None or not compiled(_WORST).search(text):
        return None
    number = int(number_of(counted[1], language))
    return Condition(number=number) if number > 1 else None


def _has(words: str, text: str, language: str) -> bool:
    edges = ("", "") if language in SPACELESS else (r"(?<!\w)", r"(?!\w)")
    return compiled(rf"{edges[0]}(?:{words}){edges[1]}").search(text) is not None


def such(condition: Condition, severities: Mapping[str, int], forbidden: Mapping[str, bool]) -> list[str]:
    """Return the types that a condition holds for.

    severities: as numbers. forbidden: whether none of a type is allowed.
    """
    if condition.none_allowed:
        return [name for name, none in forbidden.items() if none]
    held = [name for name, severity in severities.items() if condition.holds(severity)]
    if condition.number is None:
        return held
    ranked = sorted(held, key=lambda name: -severities[name])[: condition.number]
    least = min((severities[name] for name in ranked), default=0)
    # What is as severe as the last of them is not left out.
    return sorted((name for name in held if severities[name] >= least), key=lambda name: -severities[name])
