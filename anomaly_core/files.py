"""Atomic file writes, and disk errors as IadErrors that name the file and the remedy."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from anomaly_core.errors import ConfigError, IadError


@contextmanager
def disk_errors(
    path: Path, *, error: type[IadError] = ConfigError, elsewhere: str = "name a writable place"
) -> Iterator[None]:
    """Turn an OSError into `error`, whose message names `path`, the reason and the remedy.

    elsewhere: how the user names another place, as an imperative.
    """
    try:
        yield
    except OSError as cause:
        if cause.errno in (errno.ENOSPC, errno.EDQUOT):
            remedy = f"free some space there, or {elsewhere}; what was there is intact"
        elif cause.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            remedy = f"give yourself the right to it, or {elsewhere}"
        else:
            remedy = f"check the path and the disk, or {elsewhere}"
        raise error(f"{path}: {cause.strerror or cause}: {remedy}") from cause


def make_folder(path: Path) -> None:
    """Make a folder and its parents. Raises ConfigError where it cannot be made."""
    with disk_errors(path):
        path.mkdir(parents=True, exist_ok=True)


def write_whole(path: Path, data: bytes | str) -> None:
    """Write bytes, or a text as UTF-8, to `path` atomically; its folder is made.

    Raises ConfigError where it cannot be written.
    """
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, data)


def replace_file(path: Path, data: bytes | str, *, scratch: Path | None = None, synced: bool = False) -> None:
    """Write to a temporary file and rename it: `write_whole` for callers that handle OSError.

    scratch: folder of the temporary file, on the same file system; that of `path` by default.
    synced: whether the content survives a loss of power; its name does after `sync_folder`. The file's mode
    follows the umask. Raises OSError.
    """
    # Path.open rather than tempfile: tempfile's 0600 would shut out a group that shares the folder.
    part = (scratch or path.parent) / f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}.part"
    try:
        with part.open("xb") as file:
            file.write(data.encode() if isinstance(data, str) else data)
            if synced:
                file.flush()
                os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def sync_folder(path: Path) -> None:
    """Make renames inside `path` survive a loss of power. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
