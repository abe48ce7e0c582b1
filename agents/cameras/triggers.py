"""What starts a frame: a clock, or the lines of standard input."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TextIO


def every(seconds: float, wait: Callable[[float], bool]) -> Iterator[str]:
    """Yield an empty label every so many seconds, the first at once; a late one moves those that follow.

    wait: waits the seconds that it is given, and returns whether to end.
    """
    due = time.monotonic()
    while not wait(max(0.0, due - time.monotonic())):
        yield ""
        due = max(due + seconds, time.monotonic())


def lines(source: TextIO) -> Iterator[str]:
    """Yield each line as it comes, such as the serial number that a scanner types; until the input ends."""
    while line := source.readline():
        yield line.strip()
