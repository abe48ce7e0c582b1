"""What work would take on an idle machine: its time, less what a busy or slower machine adds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

IDLE_S: Final = 0.0106
"""What `_piece` takes on one idle x86-64 core, with CPython 3.11 (2026-11-28)."""


def seconds_if_idle(work: Callable[[], object], wanted: float, tries: int = 5) -> float:
    """Return the least of the times of some work, as if the machine were idle; ends once it is as wanted.

    Before and after each try a fixed piece of work tells how many times as slow the machine is just then.
    """
    least = float("inf")
    for _ in range(tries):
        before = _piece()
        begun = time.perf_counter()
        work()
        took = time.perf_counter() - begun
        slower = max(1.0, (before + _piece()) / 2 / IDLE_S)
        least = min(least, took / slower)
        if least < wanted:
            break
    return least


def _piece() -> float:
    """Return the seconds of a fixed piece of work."""
    begun = time.perf_counter()
    sum(number * number for number in range(200_000))
    return time.perf_counter() - begun
