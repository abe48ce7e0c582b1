"""Turns: of several inspections in flight one computes, while others wait for a server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """A lock that a thread may hold several times over, and give away while it waits.

    Models, caches and the store's indices are made for one thread, and a second computation on the same cores
    would gain nothing; what is worth doing at the same time is waiting.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mine = threading.local()

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Compute: no other thread does until the end of the block."""
        depth = getattr(self._mine, "depth", 0)
        if depth == 0:
            self._lock.acquire()
        self._mine.depth = depth + 1
        try:
            yield
        finally:
            self._mine.depth = depth
            if depth == 0:
                self._lock.release()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Wait: another thread may compute meanwhile. Does nothing in a thread that holds no turn."""
        depth = getattr(self._mine, "depth", 0)
        if depth == 0:
            yield
            return
        self._mine.depth = 0
        self._lock.release()
        try:
            yield
        finally:
            self._lock.acquire()
            self._mine.depth = depth


TURNS = Turns()
"""The process's own: there is one set of cores."""
