"""Exact search by inner product over FAISS: from unit rows to an index, to its bytes, and back."""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from anomaly_core.errors import StoreDamaged

Vectors = NDArray[np.float32]


def unit_rows(vectors: Vectors) -> Vectors:
    """L2-normalise the rows of (n, D); (D,) becomes (1, D). Raises ValueError for one without direction."""
    rows = np.atleast_2d(np.asarray(vectors, dtype=np.float32))
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    if not np.all(np.isfinite(norms)) or not np.all(norms > 0):
        raise ValueError("an embedding is zero or not finite")
    return np.ascontiguousarray(rows / norms)


class VectorIndex:
    """(n, D) float32 rows of length 1, so that a similarity is a cosine in [-1, 1].

    Never changed once made, so any number of threads may search it at once.
    """

    def __init__(self, rows: Vectors) -> None:
        self._index: Any = faiss.IndexFlatIP(rows.shape[1])  # faiss has no type stubs
        self._index.add(np.ascontiguousarray(rows, dtype=np.float32))

    @classmethod
    def from_bytes(cls, data: bytes, *, key: str, count: int, remedy: str) -> VectorIndex:
        """Read what `to_bytes` gave; `count` rows are expected.

        Raises StoreDamaged, which names the `key` that `data` was stored under, and the remedy.
        """
        try:
            index = faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8))
        except RuntimeError as error:
            raise StoreDamaged(f"{key} is no FAISS index ({error}): {remedy}") from error
        if index.ntotal != count or index.metric_type != faiss.METRIC_INNER_PRODUCT:
            raise StoreDamaged(f"{key} does not hold the {count} vectors of its record: {remedy}")
        return cls(index.reconstruct_n(0, count))

    def to_bytes(self) -> bytes:
        """Return the index in FAISS's own format."""
        data: bytes = faiss.serialize_index(self._index).tobytes()
        return data

    @property
    def rows(self) -> Vectors:
        """A copy of the rows, (n, D)."""
        return np.asarray(self._index.reconstruct_n(0, self._index.ntotal), dtype=np.float32)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(
        self, query: Vectors, k: int, among: NDArray[np.int64] | None = None
    ) -> tuple[Vectors, NDArray[np.int64]]:
        """Return (similarities, rows) of the up to `k` rows most similar to a query, best first.

        query: (D,) or (1, D), of length 1. k: 1 or more. among: the rows to choose from, 1 or more; all by
        default. Raises ValueError for a query of another D.
        """
        query = np.atleast_2d(query)
        if query.shape != (1, self._index.d):
            raise ValueError(f"the query has shape {query.shape[1:]}, the index holds ({self._index.d},)")
        parameters: Any = None
        if among is not None:
            # In a name of its own: the selector must outlive the search, and faiss only borrows it.
            selector = faiss.IDSelectorBatch(among)
            parameters = faiss.SearchParameters()
            parameters.sel = selector
        count = min(k, len(self) if among is None else len(among))
        similarities, rows = self._index.search(query, count, params=parameters)
        return similarities[0], rows[0]
