"""Writing a file whole or not at all."""

from __future__ import annotations

import secrets
from pathlib import Path


def write_atomically(path: Path, data: bytes) -> None:
    """Put `data` at `path`, making its folder; a reader, or an interruption, never meets half a file.

    Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Opened in the plain way, unlike tempfile's, so that the file gets the user's own permissions.
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
