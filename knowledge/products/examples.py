"""Confirmed examples of defects: regions with a human label, searched by the similarity of their features.

Examples are stored apart from the enrolment: enrolling the product again keeps them.
"""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from anomaly_core.errors import ConfigError, StoreDamaged
from knowledge.products.record import product_folder
from knowledge.store.snapshot import Snapshot
from knowledge.store.store import Store, Transaction
from knowledge.vectors import VectorIndex, unit_rows

PREFIX: Final = "examples/"
LONGEST_NAME: Final = 80
_REMEDY = "confirm the examples again, or restore the store from a backup"


@dataclass(frozen=True)
class Example:
    """One confirmed defect.

    id: unique in its product. defect: its type, a human label. sha256, file_name: of the image.
    bbox: (x0, y0, x1, y1), original pixels, end-exclusive. encoder: name of the encoder of its features.
    """

    id: str
    defect: str
    sha256: str
    file_name: str
    bbox: tuple[int, int, int, int]
    encoder: str


@dataclass(frozen=True)
class ExampleHit:
    """An example similar to a region. similarity: of their features, in [-1, 1]."""

    example: Example
    similarity: float


@dataclass(frozen=True)
class _Kept:
    """A product's examples, and their features, (n, D), in the same order."""

    examples: tuple[Example, ...]
    vectors: NDArray[np.float32]


class ExampleIndex:
    """The confirmed examples in a store, by encoder, cached for one version of the store. Thread-safe."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._cached: tuple[Snapshot, dict[str, _Kept]] | None = None

    def examples(self, product: str) -> list[Example]:
        """Return a product's examples of all encoders. Raises StoreDamaged."""
        snapshot = self._store.snapshot()
        keys = snapshot.keys(_product_folder(product))
        folders = [key.removesuffix("examples.json") for key in keys if key.endswith("/examples.json")]
        return [example for folder in folders for example in self._kept(snapshot, folder).examples]

    def nearest(
        self, product: str, features: NDArray[np.float32], *, encoder: str, k: int = 50
    ) -> list[ExampleHit]:
        """Return the `k` examples of an encoder most similar to (D,) features, best first.

        Raises StoreDamaged, ValueError for features of another length.
        """
        kept = self._kept(self._store.snapshot(), _folder(product, encoder))
        if not kept.examples:
            return []
        similarities, rows = VectorIndex(kept.vectors).search(unit_rows(features), k)
        pairs = zip(similarities.tolist(), rows.tolist(), strict=True)
        return [ExampleHit(kept.examples[row], similarity) for similarity, row in pairs]

    def cross_type_similarities(self, product: str, *, encoder: str) -> list[float]:
        """Return the similarities, in [-1, 1], of all pairs of examples of different types."""
        kept = self._kept(self._store.snapshot(), _folder(product, encoder))
        names = [example.defect for example in kept.examples]
        similarities = kept.vectors @ kept.vectors.T
        pairs = combinations(range(len(names)), 2)
        return [float(similarities[i, j]) for i, j in pairs if names[i] != names[j]]

    def _kept(self, snapshot: Snapshot, folder: str) -> _Kept:
        with self._lock:
            if self._cached is None or self._cached[0] is not snapshot:
                self._cached = (snapshot, {})
            known = self._cached[1]
            if folder not in known:
                known[folder] = _read(snapshot, folder)
            return known[folder]


def put_example(tx: Transaction, product: str, example: Example, features: NDArray[np.float32]) -> None:
    """Put an example with its (D,) features into a transaction, in place of one with the same id.

    Raises ConfigError for an invalid type name, ValueError for features of another length.
    """
    name = example.defect
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise ConfigError(f"{name!r} is no defect type: use 1 to {LONGEST_NAME} printable characters")
    folder, row = _folder(product, example.encoder), unit_rows(features)
    kept = _read(tx, folder)
    places = [n for n, other in enumerate(kept.examples) if other.id != example.id]
    vectors = kept.vectors[places] if places else np.empty((0, row.shape[1]), dtype=np.float32)
    if vectors.shape[1] != row.shape[1]:
        raise ValueError(f"features have length {row.shape[1]}, the other examples' {vectors.shape[1]}")
    examples = (*(kept.examples[n] for n in places), example)
    record = {"examples": [asdict(each) for each in examples]}
    tx.put(f"{folder}examples.json", json.dumps(record, indent=1).encode())
    tx.put(f"{folder}index.faiss", VectorIndex(np.concatenate([vectors, row])).to_bytes())


def _product_folder(product: str) -> str:
    return PREFIX + product_folder(product).partition("/")[2]


def _folder(product: str, encoder: str) -> str:
    return f"{_product_folder(product)}{hashlib.sha256(encoder.encode()).hexdigest()[:12]}/"


def _read(source: Snapshot | Transaction, folder: str) -> _Kept:
    if not source.keys(folder):
        return _Kept((), np.empty((0, 0), dtype=np.float32))
    key, index_key = f"{folder}examples.json", f"{folder}index.faiss"
    try:
        record: dict[str, Any] = json.loads(source.read(key))
        examples = tuple(Example(**{**each, "bbox": tuple(each["bbox"])}) for each in record["examples"])
        data = source.read(index_key)
    except (KeyError, TypeError, ValueError) as error:
        raise StoreDamaged(f"{key} holds no examples ({error}): {_REMEDY}") from error
    index = VectorIndex.from_bytes(data, key=index_key, count=len(examples), remedy=_REMEDY)
    return _Kept(examples, index.rows)
