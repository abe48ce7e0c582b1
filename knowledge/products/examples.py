"""Confirmed examples of defects over FAISS: regions that a person named, found again by their features.

A product's examples lie beside its enrolment, not in it: enrolling the product again keeps them.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any, Final

import faiss
import numpy as np
from numpy.typing import NDArray

from anomaly_core.errors import ConfigError, KnowledgeError, StoreDamaged
from knowledge.products.novelty import unit_rows
from knowledge.products.record import product_folder
from knowledge.store.snapshot import Snapshot
from knowledge.store.store import Store, Transaction

PREFIX: Final = "examples/"
LONGEST_NAME: Final = 80
_MEND = "confirm the examples again, or restore the store from a backup"


@dataclass(frozen=True)
class Example:
    """One confirmed defect.

    id: unique in its product. defect: its type, as the person named it. sha256, file_name: of the image.
    bbox: (x0, y0, x1, y1), original pixels, end-exclusive. encoder: that gave its features.
    """

    id: str
    defect: str
    sha256: str
    file_name: str
    bbox: tuple[int, int, int, int]
    encoder: str


@dataclass(frozen=True)
class ExampleHit:
    """An example near a region. similarity: of their features, in [-1, 1]."""

    example: Example
    similarity: float


@dataclass(frozen=True)
class _Kept:
    """A product's examples, and their features in the same order."""

    examples: tuple[Example, ...]
    vectors: NDArray[np.float32]


class ExampleIndex:
    """The confirmed examples in a store. Each encoder's are kept apart: their features cannot be compared."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._cached: tuple[Snapshot, dict[str, _Kept]] | None = None

    def add(self, product: str, example: Example, features: NDArray[np.float32]) -> int:
        """Add an example in one transaction and return how many its product has.

        Raises as `put_example` does, and StoreBusy, StoreError.
        """
        with self._store.transaction(f"example {product}: {example.defect}") as tx:
            return put_example(tx, product, example, features)

    def remove(self, product: str, id_: str) -> None:
        """Forget an example. Raises KnowledgeError where there is none by this id, StoreBusy, StoreError."""
        with self._store.transaction(f"remove example {product}: {id_}") as tx:
            known: list[str] = []
            for folder in _folders(tx, product):
                kept = _read(tx, folder)
                known += [example.id for example in kept.examples]
                places = [n for n, example in enumerate(kept.examples) if example.id != id_]
                if len(places) < len(kept.examples):
                    _write(tx, folder, _Kept(tuple(kept.examples[n] for n in places), kept.vectors[places]))
                    return
            raise KnowledgeError(f"{product} has no example {id_}: name one of {', '.join(known) or 'none'}")

    def examples(self, product: str) -> list[Example]:
        """Return a product's examples, of every encoder. Raises StoreDamaged."""
        snapshot = self._store.snapshot()
        return [
            example for folder in _folders(snapshot, product) for example in _read(snapshot, folder).examples
        ]

    def nearest(
        self, product: str, features: NDArray[np.float32], *, encoder: str, k: int = 50
    ) -> list[ExampleHit]:
        """Return up to `k` examples, of this encoder, most similar to (D,) features, best first.

        Raises StoreDamaged, ValueError for features of another length than the examples'.
        """
        kept = self._kept(_folder(product, encoder))
        if not kept.examples:
            return []
        if features.shape != (kept.vectors.shape[1],):
            raise ValueError(
                f"features of shape {features.shape}, the examples' is ({kept.vectors.shape[1]},)"
            )
        index = faiss.IndexFlatIP(kept.vectors.shape[1])
        index.add(np.ascontiguousarray(kept.vectors))
        similarities, rows = index.search(unit_rows(features), min(k, len(kept.examples)))
        pairs = zip(similarities[0].tolist(), rows[0].tolist(), strict=True)
        return [ExampleHit(kept.examples[row], similarity) for similarity, row in pairs]

    def apart(self, product: str, *, encoder: str) -> list[float]:
        """Return the similarities, in [-1, 1], of a product's examples of different types to each other."""
        kept = self._kept(_folder(product, encoder))
        names = [example.defect for example in kept.examples]
        similarities = kept.vectors @ kept.vectors.T
        pairs = combinations(range(len(names)), 2)
        return [float(similarities[i, j]) for i, j in pairs if names[i] != names[j]]

    def _kept(self, folder: str) -> _Kept:
        snapshot = self._store.snapshot()
        if self._cached is None or self._cached[0] is not snapshot:
            self._cached = (snapshot, {})
        known = self._cached[1]
        if folder not in known:
            known[folder] = _read(snapshot, folder)
        return known[folder]


def put_example(tx: Transaction, product: str, example: Example, features: NDArray[np.float32]) -> int:
    """Put an example, with its (D,) features, into a transaction; one with the same id gives way to it.

    Returns how many examples the product then has of this encoder. Raises ConfigError for a name that is
    none; ValueError for features of another length than the others'.
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
    _write(tx, folder, _Kept(examples, np.concatenate([vectors, row])))
    return len(examples)


def _product_folder(product: str) -> str:
    return PREFIX + product_folder(product).partition("/")[2]


def _folder(product: str, encoder: str) -> str:
    return f"{_product_folder(product)}{hashlib.sha256(encoder.encode()).hexdigest()[:12]}/"


def _folders(source: Snapshot | Transaction, product: str) -> list[str]:
    keys = source.keys(_product_folder(product))
    return [key.removesuffix("examples.json") for key in keys if key.endswith("/examples.json")]


def _write(tx: Transaction, folder: str, kept: _Kept) -> None:
    if not kept.examples:
        for key in tx.keys(folder):
            tx.delete(key)
        return
    index = faiss.IndexFlatIP(kept.vectors.shape[1])
    index.add(np.ascontiguousarray(kept.vectors, dtype=np.float32))
    record = {"examples": [asdict(example) for example in kept.examples]}
    tx.put(f"{folder}examples.json", json.dumps(record, indent=1).encode())
    tx.put(f"{folder}index.faiss", faiss.serialize_index(index).tobytes())


def _read(source: Snapshot | Transaction, folder: str) -> _Kept:
    if not source.keys(folder):
        return _Kept((), np.empty((0, 0), dtype=np.float32))
    key = f"{folder}examples.json"
    try:
        record: dict[str, Any] = json.loads(source.read(key))
        examples = tuple(Example(**{**each, "bbox": tuple(each["bbox"])}) for each in record["examples"])
        index = faiss.deserialize_index(np.frombuffer(source.read(f"{folder}index.faiss"), dtype=np.uint8))
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise StoreDamaged(f"{key} holds no examples ({error}): {_MEND}") from error
    if index.ntotal != len(examples):
        raise StoreDamaged(f"{folder}index.faiss does not fit its examples: {_MEND}")
    return _Kept(examples, index.reconstruct_n(0, index.ntotal))
