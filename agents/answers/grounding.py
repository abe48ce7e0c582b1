"""A small model's sentence held against the plain answer: it must say part of it, in order, and turn nothing.

A model of 135 million parameters writes fluent English that is wrong, beside the point, or goes in circles.
Its words are shown only where code can tell what they rest on: a sentence is aligned, word by word, with a
clause of the plain answer, and gets that clause's citations. Words that carry no content are free. Everything
else must stand there in the same order, with small gaps, and no gap may hold a number, a place
or a word that turns the meaning ("not", "if"). The rules read English.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from agents.answers.guardrails import cited_ids, sentences
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
"""Words that a sentence may add or leave out: they claim nothing that the verdict does not."""
_TURNING: Final = frozenset(
    (
        "no", "not", "never", "without", "unless", "if", "only", "hardly", "otherwise", "except", "but",
        "can", "cannot", "may", "might", "could", "would", "unknown", "nothing", "none", "then", "or",
        "beyond", "within", "other", "another", "here", "good",
    )
)  # fmt: skip
"""Words whose omission changes what a sentence says."""
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
"""Content words of a sentence at least: one or two of them claim too little to be checked."""


def degenerate(text: str, *, question: str, instructions: str, facts: str) -> str | None:
    """Return why a model's sentence is no sentence that can be shown, or None where it may be one.

    question: that it answers. instructions: that it was given, and must not repeat. facts: the plain answer;
    a letter beyond ASCII must come from it.
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
    told = _tokens(instructions)
    if any(tuple(told[i : i + 4]) == tuple(words[j : j + 4]) for i in range(len(told) - 3)
           for j in range(len(words) - 3)):  # fmt: skip
        return "it repeats its instructions"
    if set(_content(words)) <= set(_content(_tokens(question))):
        return "it only repeats the question"
    return None


def grounded(sentence: str, answer: str) -> str | None:
    """Return the sentence with the citations of the clause of the plain answer that it says, or None.

    answer: the plain answer without its verdict, each sentence with its citations.
    """
    said = _content(_tokens(sentence))
    if len(said) < _LEAST_CONTENT:
        return None
    for whole in sentences(answer):
        cited = cited_ids(whole)
        if not cited:
            continue
        for clause in _clauses(whole):
            if _aligned(said, _content(_tokens(clause))):
                return f"{sentence[:-1]} [{', '.join(dict.fromkeys(cited))}]{sentence[-1]}"
    return None


def _clauses(sentence: str) -> list[str]:
    """The sentence, citations and quotation marks aside, and each of its parts between semicolons."""
    plain = re.sub(r'\[[^\[\]\n]*[A-Za-z][^\[\]\n]*\]|["\u201c\u201d]', " ", sentence)
    return [plain, *plain.split(";")]


def _aligned(said: Sequence[str], clause: Sequence[str]) -> bool:
    """Whether `said` stands in `clause`, in order, and what is left out turns nothing."""
    return any(_aligned_from(said, clause, start) for start, word in enumerate(clause) if word == said[0])


def _aligned_from(said: Sequence[str], clause: Sequence[str], start: int) -> bool:
    at = start
    for word in said[1:]:
        gap = next((n for n in range(_WIDEST_GAP + 1) if clause[at + 1 + n : at + 2 + n] == [word]), None)
        if gap is None or any(_turns(skipped) for skipped in clause[at + 1 : at + 1 + gap]):
            return False
        at += 1 + gap
    around = [*clause[:start], *clause[at + 1 :]]
    return not any(word in _TURNING for word in around)


def _turns(word: str) -> bool:
    return word in _TURNING or word in _PLACES or word[0].isdigit()


def _tokens(text: str) -> list[str]:
    joined = _PLACE.sub(r"\1-\2", text.lower().replace("\u2019", "'"))
    return [_stem(word) for word in _TOKEN.findall(re.sub(r"n't\b", " not", joined))]


def _stem(word: str) -> str:
    if word in _FREE or word in _TURNING:
        return word
    plain = singular(word)
    plain = "anomaly" if plain.startswith("anomal") else plain
    return _SAME.get(plain, plain)


def _content(tokens: Sequence[str]) -> list[str]:
    return [token for token in tokens if token not in _FREE]


def _readable(text: str) -> bool:
    return not any(unicodedata.category(character) in ("Cc", "Cf", "Co", "Cn") for character in text)
