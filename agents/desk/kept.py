"""Images that came without a file of their own, kept by their hash so that people can look at them again."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from agents.settings import Settings
from anomaly_core.errors import ConfigError
from anomaly_core.files import disk_errors

SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class KeptImage:
    """An image to work on.

    name: file name that people know. passing: whether its path is not theirs.
    """

    path: Path
    name: str
    passing: bool = True

    @property
    def shown_name(self) -> str | None:
        """The name for the log, where the path says nothing; see `Application.inspect_one`."""
        return self.name if self.passing else None


class Incoming:
    """An image that is being received; `file` takes its bytes."""

    def __init__(self, file: BinaryIO, folder: Path) -> None:
        self._file = file
        self._folder = folder
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        """Add bytes. Raises OSError."""
        self._file.write(data)
        self._hash.update(data)
        self.size += len(data)

    @property
    def sha256(self) -> str:
        """Of the bytes so far, 64 hex digits."""
        return self._hash.hexdigest()

    @property
    def path(self) -> Path:
        """Where it is kept once it is received."""
        return self._folder / self.sha256


def kept_images(settings: Settings) -> KeptImages:
    """Return the images that are kept beside a store."""
    store = settings.store
    return KeptImages(store.with_name(f"{store.name}-images"), settings.kept_images)


class KeptImages:
    """A folder of images by hash, at most `most` of them; the ones longest unused go first."""

    def __init__(self, folder: Path, most: int) -> None:
        self.folder = folder
        self._most = most

    @contextmanager
    def receiving(self) -> Iterator[Incoming]:
        """Take an image in; it is kept where the block ends well. Raises ConfigError for a full disk."""
        with disk_errors(self.folder, elsewhere="keep fewer with the setting kept_images"):
            self.folder.mkdir(parents=True, exist_ok=True)
            part = self.folder / f"{secrets.token_hex(8)}.part"
            try:
                with part.open("xb") as file:
                    incoming = Incoming(file, self.folder)
                    yield incoming
                part.replace(incoming.path)
            finally:
                part.unlink(missing_ok=True)
        self._prune()

    def find(self, sha256: str) -> Path | None:
        """Return the file of a hash, or None. Raises ConfigError for what is no hash."""
        if not SHA256.fullmatch(sha256):
            raise ConfigError(
                f"{sha256[:80]!r} is no SHA-256: give the 64 hex digits of an inspection's record"
            )
        path = self.folder / sha256
        return path if path.is_file() else None

    def drop(self, path: Path) -> None:
        """Forget an image of this folder, such as one that cannot be read."""
        if path.parent == self.folder:
            path.unlink(missing_ok=True)

    def _prune(self) -> None:
        held = [path for path in self.folder.iterdir() if SHA256.fullmatch(path.name)]
        if len(held) > self._most:
            held.sort(key=_written_at)
            for path in held[: len(held) - self._most]:
                path.unlink(missing_ok=True)


def _written_at(path: Path) -> float:
    """Return a file's modification time in seconds; 0 of one that another process has removed by now."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
