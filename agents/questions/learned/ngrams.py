"""Hashed character n-grams of questions: the words themselves, beside the meaning that the encoder gives."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agents.questions.learned.encoder import normalised

BUCKETS: Final = 4096
LENGTHS: Final = (2, 3, 4)


def ngrams(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return the (n, BUCKETS) unit rows of texts.

    A row holds the square roots of the counts of a text's n-grams, a space before and after it.
    """
    rows = np.zeros((len(texts), BUCKETS), np.float32)
    for row, text in zip(rows, texts, strict=True):
        for bucket, count in _counts(text).items():
            row[bucket] = count**0.5
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-6), np.float32)


def _counts(text: str) -> Counter[int]:
    padded = f" {normalised(text)} "
    return Counter(
        zlib.crc32(padded[at : at + length].encode()) % BUCKETS
        for length in LENGTHS
        for at in range(len(padded) - length + 1)
    )
