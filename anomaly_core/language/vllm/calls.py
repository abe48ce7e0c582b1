"""Calls to a model server: one time limit over all attempts, retries with back-off, and a circuit.

A server that is down must cost a batch seconds, not a time-out an image: after a few failures in a row the
circuit opens and calls fail at once, until a single call after a pause finds the server back.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, TypeVar

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential,
    wait_random,
)

from anomaly_core.errors import LanguageModelDown, LanguageModelError

T = TypeVar("T")

ATTEMPTS: Final = 3
FAILURES: Final = 3
PAUSE_S: Final = 10.0
_BACK_OFF: Final = wait_exponential(multiplier=0.2, max=5.0) + wait_random(0.0, 0.2)


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
        self.server = server
        self.timeout_s = timeout_s
        self.circuit = circuit or Circuit(server)
        self._attempts = attempts

    def run(self, attempt: Callable[[float], T]) -> T:
        """Return what `attempt(seconds left)` returns; it raises TryAgain for a failure that may pass.

        Raises LanguageModelDown when no attempt was answered in time, and whatever else `attempt` raises.
        """
        deadline = time.monotonic() + self.timeout_s

        def once() -> T:
            self.circuit.check()
            try:
                result = attempt(max(0.001, deadline - time.monotonic()))
            except TryAgain as failure:
                if failure.busy:
                    self.circuit.answered()
                else:
                    self.circuit.failed()
                raise
            except LanguageModelDown:
                self.circuit.failed()
                raise
            except LanguageModelError:
                self.circuit.answered()
                raise
            self.circuit.answered()
            return result

        def wait(state: RetryCallState) -> float:
            return max(_BACK_OFF(state), _asked_wait(state))

        def too_late(state: RetryCallState) -> bool:
            return time.monotonic() + state.upcoming_sleep >= deadline

        retrying = Retrying(
            retry=retry_if_exception_type(TryAgain),
            stop=lambda state: stop_after_attempt(self._attempts)(state) or too_late(state),
            wait=wait,
            reraise=True,
        )
        try:
            return retrying(once)
        except TryAgain as last:
            raise last.error from last


def _asked_wait(state: RetryCallState) -> float:
    """Seconds that the server asked to wait."""
    error = state.outcome.exception() if state.outcome else None
    return error.wait_s if isinstance(error, TryAgain) else 0.0
