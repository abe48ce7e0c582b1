"""What a sentence claims of the part, in the languages of answers beside English, by words and denials.

The tables err on the side of refusal: a sentence that they take amiss is replaced by the plain answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from agents.questions.lexicon.words import SPACELESS, pattern_of, tables, words_of

FILE: Final = Path(__file__).with_name("claims.toml")
NEAR: Final = 16
"""Characters beside a word within which a denial is of that word."""
_CLAUSE: Final = re.compile(r"[,;:](?!\d)|[\u3001\uff0c\uff1b\uff1a]")


def speaks_against(claim: str, language: str, *, anomalous: bool) -> bool:
    """Return whether a sentence contradicts the verdict, in a language of `claims.toml`.

    claim: without citations and quotations, in lower case.
    """
    words = _words(language)
    if words["overruled"].search(claim):
        return True
    plain = words["neutral"].sub(" ", claim)
    joined = words_of(language).by_meaning["and"].sub(",", plain)
    return any(_against(clause, words, language, anomalous) for clause in _CLAUSE.split(joined))


def names_judgement(claim: str, language: str) -> bool:
    """Return whether a sentence speaks of a score or a probability, which is neither noted nor calculated."""
    return _words(language)["judged"].search(claim) is not None


def names_size(claim: str, language: str) -> bool:
    """Return whether a sentence speaks of a measured size, whose numbers no note gives."""
    return _words(language)["size"].search(claim) is not None


def _against(clause: str, words: Mapping[str, re.Pattern[str]], language: str, anomalous: bool) -> bool:
    fine = [_is_denied(found, clause, words, language) for found in words["fine"].finditer(clause)]
    rest = words["fine"].sub(lambda found: "_" * len(found[0]), clause)
    faulty = [_is_denied(found, rest, words, language) for found in words["faulty"].finditer(rest)]
    if not anomalous:
        return any(fine) or not all(faulty)
    # Of a bad part a defect is not denied, wherever in its clause the denial stands.
    rest = words["faulty"].sub("_", rest)
    denied = words["no"].search(rest) or words["without"].search(rest)
    return not all(fine) or bool(faulty and denied)


def _is_denied(
    found: re.Match[str], clause: str, words: Mapping[str, re.Pattern[str]], language: str
) -> bool:
    """Return whether a denial stands beside a word: before it, in Japanese and Korean after it."""
    if language in ("ja", "ko"):
        return words["no"].search(clause[found.end() : found.end() + NEAR]) is not None
    near = clause[max(found.start() - (NEAR // 2 if language in SPACELESS else NEAR), 0) : found.start()]
    return words["no"].search(near) is not None


@cache
def _words(language: str) -> Mapping[str, re.Pattern[str]]:
    table = tables(FILE)[language]
    return {name: pattern_of(alternatives, language) for name, alternatives in table.items()}
