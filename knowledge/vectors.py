"""Inner-product index on FAISS, exact unless it is very large, and its serialisation."""

from __future__ import annotations

from typing import Any, Final

import faiss
import numpy as np
from numpy.typing import NDArray

from anomaly_core.errors import StoreDamaged

Vectors = NDArray[np.float32]
EXACT_BYTES: Final = 256 * 1024**2
"""Bytes of the largest index that is searched row by row: 440,000 patches of EfficientNet-Lite0, or 135,000
images of the default pair, of which one is found in some hundredths of a second (benchmarks/nearest.py)."""
PROBES: Final = 64
"""Lists that a query looks through: from there on at least 99 in 100 nearest rows are found."""


def unit_rows(vectors: Vectors) -> Vectors:
    """Return (n, D) rows, L2-normalised; (D,) becomes (1, D). Raises ValueError for a zero or nan row."""
    rows = np.atleast_2d(np.asarray(vectors, dtype=np.float32))
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    if not np.all(np.isfinite(norms)) or not np.all(norms > 0):
        raise ValueError("an embedding is zero or not finite")
    return np.ascontiguousarray(rows / norms)


def exact(rows: Vectors) -> Any:
    """Return a FAISS index that compares a query with every one of (n, D) unit rows."""
    index = faiss.IndexFlatIP(rows.shape[1])
    index.add(rows)
    return index


def inverted(rows: Vectors) -> Any:
    """Return a FAISS index of lists of similar rows, of which a query looks through the nearest few."""
    lists = int(4 * len(rows) ** 0.5)
    index = faiss.IndexIVFFlat(
        faiss.IndexFlatIP(rows.shape[1]), rows.shape[1], lists, faiss.METRIC_INNER_PRODUCT
    )
    index.cp.max_points_per_centroid = 64
    index.train(rows)
    index.add(rows)
    return index


class VectorIndex:
    """Immutable index of (n, D) float32 unit rows; a similarity is a cosine in [-1, 1]. Thread-safe.

    Beyond EXACT_BYTES a search misses a few rows, and finds fewer than it is asked for.
    """

    def __init__(self, rows: Vectors) -> None:
        rows = np.ascontiguousarray(rows, dtype=np.float32)
        self._index: Any = exact(rows) if rows.nbytes <= EXACT_BYTES else inverted(rows)  # faiss has no stubs

    @classmethod
    def from_bytes(cls, data: bytes, *, key: str, count: int, remedy: str) -> VectorIndex:
        """Return the index of `to_bytes`'s result, which must have `count` rows.

        Raises StoreDamaged, naming the `key` of `data` in the store, and the remedy.
        """
        try:
            index = faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8))
        except RuntimeError as error:
            raise StoreDamaged(f"{key} is no FAISS index ({error}): {remedy}") from error
        if index.ntotal != count or index.metric_type != faiss.METRIC_INNER_PRODUCT:
            raise StoreDamaged(f"{key} does not hold the {count} vectors of its record: {remedy}")
        made = cls.__new__(cls)  # as it was built: lists take long to make
        made._index = index
        return made

    def to_bytes(self) -> bytes:
        """Return the index in FAISS's format."""
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

        query: (D,) or (1, D), of length 1. k >= 1. among: row numbers to search, one or more; all by default.
        Raises ValueError for a query of another D.
        """
        query = np.atleast_2d(query)
        if query.shape != (1, self._index.d):
            raise ValueError(f"the query has shape {query.shape[1:]}, the index holds ({self._index.d},)")
        made: Any = faiss  # a part of its names has stubs
        has_lists = isinstance(self._index, faiss.IndexIVF)
        parameters = made.SearchParametersIVF(nprobe=PROBES) if has_lists else made.SearchParameters()
        if among is not None:
            # Kept in a variable, since faiss holds no reference to the selector.
            selector = faiss.IDSelectorBatch(among)
            parameters.sel = selector
        count = min(k, len(self) if among is None else len(among))
        similarities, rows = self._index.search(query, count, params=parameters)
        found = rows[0] >= 0
        return similarities[0][found], rows[0][found]
