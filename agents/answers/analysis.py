"""Defect analysis from the notes: cause, effect, severity and action, as quoted and cited sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from knowledge.text import sentences
from tools.records import PassageRecord

Aspect = Literal["cause", "effect", "severity", "action"]

_ASKED: Final[dict[Aspect, str]] = {
    "cause": r"""why; cause[sd]?; causing; reason; origin; comes? from; came from; how did; result of; due to;
        source""",
    "effect": r"""effects?; consequences?; impact; affects?; leads? to; happens?; harm; risk; functions?;
        influence""",
    "severity": r"""severity; severe; serious; matters?; critical; bad; dangerous; safe; acceptable;
        tolerable;
        minor""",
    "action": r"""repair; fix; action; prevent; avoid; should (i|we|they|one|the \w+); do about; replace;
        reject; rework;
        what (to|can i) do; recommend\w*; next step""",
}
"""Regular expressions of questions about each aspect."""
_STATED: Final[dict[Aspect, str]] = {
    "cause": r"""caused? by; causes? (are|is|include); comes? from; due to; result(s|ing)? (from|of);
        arises? from; stems? from; originat\w+; introduced (by|during); because of; fault in; through a;
        points? (to|at); (indicat|suggest)\w* (\w+ ){0,4}(error|issue|flaw|mishandling|stress|process|impact);
        (indicat|suggest)\w* (\w+ ){0,4}(handling|pressure|contamination|manufactur\w+);
        during (manufactur\w+|production|handling|storage|transport\w*|assembly); mishandling;
        separates it""",
    "effect": r"""leads? to; leading to; affect(s|ing)?; compromis\w+; impair\w*; reduc\w+; weaken\w*;
        impact(s|ing)?; detract\w*; mislead\w*; costs?; overheat\w*; grows?; prevent(s|ing);
        disrupt\w* the (function|use); failures?; hazards?; interfer\w+; leak\w*; carries no; results? in;
        may be (darker|lost)""",
    "severity": r"""sever(e|ity)\w*; critical; serious; significant(ly)?; minor; major; hardly; safety;
        hazard\w*;
        harmless; does not grow; costs? (little|hardly); in proportion; substantial\w*; extensive; negligible;
        cosmetic; aesthetic""",
    "action": r"""should; must; needs? to be; replace; repair; rework; reject\w*; clean; check;
        inspect(?!ed|or);
        adjust; discard; sort (the|it|out); mark it; tell the; measure again; compare it; recommend\w*;
        tighten;
        remove it""",
}
"""Regular expressions of notes on each aspect."""


def _any_of(patterns: str) -> re.Pattern[str]:
    alternatives = "|".join(part.strip() for part in patterns.split(";"))
    return re.compile(rf"\b(?:{alternatives})\b", re.IGNORECASE)


_ASKING: Final = {aspect: _any_of(patterns) for aspect, patterns in _ASKED.items()}
_STATING: Final = {aspect: _any_of(patterns) for aspect, patterns in _STATED.items()}


@dataclass(frozen=True)
class Finding:
    """A sentence of a passage on an aspect. id: of the passage."""

    aspect: Aspect
    sentence: str
    id: str


def asked_aspects(question: str) -> tuple[Aspect, ...]:
    """Return the aspects that a question asks for; all where it names none."""
    named = tuple(aspect for aspect, words in _ASKING.items() if words.search(question))
    return named or tuple(_ASKED)


def find_aspects(passages: Sequence[PassageRecord], aspects: Sequence[Aspect]) -> list[Finding]:
    """Return at most two sentences an aspect, in the notes' order; each sentence once."""
    found: list[Finding] = []
    used: set[str] = set()
    for aspect in aspects:
        stated = [
            Finding(aspect, sentence, passage.id)
            for passage in passages
            for sentence in sentences(passage.text.replace('"', "'"))
            if sentence not in used and _STATING[aspect].search(sentence)
        ][:2]
        used |= {finding.sentence for finding in stated}
        found += stated
    return found


def analyse(passages: Sequence[PassageRecord], question: str, subject: str) -> str:
    """Return the quoted and cited sentences on the aspects of a question, and the aspects without any.

    passages: about `subject`, a defect's name in plain words.
    """
    aspects = asked_aspects(question)
    found = find_aspects(passages, aspects)
    lines = [
        f'{aspect.capitalize()}: "{finding.sentence}" [{finding.id}].'
        for aspect in aspects
        for finding in found
        if finding.aspect == aspect
    ]
    silent = [aspect for aspect in aspects if all(finding.aspect != aspect for finding in found)]
    if silent and (len(silent) == len(aspects) or len(aspects) < len(_ASKED)):
        covers = " or ".join(silent) if len(silent) < len(_ASKED) else "cause, effect, severity or action"
        lines.append(f"No note covers the {covers} of {subject} [notes].")
    return " ".join(lines)
