"""Limits of the service: size of a body, requests of a caller in a minute, requests at once."""

from __future__ import annotations

import math
import os
import sqlite3
import threading
import time
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any, Final, TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import HTTPException, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from agents.interfaces.service.access import Caller
from agents.interfaces.service.errors import problem
from agents.settings import Settings
from tools.context import operated_by

T = TypeVar("T")
MOST_CALLERS: Final = 10_000
"""Callers whose rate is remembered."""
_BUCKETS: Final = """
PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS buckets (caller TEXT PRIMARY KEY, held REAL, at REAL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_time ON buckets (at);
"""
MOST_WORKING: Final = 4
"""Requests that compute at once, at most; more would hold more images in memory."""


class BodyLimit:
    """Refuses bodies above a size with 413: by their stated length before, else where they pass it."""

    def __init__(self, app: ASGIApp, megabytes: int) -> None:
        self._app = app
        self._most = megabytes * 1_000_000
        self._message = f"a request may have {megabytes} MB: send a smaller image, or raise upload_mb"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, counting its bytes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        stated = dict(scope["headers"]).get(b"content-length", b"")
        if stated.isdigit() and int(stated) > self._most:
            await problem(413, self._message)(scope, receive, send)
            return
        size = 0

        async def counted() -> MutableMapping[str, Any]:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self._most:
                raise HTTPException(413, self._message)
            return message

        await self._app(scope, counted, send)


class Rate:
    """A bucket of requests for each caller, filled anew over a minute.

    clock: seconds, equal in all processes of the machine. shared: folder of buckets that several processes
    take from; None for one alone.
    """

    def __init__(
        self,
        per_minute: int | None,
        clock: Callable[[], float] = time.monotonic,
        shared: Path | None = None,
    ) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._lock = threading.Lock()
        file = ":memory:" if shared is None else shared / "rate.sqlite"
        self._buckets = sqlite3.connect(file, 30.0, isolation_level=None, check_same_thread=False)
        self._buckets.executescript(_BUCKETS)

    def check(self, caller: str) -> None:
        """Count a request. Raises HTTPException 429 with Retry-After where there were too many."""
        if self._per_minute is None:
            return
        with self._lock:
            held = self._take(caller, self._per_minute)
        if held < 1:
            wait = math.ceil((1 - held) * 60 / self._per_minute)
            raise HTTPException(
                429,
                f"more than {self._per_minute} requests in a minute: try again in {wait} s",
                headers={"Retry-After": str(wait)},
            )

    def _take(self, caller: str, most: int) -> float:
        """Take one request of a caller's bucket, if it holds one; return what it held before."""
        with self._buckets:
            self._buckets.execute("BEGIN IMMEDIATE")
            now = self._clock()
            known = self._buckets.execute("SELECT held, at FROM buckets WHERE caller = ?", (caller,))
            held, before = known.fetchone() or (float(most), now)
            held = min(float(most), held + (now - before) * most / 60)
            left = (caller, held - 1 if held >= 1 else held, now)
            self._buckets.execute("INSERT OR REPLACE INTO buckets VALUES (?, ?, ?)", left)
            self._buckets.execute(
                "DELETE FROM buckets WHERE at < (SELECT at FROM buckets ORDER BY at DESC LIMIT 1 OFFSET ?)",
                (MOST_CALLERS - 1,),
            )
        return held


def working(settings: Settings) -> int:
    """Return how many requests compute at once, each in a thread; the others of the queue wait.

    As many as there are processors: what more compute in Python takes turns, and the turns cost. Where a
    model is served, `MOST_WORKING`, since they wait for it most of the time.
    """
    if settings.llm_url is not None or settings.prompt_llm.startswith("http"):
        return MOST_WORKING
    return min(MOST_WORKING, max(2, len(os.sched_getaffinity(0))))


class Queue:
    """Requests that compute: at most `most` at once, `working` of them worked on, the others waiting.

    Their threads are not those of the other requests, which so never wait for them. hears: is told the
    length at each change.
    """

    def __init__(self, most: int, working: int) -> None:
        self._most = most
        self._mean_s = 1.0
        self._threads = CapacityLimiter(working)
        self.length = 0
        self.hears: Callable[[int], None] = lambda length: None

    async def run(self, caller: Caller, work: Callable[[], T]) -> T:
        """Do work in a thread, logged as the caller's. Raises HTTPException 429 where the queue is full."""
        self.enter()
        start = time.perf_counter()
        try:
            return await self.work(caller, work)
        finally:
            self.leave(time.perf_counter() - start)

    async def work(self, caller: Caller, work: Callable[[], T]) -> T:
        """Do work in a thread, as soon as there is one, for who has a place; logged as the caller's."""
        return await run_sync(as_caller, caller, work, limiter=self._threads)

    def enter(self) -> None:
        """Take a place. Raises HTTPException 429 with Retry-After where there is none."""
        if self.length >= self._most:
            wait = max(1, math.ceil(self._mean_s))
            raise HTTPException(
                429, f"{self.length} requests wait already: try again in {wait} s", {"Retry-After": str(wait)}
            )
        self.length += 1
        self.hears(self.length)

    def leave(self, seconds: float) -> None:
        """Give a place back after so long."""
        self.length -= 1
        self.hears(self.length)
        self._mean_s += 0.1 * (seconds - self._mean_s)


def as_caller(caller: Caller, work: Callable[[], T]) -> T:
    """Do work that the log names a caller for."""
    with operated_by(caller.name):
        return work()


async def count_request(request: Request) -> None:
    """Count a request of the API against its caller's rate; a dependency of every route.

    A wrong key counts for the address that it came from.
    """
    caller = request.app.state.access.caller_in(request)
    address = request.client.host if request.client else ""
    request.app.state.rate.check(address if caller is None or caller.name is None else f"key {caller.name}")
