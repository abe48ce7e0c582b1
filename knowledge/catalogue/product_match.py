"""Match of a text to the product that it is about, by name or by similarity to the product's notes.

A text that names a product is about it. For any other text, a product's score is the cosine to its nearest
passage plus the share of the text's words, weighted by rarity, that its notes contain. The constants were
chosen on synthetic notes by `benchmarks/retrieval.py`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from anomaly_core.encoders.base import TextEncoder
from anomaly_core.names import spellings
from knowledge.catalogue.bm25 import words
from knowledge.catalogue.passages import Passage
from knowledge.text import singular

COVERAGE: Final = 1.0
"""Weight of the share of words, beside the cosine."""
FLOOR: Final = 0.65
"""Least score of the product of a text that names none."""
LEAD: Final = 0.05
"""Least difference between the best score and the next: "what causes a scratch?" is about no product."""
_SHORT: Final = 2
"""Letters up to which a name is only named by a word of its own."""
_SLACK: Final = 3
"""Other words that may stand among those of a name: "bag of screws" names the screw bag."""
_HISS: Final = re.compile(r"(?<=ss|ch|sh)e$|(?<=x)e$")
_TOKEN: Final = re.compile(r"[a-zA-Z\u00c0-\u024f]+|[^\W\d_a-zA-Z\u00c0-\u024f]+|\d+")
"""Words and numbers; what follows a name in letters in another script is none of it."""
_UNSPACED: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Characters of scripts that write a name and what follows it as one word."""


@dataclass(frozen=True)
class TextMatch:
    """The product that a text is about. name: None where ambiguous. named: whether the text names it.

    candidates: (product, score), best first; score: cosine plus share of words, or 0 without vectors.
    """

    name: str | None
    named: bool
    candidates: tuple[tuple[str, float], ...]


class ProductNames:
    """The products of passages, for matching."""

    def __init__(
        self, passages: Sequence[Passage], vectors: NDArray[np.float32] | None, encoder: TextEncoder | None
    ) -> None:
        """passages: those about no product are ignored. vectors: of all passages, (n, D), of `encoder`."""
        kept = [row for row, passage in enumerate(passages) if passage.product]
        self.names = sorted({str(passages[row].product) for row in kept})
        self._rows = [[row for row in kept if passages[row].product == name] for name in self.names]
        self._vectors, self._encoder = vectors, encoder
        self._words = [
            {word for row in rows for word in _content(_spaced(_all_text(passages[row])))}
            for rows in self._rows
        ]
        defects = [passages[row].defect or "" for row in kept if passages[row].defect != "good"]
        self._defect_words = {word for defect in defects for word in words(_spaced(defect))}

    def find(self, text: str) -> TextMatch:
        """Return the product that a text is about."""
        scores = self._scores(text)
        order = sorted(range(len(self.names)), key=lambda i: (-scores[i], self.names[i]))
        candidates = tuple((self.names[i], round(scores[i], 4)) for i in order)
        named = mentioned(text, self.names)
        if named:
            return TextMatch(next(name for name, _ in candidates if name in named), True, candidates)
        best, *others = [score for _, score in candidates] or [0.0]
        clear = best >= FLOOR and all(best - other >= LEAD for other in others[:1])
        return TextMatch(candidates[0][0] if clear else None, False, candidates)

    def _scores(self, text: str) -> list[float]:
        if self._vectors is None or self._encoder is None or not self.names:
            return [0.0] * len(self.names)
        # With and without words of defects, which the notes of many products share.
        plain = " ".join(w for w in re.findall(r"\w+", text) if not set(words(w)) & self._defect_words)
        queries = self._encoder.encode_text([text, plain or text]).numpy()
        cosines = self._vectors @ queries.mean(axis=0)
        wanted = _content(_spaced(text))
        weights = {
            word: math.log(1 + len(self.names) / (0.5 + sum(word in known for known in self._words)))
            for word in wanted
        }
        total = sum(weights.values()) or 1.0
        return [
            float(cosines[rows].max()) + COVERAGE * sum(weights[w] for w in wanted & known) / total
            for rows, known in zip(self._rows, self._words, strict=True)
        ]


def mentioned(text: str, names: Sequence[str], common: Collection[str] = ()) -> list[str]:
    """Return the names in a text, whatever their case, accents, spaces, plural and word order.

    Of two names, one within the other, the longer; of two that differ in number alone, the one in the text.
    common: words, in lower case, that name nothing there: the "line" of "which line?" is no product Line.
    """
    whole = {word.lower() for word in re.findall(r"\w+", text)}
    said = {_stem(word) for word in common}
    found = {
        name: level
        for name in names
        if (level := _level(text, name)) and not _names_nothing(name, said) and _stands_alone(name, whole)
    }
    exact = {_joined(name) for name, level in found.items() if level == 2}
    kept = []
    for name, level in found.items():
        parts = {_stem(token) for token in _tokens(name)}
        longer = any(parts < {_stem(t) for t in _tokens(other)} for other in found if other != name)
        rival = any(_stem(other) == _stem(_joined(name)) for other in exact if other != _joined(name))
        if not longer and not (level == 1 and rival):
            kept.append(name)
    return kept


def _names_nothing(name: str, said: set[str]) -> bool:
    """Return whether all words of a name are among the stems of words that name nothing."""
    letters = [token for token in _tokens(name) if not token.isdecimal()]
    return bool(letters) and all(_stem(token) in said for token in letters)


def _stands_alone(name: str, whole: set[str]) -> bool:
    """Return whether a name is a word of a text where it is too short to be a part of one: "c" of "c9"."""
    joined = _joined(name)
    return len(joined) > _SHORT or _UNSPACED.search(joined) is not None or joined in whole


def _level(text: str, name: str) -> int:
    """Return 0 where a text does not have the name, 1 in another form or without accents, else 2."""
    if (level := _mention(_tokens(text), name)) == 2:
        return level
    ways = [(_tokens(said), spelt) for said in spellings(text) for spelt in spellings(name)]
    return max(level, *(min(_mention(said, spelt), 1) for said, spelt in ways))


def _mention(spelt: Sequence[str], name: str) -> int:
    """Return 0 where the tokens do not contain the name, 1 in another form, 2 as it is spelt."""
    tokens = _tokens(name)
    joined, stem = "".join(tokens), _stem("".join(tokens))
    best = 0
    for start in range(len(spelt)):
        run = ""
        for token in spelt[start : start + len(tokens) + 3]:
            run += token
            if run == joined:
                return 2
            best = max(best, int(_stem(run) == stem))
    if _UNSPACED.search(joined) and joined in "".join(spelt):
        return 2
    stems = [_stem(token) for token in spelt]
    wanted = {_stem(token) for token in tokens}
    reach = len(tokens) + _SLACK
    if len(wanted) > 1 and any(wanted <= set(stems[i : i + reach]) for i in range(len(stems))):
        best = max(best, 1)
    return best


def _tokens(name: str) -> list[str]:
    return [token.lower() for token in _TOKEN.findall(name)]


def _joined(name: str) -> str:
    return "".join(_tokens(name))


def _stem(token: str) -> str:
    """Return a token without its plural ending, also "es" after a sibilant, as in "brushes"."""
    return _HISS.sub("", singular(token))


def _spaced(text: str) -> str:
    """Return a text with spaces between letters and digits and for underscores: "pcb 1" of "pcb1"."""
    return " ".join(_TOKEN.findall(text))


def _content(text: str) -> set[str]:
    return set(words(text))


def _all_text(passage: Passage) -> str:
    return " ".join((passage.product or "", passage.defect or "", passage.title, passage.text))
