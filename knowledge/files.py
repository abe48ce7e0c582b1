"""Files that survive a kill: written beside, synced, renamed into place, and the folder synced."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from anomaly_core.errors import StoreError


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn an OSError on `path` into a StoreError that names the mend."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            mend = "free some space there, or name a store elsewhere with --store DIR"
            raise StoreError(f"no space left to write {path}: {mend}; the last version is intact") from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            mend = "give yourself the right to it, or name a store elsewhere with --store DIR"
            raise StoreError(f"access to {path} is refused: {mend}") from error
        mend = "check the disk, or name a store elsewhere with --store DIR"
        raise StoreError(f"{path}: {error.strerror or error}: {mend}") from error


def sync_folder(path: Path) -> None:
    """Make renames inside `path` durable. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_file(path: Path, data: bytes, scratch: Path) -> None:
    """Write `data` to `path`, whole or not at all; `scratch` is a folder on the same file system.

    The caller syncs the folder of `path`. The mode follows the umask. Raises OSError.
    """
    # Path.open rather than tempfile: tempfile's 0600 would shut out a group that shares the store.
    temporary = scratch / f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}"
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
