"""Paths and reading of the store's files, with errors that name the file and the remedy."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from anomaly_core import files
from anomaly_core.errors import StoreError
from knowledge.store.manifest import is_sha256

disk_errors: Final = partial(
    files.disk_errors, error=StoreError, elsewhere="name a store elsewhere with --store DIR"
)


def read_file(path: Path, missing: StoreError) -> bytes:
    """Return a file's bytes. Raises `missing` where there is no such file, StoreError for other failures."""
    with disk_errors(path):
        try:
            return path.read_bytes()
        except FileNotFoundError as error:
            raise missing from error


def object_path(root: Path, digest: str) -> Path:
    """Return the path of the content with a SHA-256. Raises ValueError for an invalid one."""
    if not is_sha256(digest):
        raise ValueError(f"{digest!r} is not a SHA-256")
    return root / "objects" / digest[:2] / digest
