"""Snapshot of one version of a store."""

from __future__ import annotations

import hashlib
from pathlib import Path

from anomaly_core.errors import StoreDamaged
from knowledge.store.disk import disk_errors, object_path, read_file
from knowledge.store.manifest import Manifest, sha256

_REMEDY = (
    "enrol that product (iad enroll PRODUCT PATH...) or add those notes (iad catalogue add FILE...) again, "
    "or restore the file from a backup"
)


class Snapshot:
    """Immutable view of one version. Thread-safe."""

    def __init__(self, root: Path, manifest: Manifest, verified: dict[str, tuple[int, int]]) -> None:
        self._root = root
        self.manifest = manifest
        self._verified = verified

    @property
    def version(self) -> int:
        """The version's number; 0 is the empty store."""
        return self.manifest.version

    def keys(self, prefix: str = "") -> list[str]:
        """Return the keys that begin with `prefix`, sorted."""
        return sorted(key for key in self.manifest.entries if key.startswith(prefix))

    def read(self, key: str) -> bytes:
        """Return a key's bytes after a checksum test. Raises KeyError, StoreDamaged, StoreError."""
        digest = self.manifest.entries[key].sha256
        path = object_path(self._root, digest)
        data = read_file(path, _damaged(key, path, "is missing"))
        if sha256(data) != digest:
            raise _damaged(key, path, "does not match its checksum")
        return data

    def path(self, key: str) -> Path:
        """Return the file of a key's bytes after a checksum test; it must not be written to.

        A verified file is hashed again only after a change of its size or modification time.
        Raises KeyError, StoreDamaged, StoreError.
        """
        digest = self.manifest.entries[key].sha256
        path = object_path(self._root, digest)
        with disk_errors(path):
            try:
                status = path.stat()
                stamp = (status.st_size, status.st_mtime_ns)
                if self._verified.get(digest) == stamp:
                    return path
                with path.open("rb") as file:
                    found = hashlib.file_digest(file, "sha256").hexdigest()
            except FileNotFoundError as error:
                raise _damaged(key, path, "is missing") from error
        if found != digest:
            raise _damaged(key, path, "does not match its checksum")
        self._verified[digest] = stamp
        return path


def _damaged(key: str, path: Path, what: str) -> StoreDamaged:
    return StoreDamaged(f"{path} {what} (key {key}): {_REMEDY}")
