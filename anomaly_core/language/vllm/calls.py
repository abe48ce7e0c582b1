"""Calls to a model server: one time limit over all attempts, retries with back-off, and a circuit breaker.

After a few failures in a row the circuit opens and calls fail at once, so that a server that is down costs a
batch seconds and not a time-out an image; after a pause a single call tries again.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final, TypeVar

from anomaly_core.errors import LanguageModelDown, LanguageModelError

T = TypeVar("T")
SecondsLeft = Callable[[], float]
"""Returns the rest of a call's time limit, in seconds > 0."""

ATTEMPTS: Final = 3
FAILURES: Final = 3
PAUSE_S: Final = 10.0


class TryAgain(Exception):
    """A temporary failure.

    error: to raise after the last attempt. wait_s: the server's Retry-After. busy: the server does answer.
    """

    def __init__(self, error: LanguageModelError, *, wait_s: float = 0.0, busy: bool = False) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait_s = wait_s
        self.busy = busy


class Circuit:
    """Circuit breaker: open after failures in a row. Thread-safe.

    Own code: pybreaker holds its lock during a call, which serialises calls; purgatory has no lock.

    Args:
        server: URL, for the error.
        failures: number in a row that opens it.
        pause_s: seconds that it stays open; then one call may try, and its outcome closes or reopens it.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        server: str,
        *,
        failures: int = FAILURES,
        pause_s: float = PAUSE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._server = server
        self._limit = failures
        self._pause = pause_s
        self._clock = clock
        self._lock = threading.Lock()
        self._in_a_row = 0
        self._open_until: float | None = None

    def check(self) -> None:
        """Raise LanguageModelDown while the circuit is open."""
        with self._lock:
            if self._open_until is None:
                return
            left = self._open_until - self._clock()
            if left <= 0:
                # This caller tries; for the others it stays open until its outcome.
                self._open_until = self._clock() + self._pause
                return
        raise LanguageModelDown(
            f"{self._server}: failed {self._limit} times in a row; it is tried again in {left:.0f} s."
        )

    def answered(self) -> None:
        """Record an answer, which may be a refusal."""
        with self._lock:
            self._in_a_row, self._open_until = 0, None

    def failed(self) -> None:
        """Record a failure to answer."""
        with self._lock:
            self._in_a_row += 1
            if self._in_a_row >= self._limit:
                self._open_until = self._clock() + self._pause


class Caller:
    """Calls to one server under a time limit.

    Args:
        server: its URL, for messages.
        timeout_s: time limit of a call, retries and waits included, in seconds.
        attempts: largest number of attempts a call.
    """

    def __init__(
        self, server: str, timeout_s: float, *, attempts: int = ATTEMPTS, circuit: Circuit | None = None
    ) -> None:
        self.timeout_s = timeout_s
        self.circuit = circuit or Circuit(server)
        self._attempts = attempts

    def run(self, attempt: Callable[[SecondsLeft], T]) -> T:
        """Return the result of `attempt`, which raises TryAgain for a temporary failure.

        Raises LanguageModelDown when no attempt was answered in time, and any other error of `attempt`.
        """
        deadline = time.monotonic() + self.timeout_s
        tried = 0
        while True:
            try:
                return self._once(attempt, lambda: max(0.001, deadline - time.monotonic()))
            except TryAgain as failure:
                tried += 1
                pause = max(failure.wait_s, _back_off(tried))
                if tried == self._attempts or time.monotonic() + pause >= deadline:
                    raise failure.error from failure
                time.sleep(pause)

    def iterate(self, attempt: Callable[[SecondsLeft], Iterator[T]]) -> Iterator[T]:
        """Yield the items of `attempt`; it is repeated only before its first item. See `run`."""

        def begin(left: SecondsLeft) -> tuple[list[T], Iterator[T]]:
            pieces = attempt(left)
            return list(islice(pieces, 1)), pieces

        first, rest = self.run(begin)
        yield from first
        try:
            yield from rest
        except TryAgain as broken:
            self.circuit.failed()
            raise broken.error from broken

    def _once(self, attempt: Callable[[SecondsLeft], T], left: SecondsLeft) -> T:
        """Make one attempt and record its outcome in the circuit; a refusal is an answer."""
        self.circuit.check()
        try:
            result = attempt(left)
        except LanguageModelDown:
            self.circuit.failed()
            raise
        except (TryAgain, LanguageModelError) as error:
            if isinstance(error, TryAgain) and not error.busy:
                self.circuit.failed()
            else:
                self.circuit.answered()
            raise
        self.circuit.answered()
        return result


def _back_off(tried: int) -> float:
    """Return the seconds to wait after `tried` attempts: 0.2, 0.4, 0.8 ... 5, plus up to 0.2 at random."""
    return min(5.0, 0.1 * 2.0**tried) + random.uniform(0.0, 0.2)
