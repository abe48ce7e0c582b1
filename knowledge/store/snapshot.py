"""An immutable view of one version of a store."""

from __future__ import annotations

import hashlib
from pathlib import Path

from anomaly_core.errors import StoreDamaged, StoreError
from knowledge.files import disk_errors
from knowledge.store.manifest import Entry, Manifest, is_sha256, sha256

_MEND_OBJECT = (
    "enrol that product (iad enroll PRODUCT PATH...) or add those notes (iad knowledge add FILE...) again"
)


class Snapshot:
    """An immutable view of one version. Safe to share between threads."""

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

    def entry(self, key: str) -> Entry:
        """Return checksum and size of a key. Raises KeyError when the version does not hold it."""
        return self.manifest.entries[key]

    def read(self, key: str) -> bytes:
        """Return a key's bytes, checksum verified. Raises KeyError, StoreDamaged, StoreError."""
        entry = self.entry(key)
        path = object_path(self._root, entry.sha256)
        try:
            with disk_errors(path):
                data = path.read_bytes()
        except StoreError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                raise _damaged(key, path, "is missing") from error
            raise
        if sha256(data) != entry.sha256:
            raise _damaged(key, path, "does not match its checksum")
        return data

    def path(self, key: str) -> Path:
        """Return the file that holds a key's bytes, checksum verified. Never write to it.

        A file once verified is hashed again only when its size or time of change moved.
        Raises KeyError, StoreDamaged, StoreError.
        """
        entry = self.entry(key)
        path = object_path(self._root, entry.sha256)
        try:
            with disk_errors(path):
                status = path.stat()
                stamp = (status.st_size, status.st_mtime_ns)
                if self._verified.get(entry.sha256) == stamp:
                    return path
                with path.open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
        except StoreError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                raise _damaged(key, path, "is missing") from error
            raise
        if digest != entry.sha256:
            raise _damaged(key, path, "does not match its checksum")
        self._verified[entry.sha256] = stamp
        return path


def object_path(root: Path, digest: str) -> Path:
    """Return where the content of a SHA-256 lies. Raises ValueError for anything else."""
    if not is_sha256(digest):
        raise ValueError(f"{digest!r} is not a SHA-256")
    return root / "objects" / digest[:2] / digest


def _damaged(key: str, path: Path, what: str) -> StoreDamaged:
    return StoreDamaged(f"{path} {what} (key {key}): {_MEND_OBJECT}, or restore the file from a backup")
