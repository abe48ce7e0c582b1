"""The kinds of the examples nearest to a question: what the linear head, one plane a kind, cannot follow.

Examples are near in meaning and in words alike: by the cosine of their sentence vectors, on the first
principal axes as int8, and by that of the n-grams that they hold. The nearest ones vote for their kinds, the
nearer the more (k nearest neighbours, Cover and Hart, doi 10.1109/TIT.1967.1053964).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

AXES: Final = 128
"""Principal axes that are kept; with more, questions of writers left out are not understood better."""
WORDS: Final = 0.6
"""Weight of the n-grams' cosine against the sentence vectors'."""
NEAREST: Final = 20
FADES: Final = 0.08
"""Fall of the similarity at which a vote counts 1 / e of the nearest one's."""
STEP: Final = 1 / 127
"""Of the kept coordinates, which lie in [-1, 1]."""

Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Examples.

    axes: (512, AXES). vectors: (n, AXES) int8, unit vectors in steps of STEP. buckets: the n-grams of one
    example after the other, each bucket once, in rising order. counts: (n,), how many of them are whose.
    kinds: (n,) uint8.
    """

    axes: NDArray[np.float16]
    vectors: NDArray[np.int8]
    buckets: NDArray[np.uint16]
    counts: NDArray[np.uint16]
    kinds: NDArray[np.uint8]

    @classmethod
    def of(cls, vectors: Array, ngrams: Array, kinds: NDArray[np.int64]) -> Self:
        """Keep (n, 512) sentence vectors, (n, BUCKETS) n-grams and (n,) kinds of examples."""
        _, directions = np.linalg.eigh(vectors.T.astype(np.float64) @ vectors)
        axes = directions[:, ::-1][:, :AXES].astype(np.float16)
        steps = np.round(_on(axes, vectors) / STEP)
        held = ngrams > 0
        return cls(
            axes,
            steps.astype(np.int8),
            np.nonzero(held)[1].astype(np.uint16),
            held.sum(axis=1).astype(np.uint16),
            kinds.astype(np.uint8),
        )

    def shares(self, vectors: Array, ngrams: Array, classes: int) -> Array:
        """Return the (n, classes) shares of the votes; each row sums to 1.

        vectors: (n, 512) and ngrams: (n, BUCKETS), of questions.
        """
        near = (1 - WORDS) * self.meant(vectors)
        for row, words in zip(near, ngrams > 0, strict=True):
            row += WORDS * self._common(words)
        most = min(NEAREST, near.shape[1])
        nearest = np.sort(np.argpartition(-near, most - 1, axis=1)[:, :most], axis=1)
        order = np.argsort(-np.take_along_axis(near, nearest, axis=1), axis=1, kind="stable")
        nearest = np.take_along_axis(nearest, order, axis=1)
        likeness = np.take_along_axis(near, nearest, axis=1)
        found = np.zeros((len(vectors), classes), np.float32)
        np.add.at(found, (np.arange(len(vectors))[:, None], self.kinds[nearest]), votes(likeness))
        return np.asarray(found / found.sum(axis=1, keepdims=True), np.float32)

    def meant(self, vectors: Array) -> Array:
        """Return the (n, examples) cosines of the sentence vectors of (n, 512) questions and examples."""
        return np.asarray(_on(self.axes, vectors) @ self._along, np.float32)

    @cached_property
    def _along(self) -> Array:
        """The (axes, examples) coordinates of the examples."""
        return np.ascontiguousarray(self.vectors.T) * np.float32(STEP)

    @cached_property
    def _holders(self) -> tuple[NDArray[np.int64], NDArray[np.unsignedinteger]]:
        """The examples that hold each bucket, one bucket after the other, and where each begins.

        A question holds few buckets, so it need not be compared with all that the examples hold.
        """
        numbers = np.arange(len(self.counts), dtype=np.min_scalar_type(len(self.counts)))
        ends = np.concatenate([[0], np.cumsum(np.bincount(self.buckets, minlength=1 << 16))])
        return ends, np.repeat(numbers, self.counts)[np.argsort(self.buckets, kind="stable")]

    def _common(self, words: NDArray[np.bool_]) -> Array:
        """Return the (n,) cosines of the examples' n-grams and those of a question, (BUCKETS,)."""
        ends, holders = self._holders
        found = [holders[ends[bucket] : ends[bucket + 1]] for bucket in np.flatnonzero(words)]
        both = np.bincount(np.concatenate([holders[:0], *found]), minlength=len(self.counts))
        lengths = np.sqrt(np.maximum(self.counts.astype(np.float32) * words.sum(), 1.0))
        return np.asarray(both / lengths, np.float32)


def votes(likeness: Array) -> Array:
    """Return the votes of the nearest examples by their likeness, both (n, NEAREST), the nearest first."""
    return np.asarray(np.exp((likeness - likeness[:, :1]) / FADES), np.float32)


def _on(axes: NDArray[np.float16], vectors: Array) -> Array:
    """Return the coordinates of vectors on the axes, as unit vectors."""
    along = vectors @ axes.astype(np.float32)
    lengths = np.linalg.norm(along, axis=1, keepdims=True)
    return np.asarray(along / np.maximum(lengths, 1e-6), np.float32)
