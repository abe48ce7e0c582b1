"""A folder that a camera writes to: its next image that nobody has looked at."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Final

from anomaly_core.imaging.reading import may_be_image

SETTLED_S: Final = 0.5
"""Age from which a file counts as written to its end."""


class WatchedFolder:
    """Takes a folder's images one by one, the oldest first. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._taken: set[tuple[str, int]] = set()

    def waiting(self) -> list[Path]:
        """Return the images that were not taken yet, the oldest first. Raises OSError."""
        with self._lock:
            return [path for path, _ in self._new()]

    def next(self) -> Path | None:
        """Take the oldest image; None where there is no new one. Raises OSError."""
        with self._lock:
            for path, key in self._new():
                self._taken.add(key)
                return path
        return None

    def _new(self) -> list[tuple[Path, tuple[str, int]]]:
        latest = time.time_ns() - int(SETTLED_S * 1e9)
        found = []
        for path in self.folder.iterdir():
            if may_be_image(path):
                changed = path.stat().st_mtime_ns
                if changed <= latest and (path.name, changed) not in self._taken:
                    found.append((changed, path))
        return [(path, (path.name, changed)) for changed, path in sorted(found)]
