"""Stored files of notes: passages as JSON, vectors as a FAISS index."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from typing import Any

from anomaly_core.errors import StoreDamaged
from anomaly_core.names import plain_name
from knowledge.catalogue.passages import Passage
from knowledge.store.snapshot import Snapshot
from knowledge.store.store import Transaction
from knowledge.vectors import VectorIndex, Vectors

PREFIX = "notes/"
_REMEDY = "add the notes again: iad catalogue add FILE..."


@dataclass(frozen=True, eq=False)
class Note:
    """A file of notes.

    source: its absolute path at the time of adding. file: its name in passage ids. sha256: of its bytes.
    encoder: name of the text encoder of `vectors`, (n, D) float32; both None without vectors.
    """

    source: str
    file: str
    sha256: str
    passages: tuple[Passage, ...]
    encoder: str | None = None
    vectors: Vectors | None = None

    @property
    def folder(self) -> str:
        """Prefix of its keys."""
        return f"{PREFIX}{hashlib.sha256(self.source.encode(errors='surrogateescape')).hexdigest()[:16]}/"


def text_to_index(passage: Passage) -> str:
    """Return the text that is embedded and searched: a passage with product, defect and title."""
    head = [passage.product or "", plain_name(passage.defect or ""), passage.title]
    return ". ".join([*(part for part in head if part), passage.text])


def write_note(tx: Transaction, note: Note) -> None:
    """Write a note, in place of an earlier one from the same path."""
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
        tx.put(f"{note.folder}index.faiss", VectorIndex(note.vectors).to_bytes())


def remove_note(tx: Transaction, note: Note) -> None:
    """Delete a note's keys, if any."""
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
        raise StoreDamaged(f"{key} holds no passages ({error}): {_REMEDY}") from error
    if note.encoder is None:
        return note
    index_key = f"{note.folder}index.faiss"
    try:
        data = source.read(index_key)
    except KeyError as error:
        raise StoreDamaged(f"{index_key} is missing: {_REMEDY}") from error
    index = VectorIndex.from_bytes(data, key=index_key, count=len(passages), remedy=_REMEDY)
    return replace(note, vectors=index.rows)
