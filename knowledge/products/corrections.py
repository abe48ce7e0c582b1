"""Human corrections of verdicts, and their undoing.

A correction is stored with its image and mask under `feedback/`, in one transaction with the change to the
product that is learned from it. Undoing it restores the product from the version before.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Literal

from anomaly_core.errors import ConfigError, StoreDamaged, StoreError
from knowledge.store.snapshot import Snapshot
from knowledge.store.store import Store, Transaction

PREFIX: Final = "feedback/"
Label = Literal["good", "anomalous"]


@dataclass(frozen=True)
class Correction:
    """The human label of one image.

    at: ISO 8601, UTC. image: file name. measured, p_value: the measured verdict at that time.
    verdict: the human label. masked: whether a mask is stored. learned: what the image was added to, or that
    a place of it is a zone that is not judged. undone_at: time of undoing, or None.
    """

    id: str
    at: str
    image: str
    sha256: str
    product: str
    measured: Label
    p_value: float
    verdict: Label
    defect_type: str | None = None
    note: str = ""
    masked: bool = False
    learned: Literal["nothing", "template", "example", "zone"] = "nothing"
    undone_at: str | None = None


def now() -> str:
    """Return the current time, ISO 8601, UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def put_correction(tx: Transaction, correction: Correction, image: bytes, mask: bytes | None) -> None:
    """Put a correction, with its image and its mask as a PNG file, into a transaction.

    The transaction's message must be `message_of` the correction, for `undo` to find it.
    """
    folder = f"{PREFIX}{correction.id}/"
    tx.put(f"{folder}correction.json", _to_bytes(correction))
    tx.put(f"{folder}image", image)
    if mask is not None:
        tx.put(f"{folder}mask.png", mask)


def message_of(correction: Correction) -> str:
    """Return the message of the version that a correction makes."""
    return f"correction {correction.id}"


class FeedbackLog:
    """The corrections in a store. Thread-safe."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._read: tuple[Snapshot, list[Correction]] | None = None

    def corrections(self, product: str | None = None) -> list[Correction]:
        """Return the corrections of a product, or of all, oldest first. Raises StoreDamaged."""
        return [one for one in self._all() if product is None or one.product == product]

    def last_word(self, product: str, sha256: str) -> Correction | None:
        """Return the last correction of an image that holds, or None. Raises StoreDamaged."""
        holds = (one for one in reversed(self.corrections(product)) if one.undone_at is None)
        return next((one for one in holds if one.sha256 == sha256), None)

    def _all(self) -> list[Correction]:
        """Return all corrections, read once a version of the store: each inspection asks for them."""
        snapshot, read = self._store.snapshot(), self._read
        if read is None or read[0] is not snapshot:
            found = [
                _from_bytes(snapshot.read(key), key)
                for key in snapshot.keys(PREFIX)
                if key.endswith("/correction.json")
            ]
            found.sort(key=lambda correction: (correction.at, correction.id))
            self._read = read = (snapshot, found)
        return read[1]

    def get(self, id_: str) -> Correction:
        """Return the correction of an id. Raises ConfigError where there is none."""
        found = next((one for one in self.corrections() if one.id == id_), None)
        if found is None:
            raise ConfigError(f"there is no correction {id_}: `iad feedback list` names them")
        return found

    def image(self, id_: str) -> Path:
        """Return the file of a correction's image, not to be written. Raises KeyError, StoreDamaged."""
        return self._store.snapshot().path(f"{PREFIX}{id_}/image")

    def mask(self, id_: str) -> Path | None:
        """Return the file of a correction's mask, not to be written, or None. Raises StoreDamaged."""
        snapshot, key = self._store.snapshot(), f"{PREFIX}{id_}/mask.png"
        return snapshot.path(key) if key in snapshot.keys(PREFIX) else None

    def undo(self, id_: str) -> Correction:
        """Restore the keys that a correction changed, and return it marked as undone.

        Raises ConfigError where it is undone already, or where a key was changed again since; StoreError
        where the store's history does not hold the correction.
        """
        with self._store.transaction(f"undo correction {id_}") as tx:
            correction = self.get(id_)
            if correction.undone_at is not None:
                raise ConfigError(f"correction {id_} was undone at {correction.undone_at} already")
            for key, data in self._reverted(tx.base, correction).items():
                if data is None:
                    tx.delete(key)
                else:
                    tx.put(key, data)
            undone = replace(correction, undone_at=now())
            tx.put(f"{PREFIX}{id_}/correction.json", _to_bytes(undone))
        return undone

    def _reverted(self, snapshot: Snapshot, correction: Correction) -> Mapping[str, bytes | None]:
        """Return the earlier contents of the keys that a correction changed, None for a new key."""
        made, before = self._versions(correction)
        now_held, made_held = snapshot.manifest.entries, made.manifest.entries
        held = before.manifest.entries
        changed = [
            key
            for key in {*made_held, *held}
            if made_held.get(key) != held.get(key) and not key.startswith(PREFIX)
        ]
        if any(now_held.get(key) != made_held.get(key) for key in changed):
            raise ConfigError(
                f"{correction.product} was enrolled or corrected again after correction {correction.id}: "
                "undo the later corrections first, or enrol it again: iad enroll PRODUCT PATH..."
            )
        return {key: before.read(key) if key in held else None for key in changed}

    def _versions(self, correction: Correction) -> tuple[Snapshot, Snapshot]:
        """Return the version that a correction made, and the one before it."""
        for made, before in pairwise(self._store.history()):
            if made.manifest.message == message_of(correction):
                return made, before
        raise StoreError(
            f"{self._store.root} does not tell what correction {correction.id} changed: "
            "enrol the product again: iad enroll PRODUCT PATH..."
        )


def _to_bytes(correction: Correction) -> bytes:
    return json.dumps(asdict(correction), ensure_ascii=False, indent=1).encode()


def _from_bytes(data: bytes, key: str) -> Correction:
    try:
        record: dict[str, Any] = json.loads(data)
        return Correction(**record)
    except (TypeError, ValueError) as error:
        raise StoreDamaged(f"{key} is no correction ({error}): restore it from a backup") from error
