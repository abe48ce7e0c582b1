"""Search index of notes: dense vectors and BM25, fused by reciprocal rank.

Without the text encoder's weights, search is by BM25 alone, and `dense` of the results is false. Notes
without vectors, or with those of another text encoder, are embedded once the encoder is available: in memory
by `search`, in the store by the next `add`.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from anomaly_core.encoders.base import TextEncoder
from anomaly_core.errors import ConfigError, KnowledgeError, WeightsMissing
from anomaly_core.names import name_key
from knowledge.catalogue.bm25 import LexicalIndex
from knowledge.catalogue.entries import Entry, entries_of
from knowledge.catalogue.passages import Passage, to_passages
from knowledge.catalogue.product_match import ProductNames, TextMatch
from knowledge.catalogue.readers.note import read_note
from knowledge.catalogue.readers.table import MappedColumn
from knowledge.catalogue.storage import Note, read_notes, remove_note, text_to_index, write_note
from knowledge.store.snapshot import Snapshot
from knowledge.store.store import Store
from knowledge.text import strip_control
from knowledge.vectors import VectorIndex, Vectors

RANK_CONSTANT: Final = 60
"""k of reciprocal rank fusion (Cormack, Clarke and Buettcher, SIGIR 2009)."""
_POOL: Final = 100
"""Passages of each ranking in the fusion."""


@dataclass(frozen=True)
class AddResult:
    """The result of `add`. passages: number of those files; replaced: number of earlier ones.

    products: named in the files. dense: whether vectors were made. entries: number of types of defect.
    columns: of the files' tables.
    """

    passages: int
    products: tuple[str, ...]
    replaced: int
    dense: bool
    entries: int = 0
    columns: tuple[MappedColumn, ...] = ()


@dataclass(frozen=True)
class PassageHit:
    """A passage found. score: reciprocal rank score in (0, 2/61]. dense: whether vectors were searched."""

    passage: Passage
    score: float
    dense: bool


@dataclass
class _View:
    """The notes of one version of the store; index and names are made at first use."""

    snapshot: Snapshot
    notes: tuple[Note, ...]
    passages: tuple[Passage, ...]
    lexical: LexicalIndex
    index: VectorIndex | None = None
    names: ProductNames | None = None


class DomainIndex:
    """The notes in a store; the text encoder is made at first use. Thread-safe."""

    def __init__(self, store: Store, text_encoder_factory: Callable[[], TextEncoder]) -> None:
        self._store = store
        self._make_encoder = text_encoder_factory
        self._lock = threading.RLock()
        self._encoder: TextEncoder | None = None
        self._cached: _View | None = None

    def add(
        self,
        files: Sequence[Path | str],
        *,
        product: str | None = None,
        check: Callable[[Sequence[str]], None] | None = None,
    ) -> AddResult:
        """Add notes in one transaction, in place of files with the same path or the same bytes.

        product: of notes that name none. check: is given the products that they name before anything is
        written, and may raise. Raises KnowledgeError, StoreBusy, StoreError, WeightsDamaged.
        """
        if not files:
            raise ConfigError("no file to add: name at least one note")
        paths = list(dict.fromkeys(Path(file).resolve() for file in files))
        read = [(path, read_note(path, product)) for path in paths]
        if check is not None:
            check(_distinct(section.product for _, reading in read for section in reading.sections))
        encoder = self._text_encoder()
        added, replaced = [], 0
        with self._store.transaction(f"add {len(paths)} notes") as tx:
            notes = {note.source: note for note in read_notes(tx)}
            for path, reading in read:
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                same = [n for n in notes.values() if n.source == str(path) or n.sha256 == digest]
                for note in same:
                    replaced += len(note.passages)
                    remove_note(tx, note)
                    del notes[note.source]
                label = _label(path, {note.file for note in notes.values()})
                taken = [passage.id for note in notes.values() for passage in note.passages]
                note = Note(str(path), label, digest, tuple(to_passages(reading.sections, label, taken)))
                notes[note.source] = note
                added.append(note.source)
            for source, note in notes.items():
                fresh = note if encoder is None else _embed(note, encoder)
                if source in added or fresh is not note:
                    write_note(tx, fresh)
        passages = [passage for source in added for passage in notes[source].passages]
        return AddResult(
            passages=len(passages),
            products=_distinct(p.product for p in passages),
            replaced=replaced,
            dense=encoder is not None,
            entries=len(entries_of(passages)),
            columns=tuple(column for _, reading in read for column in reading.columns),
        )

    def remove(self, file: Path | str) -> int:
        """Remove a file, given by path or by its name in passage ids; return its number of passages.

        Raises KnowledgeError where there is none, StoreBusy, StoreError.
        """
        with self._store.transaction(f"remove notes {file}") as tx:
            notes = read_notes(tx)
            named = [note for note in notes if note.source == str(Path(file).resolve())]
            named = named or [note for note in notes if note.file == str(file)]
            if not named:
                known = ", ".join(note.file for note in notes) or "none"
                raise KnowledgeError(f"{file}: no such notes in {self._store.root}; name one of: {known}")
            for note in named:
                remove_note(tx, note)
        return sum(len(note.passages) for note in named)

    def entries(self, product: str | None = None) -> list[Entry]:
        """Return the catalogue's entries for a product, without general ones; all entries for None."""
        return entries_of(self.passages(product))

    def notes(self) -> list[Note]:
        """Return the files that were added, by name."""
        return list(self._view().notes)

    def search(self, text: str, *, product: str | None = None, k: int = 5) -> list[PassageHit]:
        """Return the `k` best passages for a text, best first.

        product: only passages about it, in any spelling, or about no product.
        Raises ConfigError for an empty text, StoreDamaged.
        """
        if not text.strip() or k < 1:
            raise ConfigError("nothing to search for: give a text, and k of at least 1")
        view = self._view()
        places = [
            row
            for row, passage in enumerate(view.passages)
            if product is None or passage.product is None or _same(passage.product, product)
        ]
        if not places:
            return []
        rows = np.array(places, dtype=np.int64)
        dense = self._dense(view)
        scores: dict[int, float] = {}
        for ranking in (_by_word(view, text, rows), _by_meaning(dense, text, rows)):
            for rank, row in enumerate(ranking, start=1):
                scores[row] = scores.get(row, 0.0) + 1.0 / (RANK_CONSTANT + rank)
        best = sorted(scores, key=lambda row: (-scores[row], row))[:k]
        return [PassageHit(view.passages[row], scores[row], dense is not None) for row in best]

    def product_of(self, text: str) -> TextMatch:
        """Return the product that a text is about; without the text encoder, by its name alone.

        Raises StoreDamaged.
        """
        view = self._view()
        with self._lock:
            if view.names is None:
                index, encoder = self._dense(view) or (None, None)
                view.names = ProductNames(view.passages, None if index is None else index.rows, encoder)
        return view.names.find(strip_control(text))

    def products(self) -> list[str]:
        """Return the products that notes are about, sorted."""
        return sorted(_distinct(passage.product for passage in self._view().passages))

    def passages(self, product: str | None = None) -> list[Passage]:
        """Return the passages about a product, without general ones; all passages for None."""
        found = self._view().passages
        return [p for p in found if product is None or (p.product and _same(p.product, product))]

    def defects(self, product: str) -> list[str]:
        """Return the names of a product's defects in the notes' order, without "good"."""
        return [d for d in _distinct(p.defect for p in self.passages(product)) if not _same(d, "good")]

    def _dense(self, view: _View) -> tuple[VectorIndex, TextEncoder] | None:
        """Return the index of the passages' vectors and its encoder, or None where weights are missing."""
        with self._lock:
            encoder = self._text_encoder()
            if encoder is None:
                return None
            if view.index is None:
                parts = [np.empty((0, encoder.embedding_dim), dtype=np.float32)]
                view.index = VectorIndex(np.concatenate(parts + [_vectors(n, encoder) for n in view.notes]))
            return view.index, encoder

    def _text_encoder(self) -> TextEncoder | None:
        with self._lock:
            if self._encoder is None:
                # Search by BM25 still works, and its results say so.
                with suppress(WeightsMissing):
                    self._encoder = self._make_encoder()
            return self._encoder

    def _view(self) -> _View:
        with self._lock:
            snapshot = self._store.snapshot()
            if self._cached is None or self._cached.snapshot is not snapshot:
                notes = tuple(read_notes(snapshot))
                passages = tuple(passage for note in notes for passage in note.passages)
                lexical = LexicalIndex([text_to_index(passage) for passage in passages])
                self._cached = _View(snapshot, notes, passages, lexical)
            return self._cached


def _embed(note: Note, encoder: TextEncoder) -> Note:
    """Return the note with vectors of this encoder; the same object where it has them."""
    if note.encoder == encoder.name and note.vectors is not None:
        return note
    return replace(note, encoder=encoder.name, vectors=_vectors(note, encoder))


def _vectors(note: Note, encoder: TextEncoder) -> Vectors:
    if note.encoder == encoder.name and note.vectors is not None:
        return note.vectors
    vectors = encoder.encode_text([text_to_index(passage) for passage in note.passages]).numpy()
    return np.ascontiguousarray(vectors, dtype=np.float32)


def _by_word(view: _View, text: str, rows: NDArray[np.int64]) -> list[int]:
    scores = view.lexical.scores(text)[rows]
    order = np.argsort(-scores, kind="stable")[:_POOL]
    return [int(rows[place]) for place in order if scores[place] > 0]


def _by_meaning(
    dense: tuple[VectorIndex, TextEncoder] | None, text: str, rows: NDArray[np.int64]
) -> list[int]:
    if dense is None:
        return []
    index, encoder = dense
    query = encoder.encode_text([strip_control(text)]).numpy()
    return [int(row) for row in index.search(query, _POOL, among=rows)[1]]


def _label(path: Path, taken: set[str]) -> str:
    """Return a short, free name for ids: the file's name, with its folder or a number where taken."""
    names = [path.name, f"{path.parent.name}/{path.name}"]
    names += [f"{path.stem}-{number}{path.suffix}" for number in range(2, len(taken) + 3)]
    return next(strip_control(name) for name in names if name not in taken)


def _same(one: str, other: str) -> bool:
    return name_key(one) == name_key(other)


def _distinct(values: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))
