"""Domain notes, found again by meaning and by word: dense vectors and BM25, fused by reciprocal rank.

Without the text encoder's weights, notes are kept and found by word alone; `AddResult.dense` and
`PassageHit.dense` say so. Notes whose vectors are absent, or of another text encoder, are embedded again as
soon as the encoder is there: for this process by `search`, for good by the next `add`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import faiss
import numpy as np
from numpy.typing import NDArray

from anomaly_core.encoders.base import TextEncoder
from anomaly_core.errors import ConfigError, KnowledgeError, WeightsMissing
from knowledge.catalogue.bm25 import LexicalIndex
from knowledge.catalogue.entries import Note, read_notes, remove_note, text_to_index, write_note
from knowledge.catalogue.passages import Passage, strip_control, to_passages
from knowledge.catalogue.product_match import ProductNames, TextMatch
from knowledge.catalogue.readers import read_note
from knowledge.store.snapshot import Snapshot
from knowledge.store.store import Store

RANK_CONSTANT: Final = 60
"""k of reciprocal rank fusion (Cormack, Clarke and Buettcher, SIGIR 2009)."""
_POOL: Final = 100
"""How many passages of each ranking take part in the fusion."""


@dataclass(frozen=True)
class AddResult:
    """What `add` did. passages: now in the store from these files; replaced: those that gave way.

    products: named in the files. dense: whether vectors were made; without, search goes by word alone.
    """

    passages: int
    products: tuple[str, ...]
    replaced: int
    dense: bool


@dataclass(frozen=True)
class PassageHit:
    """A passage found. score: reciprocal rank score in (0, 2/61]. dense: whether meaning took part."""

    passage: Passage
    score: float
    dense: bool


@dataclass(frozen=True)
class _View:
    """What was read of one version of the store."""

    snapshot: Snapshot
    notes: tuple[Note, ...]
    passages: tuple[Passage, ...]
    lexical: LexicalIndex


class DomainIndex:
    """Notes in a store. The text encoder is made at the first need of it."""

    def __init__(self, store: Store, text_encoder_factory: Callable[[], TextEncoder]) -> None:
        self._store = store
        self._make_encoder = text_encoder_factory
        self._encoder: TextEncoder | None = None
        self._cached: _View | None = None
        self._dense: tuple[Snapshot, Any] | None = None  # with a faiss.IndexFlatIP, which has no stubs
        self._names: tuple[Snapshot, ProductNames] | None = None

    def add(self, files: Sequence[Path | str], *, product: str | None = None) -> AddResult:
        """Add notes in one transaction; a file that was added before (same path, or same bytes) is replaced.

        product: what the notes are about where the files do not say.
        Raises KnowledgeError (nothing is added then), StoreBusy, StoreError, WeightsDamaged.
        """
        if not files:
            raise ConfigError("no file to add: name at least one note")
        paths = list(dict.fromkeys(Path(file).resolve() for file in files))
        sections = [(path, read_note(path, product)) for path in paths]
        encoder = self._text_encoder()
        added, replaced = [], 0
        with self._store.transaction(f"add {len(paths)} notes") as tx:
            notes = {note.source: note for note in read_notes(tx)}
            for path, parts in sections:
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                same = [n for n in notes.values() if n.source == str(path) or n.sha256 == digest]
                for note in same:
                    replaced += len(note.passages)
                    remove_note(tx, note)
                    del notes[note.source]
                label = _label(path, {note.file for note in notes.values()})
                taken = [passage.id for note in notes.values() for passage in note.passages]
                note = Note(str(path), label, digest, tuple(to_passages(parts, label, taken)))
                notes[note.source] = note
                added.append(note.source)
            for source, note in notes.items():
                fresh = note if encoder is None else _embed(note, encoder)
                if source in added or fresh is not note:
                    write_note(tx, fresh)
        passages = [passage for source in added for passage in notes[source].passages]
        return AddResult(len(passages), _distinct(p.product for p in passages), replaced, encoder is not None)

    def remove(self, file: Path | str) -> int:
        """Forget a file, named by path or by the name that its passages cite; return its passages' number.

        Raises KnowledgeError when there is none, StoreBusy, StoreError.
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

    def search(
        self,
        text: str,
        *,
        product: str | None = None,
        defect: str | None = None,
        k: int = 5,
        require_dense: bool = False,
    ) -> list[PassageHit]:
        """Return up to `k` passages on `text`, best first.

        product, defect: only passages about these, or about none in particular; case, spaces, hyphens and
        underscores do not matter. require_dense: raise WeightsMissing rather than go by word alone.
        Raises ConfigError for an empty text, StoreDamaged.
        """
        if not text.strip() or k < 1:
            raise ConfigError("nothing to search for: give a text, and k of at least 1")
        view = self._view()
        rows = np.array(
            [
                row
                for row, passage in enumerate(view.passages)
                if _about(passage.product, product) and _about(passage.defect, defect)
            ],
            dtype=np.int64,
        )
        if not len(rows):
            return []
        index = self._dense_index(view, require=require_dense)
        scores: dict[int, float] = {}
        for ranking in (_by_word(view, text, rows), self._by_meaning(index, text, rows)):
            for rank, row in enumerate(ranking, start=1):
                scores[row] = scores.get(row, 0.0) + 1.0 / (RANK_CONSTANT + rank)
        best = sorted(scores, key=lambda row: (-scores[row], row))[:k]
        return [PassageHit(view.passages[row], scores[row], index is not None) for row in best]

    def product_of(self, text: str) -> TextMatch:
        """Return the product that a text is about, or none; without the text encoder, by its name alone.

        Raises StoreDamaged.
        """
        view = self._view()
        if self._names is None or self._names[0] is not view.snapshot:
            index = self._dense_index(view, require=False)
            vectors = None if index is None else index.reconstruct_n(0, index.ntotal)
            self._names = (view.snapshot, ProductNames(view.passages, vectors, self._encoder))
        return self._names[1].find(strip_control(text))

    def products(self) -> list[str]:
        """Return the products that notes are about, sorted."""
        return sorted(_distinct(passage.product for passage in self._view().passages))

    def passages(self, product: str | None = None) -> list[Passage]:
        """Return the passages about a product, general ones left out; with None, all of them."""
        found = self._view().passages
        return [p for p in found if product is None or (p.product and _same(p.product, product))]

    def defects(self, product: str) -> list[str]:
        """Return the names of a product's defects in the notes' order; "good" is no defect."""
        return [d for d in _distinct(p.defect for p in self.passages(product)) if not _same(d, "good")]

    def _by_meaning(self, index: Any, text: str, rows: NDArray[np.int64]) -> list[int]:
        encoder = self._text_encoder()
        if index is None or encoder is None:
            return []
        query = encoder.encode_text([strip_control(text)]).numpy().astype(np.float32)
        # Set apart, not passed: the selector must outlive the search, and faiss only borrows it.
        selector = faiss.IDSelectorBatch(rows)
        parameters: Any = faiss.SearchParameters()
        parameters.sel = selector
        _, found = index.search(query, min(_POOL, len(rows)), params=parameters)
        return [int(row) for row in found[0] if row >= 0]

    def _dense_index(self, view: _View, *, require: bool) -> Any:
        if self._dense is not None and self._dense[0] is view.snapshot:
            return self._dense[1]
        encoder = self._text_encoder(require=require)
        if encoder is None:
            return None
        index = faiss.IndexFlatIP(encoder.embedding_dim)
        for note in view.notes:
            index.add(_vectors(note, encoder))
        self._dense = (view.snapshot, index)
        return index

    def _text_encoder(self, *, require: bool = False) -> TextEncoder | None:
        if self._encoder is None:
            try:
                self._encoder = self._make_encoder()
            except WeightsMissing:
                # Search by word still answers, and says in its result that it did only that.
                if require:
                    raise
        return self._encoder

    def _view(self) -> _View:
        snapshot = self._store.snapshot()
        if self._cached is None or self._cached.snapshot is not snapshot:
            notes = tuple(read_notes(snapshot))
            passages = tuple(passage for note in notes for passage in note.passages)
            lexical = LexicalIndex([text_to_index(passage) for passage in passages])
            self._cached = _View(snapshot, notes, passages, lexical)
        return self._cached


def _embed(note: Note, encoder: TextEncoder) -> Note:
    """Return the note with vectors of this encoder; the same note where it has them."""
    if note.encoder == encoder.name and note.vectors is not None:
        return note
    return replace(note, encoder=encoder.name, vectors=_vectors(note, encoder))


def _vectors(note: Note, encoder: TextEncoder) -> NDArray[np.float32]:
    if note.encoder == encoder.name and note.vectors is not None:
        return note.vectors
    vectors = encoder.encode_text([text_to_index(passage) for passage in note.passages]).numpy()
    return np.ascontiguousarray(vectors, dtype=np.float32)


def _by_word(view: _View, text: str, rows: NDArray[np.int64]) -> list[int]:
    scores = view.lexical.scores(text)[rows]
    order = np.argsort(-scores, kind="stable")[:_POOL]
    return [int(rows[place]) for place in order if scores[place] > 0]


def _label(path: Path, taken: set[str]) -> str:
    """A short name for ids: the file's name, with its folder or a number where that is taken."""
    names = [path.name, f"{path.parent.name}/{path.name}"]
    names += [f"{path.stem}-{number}{path.suffix}" for number in range(2, len(taken) + 3)]
    return next(strip_control(name) for name in names if name not in taken)


def _about(value: str | None, wanted: str | None) -> bool:
    return value is None or wanted is None or _same(value, wanted)


def _same(one: str, other: str) -> bool:
    return re.sub(r"[\s_-]+", "", one).casefold() == re.sub(r"[\s_-]+", "", other).casefold()


def _distinct(values: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))
