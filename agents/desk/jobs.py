"""Long work in the background, one piece after the other, with its progress."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from anomaly_core.errors import ConfigError, IadError
from anomaly_core.good_images import Progress

Status = Literal["queued", "running", "done", "failed"]
MOST: Final = 200
"""Jobs that are remembered."""


@dataclass(frozen=True)
class Job:
    """A piece of work. step, done, total: what it is at; total 0 is not known. error: (kind, message)."""

    id: str
    what: str
    status: Status = "queued"
    step: str = ""
    done: int = 0
    total: int = 0
    result: dict[str, Any] | None = None
    error: tuple[str, str] | None = None

    @property
    def over(self) -> bool:
        """Whether it is done or failed."""
        return self.status in ("done", "failed")


class Jobs:
    """Jobs of this process; they end with it. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="iad-job")

    def start(self, what: str, work: Callable[[Progress], dict[str, Any]]) -> Job:
        """Queue a piece of work, which reports its progress, and return its job."""
        job = Job(secrets.token_hex(8), what)
        with self._lock:
            self._jobs[job.id] = job
            over = [each.id for each in self._jobs.values() if each.over]
            for id_ in over[: max(0, len(self._jobs) - MOST)]:
                del self._jobs[id_]
        # With the context of who asked, for the log.
        future = self._pool.submit(copy_context().run, self._run, job.id, work)
        # A programming error is raised again here, which the executor writes to the log.
        future.add_done_callback(lambda done: None if done.cancelled() else done.result())
        return job

    def get(self, id_: str) -> Job:
        """Return a job as it now is. Raises ConfigError where there is none."""
        with self._lock:
            if id_ not in self._jobs:
                raise ConfigError(f"there is no job {id_}: it is of an earlier start, or long over")
            return self._jobs[id_]

    def all(self) -> list[Job]:
        """Return the jobs, the latest first."""
        with self._lock:
            return list(reversed(self._jobs.values()))

    def close(self) -> None:
        """Let the running job end, and drop those that wait."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self, id_: str, work: Callable[[Progress], dict[str, Any]]) -> None:
        def progress(step: str, done: int, total: int) -> None:
            self._change(id_, step=step, done=done, total=total)

        self._change(id_, status="running")
        try:
            self._change(id_, status="done", result=work(progress))
        except IadError as error:
            self._change(id_, status="failed", error=(error.kind, str(error)))
        finally:
            if not self.get(id_).over:
                self._change(
                    id_, status="failed", error=("InternalError", "a programming error: see the log")
                )

    def _change(self, id_: str, **changes: Any) -> None:
        with self._lock:
            self._jobs[id_] = replace(self._jobs[id_], **changes)
