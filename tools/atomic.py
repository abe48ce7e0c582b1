"""Writing a result file whole or not at all."""

from __future__ import annotations

from pathlib import Path

from anomaly_core.errors import ConfigError
from knowledge.files import replace_file


def make_folder(path: Path) -> None:
    """Make a folder for results, and those above it. Raises ConfigError where it cannot be made."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{path}: no folder can be made there ({error.strerror}): name another") from error


def write_atomically(path: Path, data: bytes) -> None:
    """Put `data` at `path`, making its folder; a reader, or an interruption, never meets half a file.

    Raises ConfigError, naming the file, where it cannot be written.
    """
    make_folder(path.parent)
    try:
        replace_file(path, data, path.parent)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written ({error.strerror}): name another place") from error
