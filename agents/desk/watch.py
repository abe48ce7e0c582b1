"""A folder that a camera writes to: its next image that nobody has looked at."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final

from agents.watch.arrivals import Arrival, Arrivals

SETTLE_S: Final = 0.5
"""Seconds for which a file must not change before it is offered."""


class WatchedFolder:
    """Takes a folder's images one by one, the oldest first, while the program runs. Thread-safe."""

    def __init__(self, folder: Path, settle_s: float = SETTLE_S) -> None:
        self._lock = threading.Lock()
        self._taken: set[Arrival] = set()
        self._arrivals = Arrivals(folder, settle_s, self._taken.__contains__)

    def waiting(self) -> list[Path]:
        """Return the images that have settled since an earlier call and were not taken. Raises OSError."""
        with self._lock:
            return [arrival.path for arrival in self._arrivals.poll()]

    def next(self) -> Path | None:
        """Take the oldest of `waiting`; None where there is no new one. Raises OSError."""
        with self._lock:
            for arrival in self._arrivals.poll():
                self._taken.add(arrival)
                return arrival.path
        return None
