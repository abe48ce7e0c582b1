"""Versioned store of keys and bytes in one folder, checksummed, with one writer at a time.

    objects/ab/<sha256>    contents, each written once
    manifests/<n>.json     version n: key -> checksum and size
    CURRENT                latest version and its manifest's checksum; replaced atomically
    lock                   held by the writer
    scratch/               unfinished files; garbage without a writer

After a kill at any moment, CURRENT names a complete version. Readers need no lock: the contents of a snapshot
are never changed or removed.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from anomaly_core.errors import StoreBusy, StoreDamaged, StoreError, StoreMissing
from anomaly_core.files import replace_file, sync_folder
from knowledge.store.disk import disk_errors, object_path, read_file
from knowledge.store.manifest import (
    RESTORE,
    SCHEMA,
    Content,
    Entry,
    Manifest,
    check_key,
    content_of,
    parse_object,
    sha256,
)
from knowledge.store.snapshot import Snapshot

_OWN_NAMES = {"objects", "manifests", "scratch", "lock", "CURRENT"}
_ENROLL = "enrol good images first: iad enroll PRODUCT PATH..."


@dataclass
class Transaction:
    """Changes to the latest version, written together at the end of the `with` block.

    version: that of the changes, set at the end of the block.
    """

    base: Snapshot
    version: int
    _changes: dict[str, Content | None] = field(default_factory=dict)

    def keys(self, prefix: str = "") -> list[str]:
        """Return the keys that begin with `prefix`, sorted, with this transaction's changes."""
        put = {key for key, data in self._changes.items() if data is not None and key.startswith(prefix)}
        return sorted(put | {key for key in self.base.keys(prefix) if key not in self._changes})

    def read(self, key: str) -> bytes:
        """Return a key's bytes, with this transaction's changes. Raises KeyError, StoreDamaged."""
        if key not in self._changes:
            return self.base.read(key)
        data = self._changes[key]
        if data is None:
            raise KeyError(key)
        return content_of(data)

    def put(self, key: str, data: Content) -> None:
        """Set a key to bytes, or to what a function returns when they are written, so that few are held.

        Raises StoreError for a key other than a relative path.
        """
        self._changes[check_key(key)] = data if callable(data) else bytes(data)

    def delete(self, key: str) -> None:
        """Remove a key. Raises KeyError where it is missing."""
        if key not in self.keys(key):
            raise KeyError(key)
        self._changes[key] = None


class Store:
    """A folder of versions, opened with `Store.open`. Thread-safe."""

    def __init__(self, root: Path, lock_timeout_s: float) -> None:
        self.root = root
        self._lock_timeout_s = lock_timeout_s
        self._verified: dict[str, tuple[int, int]] = {}
        self._reading = threading.Lock()
        self._latest: tuple[bytes, Snapshot] | None = None

    @classmethod
    def open(cls, root: Path, *, create: bool = False, lock_timeout_s: float = 30.0) -> Store:
        """Open the store at `root`, or make one there with `create`.

        lock_timeout_s: seconds, >= 0, that a writer waits for another one.
        Raises StoreMissing, StoreTooNew, StoreDamaged, and StoreError for a folder with other content.
        """
        store = cls(Path(root), lock_timeout_s)
        with disk_errors(store.root):
            names = {path.name for path in store.root.iterdir()} if store.root.is_dir() else set()
            if store.root.exists() and not store.root.is_dir():
                raise StoreError(f"{root} is a file, not a store: name a folder with --store DIR")
        if "CURRENT" not in names:
            if names - _OWN_NAMES:
                raise StoreError(
                    f"{root} holds other files and is no store: name an empty folder with --store DIR"
                )
            if not create:
                raise StoreMissing(f"there is no store at {root}: {_ENROLL}")
            store._begin()
        store.snapshot()
        return store

    def snapshot(self) -> Snapshot:
        """Return the latest version. Raises StoreMissing, StoreTooNew, StoreDamaged, StoreError."""
        path = self.root / "CURRENT"
        missing = StoreMissing(f"there is no store at {self.root}: {_ENROLL}")
        with self._reading:
            current = read_file(path, missing)
            if self._latest is None or self._latest[0] != current:
                record = parse_object(current, path)
                version, checksum = record.get("version"), record.get("sha256")
                if not isinstance(version, int) or not isinstance(checksum, str):
                    raise StoreDamaged(f"{path} names no version: {RESTORE}")
                self._latest = (current, self._snapshot(version, checksum))
            return self._latest[1]

    @contextmanager
    def transaction(self, message: str) -> Iterator[Transaction]:
        """Change keys in one new version; an exception in the block leaves the store unchanged.

        Raises StoreBusy where another writer holds the lock beyond the timeout, StoreError where the disk is
        full or read-only.
        """
        with self._lock():
            snapshot = self.snapshot()
            transaction = Transaction(snapshot, snapshot.version)
            yield transaction
            if transaction._changes:
                transaction.version = self._commit(snapshot.manifest, transaction._changes, message)

    def history(self) -> list[Snapshot]:
        """Return all versions, newest first. Raises as `snapshot` does."""
        snapshots = [self.snapshot()]
        while (parent := snapshots[-1].manifest.parent) is not None:
            snapshots.append(self._snapshot(parent, snapshots[-1].manifest.parent_sha256))
        return snapshots

    @contextmanager
    def _lock(self) -> Iterator[None]:
        # A new FileLock each time, so that two threads of one process exclude each other as well.
        lock = FileLock(self.root / "lock", timeout=self._lock_timeout_s)
        path = self.root / "lock"
        with disk_errors(path):
            try:
                lock.acquire()
            except Timeout as error:  # an OSError, which disk_errors would catch
                waited = f"{self._lock_timeout_s:g} s"
                raise StoreBusy(f"another process has held {path} for {waited}: try again later") from error
        try:
            with disk_errors(self.root):
                scratch = self.root / "scratch"
                scratch.mkdir(exist_ok=True)
                for path in scratch.iterdir():
                    path.unlink(missing_ok=True)
            yield
        finally:
            lock.release()

    def _begin(self) -> None:
        with disk_errors(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
        with self._lock():
            if (self.root / "CURRENT").exists():
                return
            with disk_errors(self.root):
                for name in ("objects", "manifests"):
                    (self.root / name).mkdir(exist_ok=True)
                if any(path.stem != "0" for path in (self.root / "manifests").glob("*.json")):
                    raise StoreDamaged(f"{self.root / 'CURRENT'} is missing: {RESTORE}")
                sync_folder(self.root)
            self._write_manifest(Manifest(0, None, None, _now(), "begin", {}))

    def _commit(self, base: Manifest, changes: Mapping[str, Content | None], message: str) -> int:
        entries = dict(base.entries)
        folders = {self.root / "objects"}
        for key, content in changes.items():
            if content is None:
                entries.pop(key, None)
                continue
            data = content_of(content)
            entries[key] = Entry(sha256(data), len(data))
            path = object_path(self.root, entries[key].sha256)
            with disk_errors(path):
                # Damaged content is written again: enrolling again is its remedy.
                if path.exists() and sha256(path.read_bytes()) == path.name:
                    continue
                path.parent.mkdir(exist_ok=True)
                self._replace(path, data)
                self._verified.pop(path.name, None)
                folders.add(path.parent)
        with disk_errors(self.root):
            for folder in sorted(folders, reverse=True):
                sync_folder(folder)
        if entries == base.entries:
            return base.version
        parent_sha256 = sha256(base.to_bytes())
        return self._write_manifest(
            Manifest(base.version + 1, base.version, parent_sha256, _now(), message, entries)
        )

    def _write_manifest(self, manifest: Manifest) -> int:
        data, path = manifest.to_bytes(), self._manifest_path(manifest.version)
        current = {"schema": SCHEMA, "version": manifest.version, "sha256": sha256(data)}
        with disk_errors(path):
            self._replace(path, data)
            sync_folder(path.parent)
            self._replace(self.root / "CURRENT", json.dumps(current) + "\n")
            sync_folder(self.root)
        return manifest.version

    def _replace(self, path: Path, data: bytes | str) -> None:
        replace_file(path, data, scratch=self.root / "scratch", synced=True)

    def _snapshot(self, version: int, checksum: str | None) -> Snapshot:
        path = self._manifest_path(version)
        data = read_file(path, StoreDamaged(f"{path} is missing: {RESTORE}"))
        if sha256(data) != checksum:
            raise StoreDamaged(f"{path} does not match its recorded checksum: {RESTORE}")
        return Snapshot(self.root, Manifest.from_bytes(data, path), self._verified)

    def _manifest_path(self, version: int) -> Path:
        return self.root / "manifests" / f"{version}.json"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def require_store(root: Path) -> None:
    """Raise StoreMissing where nothing was ever enrolled."""
    if not (root / "CURRENT").exists():
        raise StoreMissing(f"{root}: no store here; make one with `iad enroll PRODUCT PATH...`.")
