"""Couriers: a thread a receiver, which takes it the messages of the outbox, and waits while it is away."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from agents.outbox.outbox import Outbox
from agents.outbox.receivers import Receiver, Undelivered
from anomaly_core.errors import StoreError

FIRST_S: Final = 1.0
"""Pause after a failure; each further one doubles it."""
LONGEST_S: Final = 300.0
IDLE_S: Final = 1.0
"""Pause where nothing is due and nobody wakes the courier."""
LAST_S: Final = 5.0
"""How long what waits is still delivered at the end, as long as it is taken."""


class Couriers:
    """Delivers what is put, in other threads: a slow receiver holds up neither the caller nor the others.

    say: hears once that a receiver is away, and once that it is back. first_s: see `FIRST_S`.
    """

    def __init__(
        self,
        outbox: Outbox,
        receivers: Sequence[Receiver],
        say: Callable[[str], None],
        *,
        first_s: float = FIRST_S,
    ) -> None:
        self._outbox = outbox
        self._receivers = receivers
        self._say = say
        self._first_s = first_s
        self._stopped = threading.Event()
        self._end = math.inf
        self._woken = [threading.Event() for _ in receivers]
        self._threads = [
            threading.Thread(target=self._deliver, args=(one, woken), name="courier", daemon=True)
            for one, woken in zip(receivers, self._woken, strict=True)
        ]

    def __enter__(self) -> Couriers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end = time.monotonic() + LAST_S
        self._stopped.set()
        for woken in self._woken:
            woken.set()
        for thread in self._threads:
            thread.join()
        for one in self._receivers:
            one.close()
            if waiting := self._outbox.waiting(one.name):
                self._say(f"{waiting} results for {one.shown} wait; they are sent at the next start")
        self._outbox.close()

    def put(self, id_: str, body: str) -> None:
        """Have a message delivered to every receiver, once by its id. Raises StoreError."""
        self._outbox.put(id_, body, [one.name for one in self._receivers])
        for woken in self._woken:
            woken.set()

    def _deliver(self, receiver: Receiver, woken: threading.Event) -> None:
        failures = 0
        while time.monotonic() < self._end:
            woken.clear()
            try:
                sent = self._send_next(receiver)
            except (Undelivered, StoreError) as error:
                if not failures:
                    self._say(f"{receiver.shown} takes no results ({error}); they wait, and are sent again")
                failures += 1
                if self._stopped.wait(self._pause_s(failures)):
                    return
                continue
            if failures and sent:
                self._say(f"{receiver.shown} takes results again")
                failures = 0
            if not sent:
                if self._stopped.is_set():
                    return
                woken.wait(IDLE_S)

    def _send_next(self, receiver: Receiver) -> bool:
        """Deliver a receiver's next message; return whether there was one. Raises Undelivered, StoreError."""
        now = time.time()
        message = self._outbox.next(receiver.name, now)
        if message is None:
            return False
        try:
            receiver.take(message)
        except Undelivered as error:
            if not error.refused:
                raise
            if not message.refusals:
                self._say(f"{receiver.shown} refuses result {message.id} ({error}); it is sent again later")
            self._outbox.postpone(message, now + self._pause_s(message.refusals + 1))
            return True
        self._outbox.delivered(message)
        return True

    def _pause_s(self, failures: int) -> float:
        return float(min(LONGEST_S, self._first_s * 2 ** min(failures - 1, 30)))
