"""Long work in the background, one piece after the other, with its progress, told to other processes too."""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

from filelock import FileLock, Timeout

from anomaly_core.errors import ConfigError, IadError
from anomaly_core.good_images import Progress

Status = Literal["queued", "running", "done", "failed"]
MOST: Final = 200
"""Jobs that are over and remembered."""
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS jobs
(number INTEGER PRIMARY KEY, id TEXT UNIQUE, owner TEXT, over INTEGER, job TEXT)
"""


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
    """Jobs of this process, which end with it, and of those that share its folder. Thread-safe.

    shared: folder in which processes of one machine tell each other of their jobs; None for one alone.
    """

    def __init__(self, shared: Path | None = None) -> None:
        self._shared = shared
        self._owner = secrets.token_hex(8)
        # Held until the process ends, however it does: who can take it knows that its jobs go no further.
        self._lives = None if shared is None else _lock_of(shared, self._owner)
        if self._lives is not None:
            self._lives.acquire()
        self._lock = threading.Lock()
        file = ":memory:" if shared is None else shared / "jobs.sqlite"
        self._table = sqlite3.connect(file, 30.0, isolation_level=None, check_same_thread=False)
        # What is shared ends with the processes: no loss of power matters.
        self._table.execute("PRAGMA synchronous = OFF")
        self._table.execute(_TABLE)
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="iad-job")

    def start(self, what: str, work: Callable[[Progress], dict[str, Any]]) -> Job:
        """Queue a piece of work, which reports its progress and returns JSON, and return its job."""
        job = Job(secrets.token_hex(8), what)
        with self._lock:
            self._table.execute(
                "INSERT INTO jobs (id, owner, over, job) VALUES (?, ?, 0, ?)",
                (job.id, self._owner, json.dumps(asdict(job))),
            )
            self._table.execute(
                "DELETE FROM jobs WHERE number IN "
                "(SELECT number FROM jobs WHERE over ORDER BY number DESC LIMIT -1 OFFSET ?)",
                (MOST,),
            )
        # With the context of who asked, for the log.
        future = self._pool.submit(copy_context().run, self._run, job.id, work)
        # A programming error is raised again here, which the executor writes to the log.
        future.add_done_callback(lambda done: None if done.cancelled() else done.result())
        return job

    def get(self, id_: str) -> Job:
        """Return a job as it now is. Raises ConfigError where there is none."""
        with self._lock:
            row = self._table.execute("SELECT owner, job FROM jobs WHERE id = ?", (id_,)).fetchone()
        if row is None:
            raise ConfigError(f"there is no job {id_}: it is of an earlier start, or long over")
        return self._read(*row)

    def all(self) -> list[Job]:
        """Return the jobs, the latest first."""
        with self._lock:
            rows = self._table.execute("SELECT owner, job FROM jobs ORDER BY number DESC").fetchall()
        return [self._read(*row) for row in rows]

    def close(self) -> None:
        """Let the running job end, and drop those that wait."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        if self._lives is not None:
            self._lives.release()

    def _read(self, owner: str, text: str) -> Job:
        """Return a job of a row; one whose process has ended has failed."""
        fields = json.loads(text)
        job = Job(**{**fields, "error": fields["error"] and tuple(fields["error"])})
        if job.over or owner == self._owner or self._shared is None:
            return job
        with suppress(Timeout), _lock_of(self._shared, owner):
            told = "the process that did it has ended: send it again"
            return replace(job, status="failed", error=("WorkerDied", told))
        return job

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
        job = replace(self.get(id_), **changes)
        with self._lock:
            self._table.execute(
                "UPDATE jobs SET over = ?, job = ? WHERE id = ?", (job.over, json.dumps(asdict(job)), id_)
            )


def _lock_of(shared: Path, owner: str) -> FileLock:
    """Return the lock that an owner of jobs holds as long as it lives; taking it waits for nobody."""
    return FileLock(shared / f"{owner}.lives", timeout=0, thread_local=False)
