"""Hashed character n-grams of questions: the words themselves, beside the meaning that the encoder gives."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from agents.questions.encoder import normalised

if TYPE_CHECKING:
    from scipy.sparse import csr_array

BUCKETS: Final = 4096
LENGTHS: Final = (2, 3, 4)
WEIGHT: Final = 1.0
"""Length of a text's n-gram vector, where that of its sentence vector is 1."""


def ngrams(texts: Sequence[str]) -> csr_array:
    """Return the (n, BUCKETS) sparse float32 rows of texts, each of length `WEIGHT`.

    A row holds the square roots of the counts of a text's n-grams, a space before and after it.
    """
    from scipy.sparse import csr_array

    columns, values, starts = [], [], [0]
    for text in texts:
        counts = _counts(text)
        found = np.sqrt(np.array(list(counts.values()), np.float32))
        columns += list(counts)
        values += (found * (WEIGHT / max(float(np.linalg.norm(found)), 1e-6))).tolist()
        starts.append(len(columns))
    shape = (len(texts), BUCKETS)
    return csr_array(
        (np.array(values, np.float32), np.array(columns, np.int32), np.array(starts)), shape=shape
    )


def _counts(text: str) -> Counter[int]:
    padded = f" {normalised(text)} "
    return Counter(
        zlib.crc32(padded[at : at + length].encode()) % BUCKETS
        for length in LENGTHS
        for at in range(len(padded) - length + 1)
    )
