"""Grounding of a generated sentence in the plain answer, by word alignment.

A model of 135 million parameters writes fluent English that is often wrong. A sentence is accepted where its
content words align with a clause of the plain answer, in order and with small gaps; no gap may hold a number,
a place or a word that changes the meaning ("not", "if"). It gets the clause's citations. The rules are for
English.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from agents.answers.generated.guardrails import cited_ids, sentences
from anomaly_core.results import CELLS
from knowledge.text import singular

_FREE: Final = frozenset(
    (
        "a", "an", "the", "this", "that", "these", "those", "it", "its", "is", "are", "was", "were", "be",
        "been", "has", "have", "of", "in", "on", "at", "to", "by", "with", "from", "as", "for", "and",
        "which", "you", "your", "there", "should", "yes", "image", "picture", "part", "anomaly",
        "defect", "located", "found", "measured",
    )
)  # fmt: skip
"""Words without content, which a sentence may add or leave out."""
_MEANING: Final = frozenset(
    (
        "no", "not", "never", "without", "unless", "if", "only", "hardly", "otherwise", "except", "but",
        "can", "cannot", "may", "might", "could", "would", "unknown", "nothing", "none", "then", "or",
        "beyond", "within", "other", "another", "here", "good",
    )
)  # fmt: skip
"""Words whose omission changes the meaning of a sentence."""
_SAME: Final = {"pixel": "px", "defect": "anomaly", "flaw": "anomaly", "centre": "center", "colour": "color"}
_PLACE: Final = re.compile(r"\b(top|bottom)[ -](left|right)\b", re.IGNORECASE)
_PLACES: Final = frozenset(cell.replace(" ", "-") for cell in CELLS)
_TOKEN: Final = re.compile(r"\d+(?:\.\d+)?(?:e-?\d+)?%?|[^\W\d_]+(?:-[^\W\d_]+)*")
_MARKERS: Final = re.compile(
    r"###|<\|?|\|>|https?:|\b(?:facts?|questions?|answers?|human|assistant|user|system|text|example)\s*:",
    re.IGNORECASE,
)
_WIDEST_GAP: Final = 3
_LEAST_CONTENT: Final = 3
"""Least number of content words of a sentence."""


def degenerate(text: str, *, question: str, instructions: str, facts: str) -> str | None:
    """Return why a generated sentence is unusable, or None.

    It must be a whole sentence, and repeat neither itself, the question nor the instructions; letters beyond
    ASCII must come from the facts.
    """
    words = _tokens(text)
    if not words:
        return "it gave no answer"
    if not re.search(r'[.!]["\u201d)]?$', text):
        return "it answers with a question" if text.endswith("?") else "it is cut off"
    if not text[0].isupper():
        return "it is no whole sentence"
    if any(c.isalpha() and not c.isascii() and c not in facts for c in text) or not _readable(text):
        return "it holds characters that the evidence does not"
    if _MARKERS.search(text):
        return "it repeats its instructions"
    threes = [tuple(words[i : i + 3]) for i in range(len(words) - 2)]
    if len(set(threes)) < len(threes) or re.search(r"\b(\w+)(\W+\1\b){2}", text.lower()):
        return "it repeats itself"
    given = _tokens(instructions)
    if any(tuple(given[i : i + 4]) == tuple(words[j : j + 4]) for i in range(len(given) - 3)
           for j in range(len(words) - 3)):  # fmt: skip
        return "it repeats its instructions"
    if set(_content(words)) <= set(_content(_tokens(question))):
        return "it only repeats the question"
    return None


def grounded(sentence: str, answer: str) -> str | None:
    """Return the sentence with the citations of the clause that it aligns with, or None.

    answer: the plain answer without its verdict, each sentence with its citations.
    """
    content = _content(_tokens(sentence))
    if len(content) < _LEAST_CONTENT:
        return None
    for whole in sentences(answer):
        cited = cited_ids(whole)
        if not cited:
            continue
        for clause in _clauses(whole):
            if _aligned(content, _content(_tokens(clause))):
                return f"{sentence[:-1]} [{', '.join(dict.fromkeys(cited))}]{sentence[-1]}"
    return None


def _clauses(sentence: str) -> list[str]:
    """Return a sentence without citations and quotation marks, and its parts between semicolons."""
    plain = re.sub(r'\[[^\[\]\n]*[A-Za-z][^\[\]\n]*\]|["\u201c\u201d]', " ", sentence)
    return [plain, *plain.split(";")]


def _aligned(content: Sequence[str], clause: Sequence[str]) -> bool:
    """Return whether `content` aligns with `clause`, and no omitted word changes the meaning."""
    starts = [place for place, word in enumerate(clause) if word == content[0]]
    return any(_aligned_from(content, clause, start) for start in starts)


def _aligned_from(content: Sequence[str], clause: Sequence[str], start: int) -> bool:
    at = start
    for word in content[1:]:
        gap = next((n for n in range(_WIDEST_GAP + 1) if clause[at + 1 + n : at + 2 + n] == [word]), None)
        if gap is None or any(_changes_meaning(skipped) for skipped in clause[at + 1 : at + 1 + gap]):
            return False
        at += 1 + gap
    around = [*clause[:start], *clause[at + 1 :]]
    return not any(word in _MEANING for word in around)


def _changes_meaning(word: str) -> bool:
    return word in _MEANING or word in _PLACES or word[0].isdigit()


def _tokens(text: str) -> list[str]:
    joined = _PLACE.sub(r"\1-\2", text.lower().replace("\u2019", "'"))
    return [_stem(word) for word in _TOKEN.findall(re.sub(r"n't\b", " not", joined))]


def _stem(word: str) -> str:
    if word in _FREE or word in _MEANING:
        return word
    plain = singular(word)
    plain = "anomaly" if plain.startswith("anomal") else plain
    return _SAME.get(plain, plain)


def _content(tokens: Sequence[str]) -> list[str]:
    return [token for token in tokens if token not in _FREE]


def _readable(text: str) -> bool:
    return not any(unicodedata.category(character) in ("Cc", "Cf", "Co", "Cn") for character in text)
