"""What tells languages with Latin letters apart: how often each has a trigram or a whole word.

Naive Bayes with add-one smoothing (Cavnar and Trenkle, 1994, for the n-grams), fitted to the examples of
questions and to the words that name types of defects.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from agents.questions.learned.encoder import normalised
from agents.questions.learned.examples import LANGUAGES, Example, all_examples
from agents.questions.lexicon.words import SPACELESS, words_of
from anomaly_core.errors import WeightsDamaged
from anomaly_core.files import write_whole

FILE: Final = Path(__file__).with_name("languages.npz")
CODES: Final[tuple[str, ...]] = tuple(code for code in LANGUAGES if code not in SPACELESS)
WORD_WEIGHT: Final = 2
FAMILIAR: Final = 0.8
"""Least share of a text's trigrams that a language has, for a text without a word of it to be of it."""
_WORD_MARK: Final = "="
_OF_LIMITS: Final = ("limit", "above", "below", "no_more", "no_less", "long", "length", "width")
"""Meanings of words that short questions with a number are made of: "entro 2 mm?"."""


@dataclass(frozen=True, eq=False)
class LanguageTable:
    """How often each feature was seen. features: n trigrams, and words after "=". counts: (n, `CODES`)."""

    features: Sequence[str]
    counts: NDArray[np.int64]

    @classmethod
    def fit(cls) -> Self:
        """Count the features of the examples; takes a second."""
        counts: dict[str, Counter[str]] = {code: Counter() for code in CODES}
        _count_examples([one for one in all_examples() if one.language in counts], counts)
        for code, own in counts.items():
            own.update(features_of(_words_in_tables(code)))
        features = sorted(set().union(*counts.values()))
        return cls(features, np.array([[counts[code][one] for code in CODES] for one in features]))

    def save(self, path: Path = FILE) -> None:
        """Write the table, to be read by `load_table`."""
        written = BytesIO()
        letters = np.frombuffer("\n".join(self.features).encode(), np.uint8)
        np.savez_compressed(written, features=letters, counts=self.counts.astype(np.uint32))
        write_whole(path, written.getvalue())


@dataclass(frozen=True, eq=False)
class Fitted:
    """The log-probabilities of features. rows: a feature's row. seen: (n, `CODES`). totals: (`CODES`,)."""

    rows: dict[str, int]
    seen: NDArray[np.bool_]
    logs: NDArray[np.float64]
    totals: NDArray[np.float64]

    @classmethod
    def to(cls, table: LanguageTable) -> Self:
        """Return the log-probabilities of a table."""
        totals = np.log(table.counts.sum(axis=0) + len(table.features))
        rows = {feature: row for row, feature in enumerate(table.features)}
        return cls(rows, table.counts > 0, np.log(table.counts + 1) - totals, totals)

    def scores(self, text: str) -> dict[str, float] | None:
        """Return each language's log-probability of a normalised text; None for one of none of them."""
        features = list(features_of(text))
        if not self._is_familiar(features):
            return None
        total = np.zeros(len(CODES))
        for feature in features:
            row = self.rows.get(feature)
            logs = -self.totals if row is None else self.logs[row]
            total += logs * (WORD_WEIGHT if feature.startswith(_WORD_MARK) else 1)
        return dict(zip(CODES, total.tolist(), strict=True))

    def _is_familiar(self, features: Sequence[str]) -> bool:
        """Return whether a language has a whole word of a text, or most of its trigrams."""
        rows = [self.rows.get(one) for one in features if not one.startswith(_WORD_MARK)]
        if any(one in self.rows for one in features if one.startswith(_WORD_MARK)):
            return True
        shared = self.seen[[row for row in rows if row is not None]].sum(axis=0)
        return bool(shared.max() >= FAMILIAR * max(len(rows), 1))


@cache
def load_table() -> Fitted:
    """Return the table that comes with the program. Raises WeightsDamaged where it cannot be read."""
    try:
        with np.load(FILE, allow_pickle=False) as kept:
            letters, counts = kept["features"], kept["counts"].astype(np.int64)
        return Fitted.to(LanguageTable(letters.tobytes().decode().split("\n"), counts))
    except (OSError, KeyError, ValueError) as error:
        raise WeightsDamaged(f"{FILE} cannot be read ({error}): install the program again.") from error


def features_of(text: str) -> Iterator[str]:
    """Yield the words of a normalised text, each after "=", and their trigrams."""
    for word in re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", text):
        yield f"{_WORD_MARK}{word}"
        padded = f" {word} "
        yield from (padded[at : at + 3] for at in range(len(padded) - 2))


def _count_examples(examples: Sequence[Example], counts: dict[str, Counter[str]]) -> None:
    """Add the features of examples to their languages' counts, but those of gibberish.

    An example of `other` none of whose words a question about parts has is of no language.
    """
    found = [list(features_of(normalised(one.text))) for one in examples]
    asked = {
        (one.language, word)
        for one, features in zip(examples, found, strict=True)
        if one.kind != "other"
        for word in features
        if word.startswith(_WORD_MARK)
    }
    for one, features in zip(examples, found, strict=True):
        if one.kind != "other" or any((one.language, word) in asked for word in features):
            counts[one.language].update(features)


def _words_in_tables(code: str) -> str:
    """Return the words that name types of defects and limits in a language, of three letters or more."""
    words = words_of(code)
    # A letter that may want its accent stands in brackets.
    patterns = (
        re.sub(r"\[(\w)\w\]", r"\1", re.sub(r"\\\w", " ", one.pattern))
        for one in (*words.types.values(), *(words.by_meaning[name] for name in _OF_LIMITS))
    )
    return " ".join(word for one in patterns for word in re.findall(r"[^\W\d]{3,}", one))
