"""The local engine: worker processes on this machine, which share its processors."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from multiprocessing import get_context
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Final

from agents.engines.base import Inspected, Task
from agents.engines.worker import BatchWorker
from agents.settings import Settings
from anomaly_core.errors import IadError

IMPORTED_ONCE: Final = (
    "agents.engines.local",
    "anomaly_core.anomalygpt",
    "faiss",
    "scipy.optimize",
    "scipy.special",
)
"""Modules that a server of forks imports for all workers; importing them takes seconds and much memory."""


class LocalEngine:
    """Processes of this machine. workers: their number, one if None."""

    deaths: tuple[type[BaseException], ...] = (BrokenExecutor,)

    def __init__(self, settings: Settings, workers: int | None) -> None:
        self.workers = workers or 1
        self._context = get_context("forkserver")
        self._context.set_forkserver_preload(list(IMPORTED_ONCE))
        self._threads = settings.threads or max(1, len(os.sched_getaffinity(0)) // self.workers)

    def start(self, task: Task) -> LocalWorker:
        """Return a worker."""
        settings = task.settings.model_copy(update={"threads": self._threads})
        return LocalWorker(replace(task, settings=settings), self._context)

    def close(self) -> None:
        """Do nothing: a worker holds all that there is."""


class LocalWorker:
    """A process of this machine."""

    def __init__(self, task: Task, context: BaseContext) -> None:
        self._task = task
        # A pool of one each: a pool of several is broken as a whole where one of them dies.
        self._pool = ProcessPoolExecutor(1, context)

    def load(self) -> Future[IadError | None]:
        """Start the process; see `Worker.load`."""
        with _ctrl_c_held_back():
            return self._pool.submit(_load, self._task)

    def inspect(self, path: Path) -> Future[Inspected]:
        """Inspect an image."""
        try:
            return self._pool.submit(_inspect, self._task, path)
        except BrokenExecutor as error:  # it died while it had nothing in hand
            dead: Future[Inspected] = Future()
            dead.set_exception(error)
            return dead

    def close(self) -> None:
        """End the process after the image in hand."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _load(task: Task) -> IadError | None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    return _worker(task).load()


def _inspect(task: Task, path: Path) -> Inspected:
    return _worker(task).inspect(path)


@cache
def _worker(task: Task) -> BatchWorker:
    """The one worker of this process."""
    return BatchWorker(task)


def _end_with_parent() -> None:
    """End this process once its parent has ended, even by a kill: nobody else would tell it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _ctrl_c_held_back() -> Iterator[None]:
    """Hold Ctrl-C back in the block, and for ever in processes started in it.

    A terminal sends it to all processes, of which the first alone says what is done.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
