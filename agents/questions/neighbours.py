"""The kinds of the examples nearest to a question: what the linear head, one plane a kind, cannot follow.

The vectors of all examples are kept on their first principal axes, as int8; the nearest ones vote for their
kinds, the nearer the more (k nearest neighbours, Cover and Hart, doi 10.1109/TIT.1967.1053964).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

AXES: Final = 64
"""Principal axes that are kept; with more, questions of writers left out are not understood better."""
NEAREST: Final = 20
FADES: Final = 0.05
"""Fall of the cosine at which a vote counts 1 / e of the nearest one's."""
STEP: Final = 1 / 127
"""Of the kept coordinates, which lie in [-1, 1]."""


@dataclass(frozen=True, eq=False)
class Neighbours:
    """axes: (512, AXES). vectors: (n, AXES) int8, unit vectors in steps of STEP. kinds: (n,) uint8."""

    axes: NDArray[np.float16]
    vectors: NDArray[np.int8]
    kinds: NDArray[np.uint8]

    @classmethod
    def of(cls, vectors: NDArray[np.float32], kinds: NDArray[np.int64]) -> Self:
        """Keep the (n, 512) sentence vectors of examples, and their kinds, (n,)."""
        _, directions = np.linalg.eigh(vectors.T.astype(np.float64) @ vectors)
        axes = directions[:, ::-1][:, :AXES].astype(np.float16)
        steps = np.round(_on(axes, vectors) / STEP)
        return cls(axes, steps.astype(np.int8), kinds.astype(np.uint8))

    def shares(self, vectors: NDArray[np.float32], classes: int) -> NDArray[np.float32]:
        """Return the (n, classes) shares of the votes on (n, 512) sentence vectors; each row sums to 1."""
        cosines = _on(self.axes, vectors) @ (self.vectors.T * np.float32(STEP))
        nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :NEAREST]
        near = np.take_along_axis(cosines, nearest, axis=1)
        votes = np.exp((near - near[:, :1]) / FADES)
        found = np.zeros((len(vectors), classes), np.float32)
        np.add.at(found, (np.arange(len(vectors))[:, None], self.kinds[nearest]), votes)
        return np.asarray(found / found.sum(axis=1, keepdims=True), np.float32)


def _on(axes: NDArray[np.float16], vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the coordinates of vectors on the axes, as unit vectors."""
    along = vectors @ axes.astype(np.float32)
    lengths = np.linalg.norm(along, axis=1, keepdims=True)
    return np.asarray(along / np.maximum(lengths, 1e-6), np.float32)
