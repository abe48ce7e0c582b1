"""Grades of severity that a question asks for: critical, major or minor, or the catalogue's own word."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from agents.questions.learned.examples import LANGUAGES
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import Words, words_of

GRADES: Final = ("critical", "major", "minor")


def graded(words: Words, text: str, severities: Mapping[str, str]) -> list[str] | None:
    """Return the types of the grades that a text names, by the severity of each; None where it names none."""
    own = [name for name, severity in severities.items() if _is_said(severity.lower(), text)]
    asked = {grade for grade in GRADES if words.has(grade, text)}
    same = [name for name, severity in severities.items() if asked & set(grades_of(severity.lower()))]
    return [name for name in severities if name in {*own, *same}] if own or asked else None


def names_grade(words: Words, text: str) -> bool:
    """Return whether a text asks for a grade in the words of its language."""
    return any(words.has(grade, text) for grade in GRADES)


def _is_said(severity: str, text: str) -> bool:
    """Return whether a severity of one or two words stands in a text: "show stopper", but not "3"."""
    word = severity.strip()
    return (
        len(word) > 2
        and len(word.split()) < 3
        and compiled(rf"(?<!\w){re.escape(word)}(?!\w)").search(text) is not None
    )


def grades_of(severity: str) -> Sequence[str]:
    """Return the grades that a severity of the notes is, in whatever language; the first that fits alone."""
    for grade in GRADES:
        if any(words_of(language).has(grade, severity) for language in LANGUAGES):
            return (grade,)
    return ()
