"""One file of notes as it lies in the store: its passages as JSON, its vectors as a FAISS index."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from anomaly_core.errors import StoreDamaged
from knowledge.catalogue.passages import Passage
from knowledge.store.snapshot import Snapshot
from knowledge.store.store import Transaction

PREFIX = "notes/"
_MEND = "add the notes again: iad knowledge add FILE..."


@dataclass(frozen=True, eq=False)
class Note:
    """A file of notes. source: its absolute path when it was added. file: the name that ids cite.

    sha256: of its bytes. encoder: the text encoder of `vectors`, (n, D) float32, or None without.
    """

    source: str
    file: str
    sha256: str
    passages: tuple[Passage, ...]
    encoder: str | None = None
    vectors: NDArray[np.float32] | None = None

    @property
    def folder(self) -> str:
        """Prefix of its keys."""
        return f"{PREFIX}{hashlib.sha256(self.source.encode(errors='surrogateescape')).hexdigest()[:16]}/"


def text_to_index(passage: Passage) -> str:
    """Return what is embedded and searched: a passage often leaves out what its headings say."""
    head = [passage.product or "", (passage.defect or "").replace("_", " "), passage.title]
    return ". ".join([*(part for part in head if part), passage.text])


def write_note(tx: Transaction, note: Note) -> None:
    """Put a note in the place of an earlier one from the same path."""
    record = {
        "source": note.source,
        "file": note.file,
        "sha256": note.sha256,
        "encoder": note.encoder,
        "passages": [asdict(passage) for passage in note.passages],
    }
    remove_note(tx, note)
    tx.put(f"{note.folder}passages.json", json.dumps(record, indent=1).encode())
    if note.vectors is not None:
        index = faiss.IndexFlatIP(note.vectors.shape[1])
        index.add(np.ascontiguousarray(note.vectors, dtype=np.float32))
        tx.put(f"{note.folder}index.faiss", faiss.serialize_index(index).tobytes())


def remove_note(tx: Transaction, note: Note) -> None:
    """Delete a note's keys, where there are any."""
    for key in tx.keys(note.folder):
        tx.delete(key)


def read_notes(source: Snapshot | Transaction) -> list[Note]:
    """Return all notes, by file name. Raises StoreDamaged."""
    notes = [_read(source, key) for key in source.keys(PREFIX) if key.endswith("/passages.json")]
    return sorted(notes, key=lambda note: (note.file, note.source))


def _read(source: Snapshot | Transaction, key: str) -> Note:
    try:
        record: dict[str, Any] = json.loads(source.read(key))
        passages = tuple(Passage(**passage) for passage in record["passages"])
        note = Note(record["source"], record["file"], record["sha256"], passages, record["encoder"])
    except (KeyError, TypeError, ValueError) as error:
        raise StoreDamaged(f"{key} holds no passages ({error}): {_MEND}") from error
    if note.encoder is None:
        return note
    index_key = f"{note.folder}index.faiss"
    try:
        index = faiss.deserialize_index(np.frombuffer(source.read(index_key), dtype=np.uint8))
    except (KeyError, RuntimeError) as error:
        raise StoreDamaged(f"{index_key} is no FAISS index ({error}): {_MEND}") from error
    if index.ntotal != len(passages):
        raise StoreDamaged(f"{index_key} does not fit its passages: {_MEND}")
    vectors = index.reconstruct_n(0, index.ntotal)
    return Note(note.source, note.file, note.sha256, passages, note.encoder, vectors)
