"""Calls to a model server: one time limit over all attempts, retries with back-off, and a circuit.

A server that is down must cost a batch seconds, not a time-out an image: after a few failures in a row the
circuit opens and calls fail at once, until a single call after a pause finds the server back.
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
"""Gives what a call has left of its time limit, in seconds above 0."""

ATTEMPTS: Final = 3
FAILURES: Final = 3
PAUSE_S: Final = 10.0


class TryAgain(Exception):
    """A failure that may pass.

    error: what to raise when it does not. wait_s: as the server asked. busy: the server is there, only busy.
    """

    def __init__(self, error: LanguageModelError, *, wait_s: float = 0.0, busy: bool = False) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait_s = wait_s
        self.busy = busy


class Circuit:
    """Closed while the server answers, open after failures in a row, for many threads.

    Own code: pybreaker holds its lock during a call, so that calls go one at a time; purgatory has no lock.

    Args:
        server: named in the error.
        failures: in a row, that open it.
        pause_s: seconds it stays open; then one call may try, and its outcome closes it or opens it again.
        clock: seconds, never going back.
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
                # This caller tries; the others wait for its outcome.
                self._open_until = self._clock() + self._pause
                return
        raise LanguageModelDown(
            f"{self._server}: failed {self._limit} times in a row; it is tried again in {left:.0f} s."
        )

    def answered(self) -> None:
        """Note an answer, be it a refusal: the server is there."""
        with self._lock:
            self._in_a_row, self._open_until = 0, None

    def failed(self) -> None:
        """Note a failure to answer."""
        with self._lock:
            self._in_a_row += 1
            if self._in_a_row >= self._limit:
                self._open_until = self._clock() + self._pause


class Caller:
    """Makes calls to one server under a time limit.

    Args:
        server: its URL, for messages.
        timeout_s: seconds that one call may take, retries and waits included.
        attempts: tries a call.
    """

    def __init__(
        self, server: str, timeout_s: float, *, attempts: int = ATTEMPTS, circuit: Circuit | None = None
    ) -> None:
        self.timeout_s = timeout_s
        self.circuit = circuit or Circuit(server)
        self._attempts = attempts

    def run(self, attempt: Callable[[SecondsLeft], T]) -> T:
        """Return what `attempt` returns; it raises TryAgain for a failure that may pass.

        Raises LanguageModelDown when no attempt was answered in time, and whatever else `attempt` raises.
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
        """Yield what `attempt` yields; see `run`.

        Tried again only as long as nothing has come: what was shown cannot be taken back.
        """

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
        """Make one attempt, and tell the circuit how it ended: a refusal is an answer too."""
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
    """Seconds to wait after so many attempts: 0.2, 0.4, 0.8 and so on to 5, and up to 0.2 more by chance."""
    return min(5.0, 0.1 * 2.0**tried) + random.uniform(0.0, 0.2)
