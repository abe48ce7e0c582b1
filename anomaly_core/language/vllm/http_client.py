"""HTTP client with a time limit for the whole reply, not for each piece of it."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Final

import httpx2

_DEADLINE: Final = "iad_deadline"


def limited_client(connections: int) -> httpx2.Client:
    """Return a client with at most `connections` connections, whose read time-out limits the whole reply.

    A plain client applies the time-out to every piece, so that a slow server could hold it for ever. A reply
    that takes too long raises httpx2.ReadTimeout.
    """
    limits = httpx2.Limits(max_connections=connections, max_keepalive_connections=connections)
    return httpx2.Client(limits=limits, event_hooks={"request": [_start], "response": [_limit]})


def _start(request: httpx2.Request) -> None:
    """Set the deadline of the reply, from now."""
    seconds = request.extensions.get("timeout", {}).get("read")
    request.extensions[_DEADLINE] = time.monotonic() + (math.inf if seconds is None else seconds)


def _limit(response: httpx2.Response) -> None:
    if isinstance(response.stream, httpx2.SyncByteStream):
        response.stream = _Limited(response.stream, response.request)


class _Limited(httpx2.SyncByteStream):
    """A body that raises a time-out after the deadline (monotonic seconds)."""

    def __init__(self, body: httpx2.SyncByteStream, request: httpx2.Request) -> None:
        self._body = body
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._body:
            if time.monotonic() > self._request.extensions[_DEADLINE]:
                raise httpx2.ReadTimeout("the reply took too long in all", request=self._request)
            yield piece

    def close(self) -> None:
        self._body.close()
