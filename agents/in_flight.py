"""Calls in flight at the same time, their results in the order of the arguments."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
R = TypeVar("R")


def in_flight(call: Callable[[A], R], arguments: Iterable[A], limit: int) -> Generator[R]:
    """Yield `call(argument)` for each argument, in order, with at most `limit` calls begun and not yielded.

    What a call raises is raised when its turn comes. Where the caller stops, calls not begun are dropped.
    """
    waiting: deque[Future[R]] = deque()
    pool = ThreadPoolExecutor(limit, thread_name_prefix="inspect")
    try:
        for argument in arguments:
            waiting.append(pool.submit(call, argument))
            if len(waiting) == limit:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
