"""Images that appear in a folder, found by polling, each once it has stopped changing."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Container, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from anomaly_core.imaging.reading import may_be_image


@dataclass(frozen=True)
class Arrival:
    """An image file as it was seen; written to, it is another arrival. size: in bytes."""

    path: Path
    size: int
    mtime_ns: int

    @property
    def id(self) -> str:
        """The same for the same arrival, also in another process: 32 hex digits."""
        seen = b"%b\0%d %d" % (bytes(self.path.absolute()), self.size, self.mtime_ns)
        return hashlib.sha256(seen).hexdigest()[:32]

    @property
    def is_unchanged(self) -> bool:
        """Whether the file is still there as it was seen."""
        with suppress(OSError):
            status = self.path.stat()
            return (status.st_size, status.st_mtime_ns) == (self.size, self.mtime_ns)
        return False


@dataclass
class _Waiting:
    """since: when it was first seen so. due: when it is looked at next. Both in seconds of a steady clock."""

    since: float
    due: float


class Arrivals:
    """The images of a folder and its subfolders, hidden ones left out, that are not done.

    settle_s: seconds for which size and time of modification of a file have not changed, by this process's
    clock: clocks of cameras and file servers differ. whole: files that are known to be whole, and need not
    settle.
    """

    def __init__(
        self,
        folder: Path,
        settle_s: float,
        is_done: Callable[[Arrival], bool],
        whole: Container[Path] = (),
    ) -> None:
        self.folder = folder
        self.settle_s = settle_s
        self._is_done = is_done
        self._whole = whole
        self._waiting: dict[Arrival, _Waiting] = {}

    def poll(self) -> list[Arrival]:
        """Return the images that have settled, the oldest first. Raises OSError where there is no folder."""
        now = time.monotonic()
        there = (one for one in _images(self.folder) if not self._is_done(one))
        self._waiting = {one: self._waiting.get(one) or _Waiting(now, now + self.settle_s) for one in there}
        ready = [
            one for one, waiting in self._waiting.items() if waiting.due <= now or one.path in self._whole
        ]
        return sorted(ready, key=lambda one: (one.mtime_ns, one.path))

    @property
    def waits(self) -> bool:
        """Whether an image of the last poll is not done."""
        return any(not self._is_done(one) for one in self._waiting)

    def postpone(self, arrival: Arrival) -> None:
        """Look at an image again once it has settled another time."""
        if arrival in self._waiting:
            self._waiting[arrival].due = time.monotonic() + self.settle_s

    def waited_s(self, arrival: Arrival) -> float:
        """Return the seconds for which a polled image has not changed."""
        return time.monotonic() - self._waiting[arrival].since


def _images(folder: Path) -> Iterator[Arrival]:
    """Yield the images under a folder; links to folders are not followed, and what vanishes is left out."""
    with os.scandir(folder) as entries:
        for entry in entries:
            path = Path(entry.path)
            with suppress(OSError):
                if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                    yield from _images(path)
                elif may_be_image(path) and entry.is_file():
                    status = entry.stat()
                    yield Arrival(path, status.st_size, status.st_mtime_ns)
