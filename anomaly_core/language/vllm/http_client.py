"""The HTTP client of model servers, whose time limit holds for a whole reply and not for each piece of it."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Final

import httpx2

_DEADLINE: Final = "iad_deadline"


def limited_client(connections: int) -> httpx2.Client:
    """Return a client of that many connections at once that gives up on a reply after its time limit in all.

    A plain client waits the read time-out for every piece, so a server that sends a byte now and then would
    hold it for ever. Raises httpx2.ReadTimeout, at the first piece after the limit or without one.
    """
    limits = httpx2.Limits(max_connections=connections, max_keepalive_connections=connections)
    return httpx2.Client(limits=limits, event_hooks={"request": [_start], "response": [_limit]})


def _start(request: httpx2.Request) -> None:
    """Note when the reply must be over: the read time-out counts from here."""
    seconds = request.extensions.get("timeout", {}).get("read")
    request.extensions[_DEADLINE] = time.monotonic() + (math.inf if seconds is None else seconds)


def _limit(response: httpx2.Response) -> None:
    if isinstance(response.stream, httpx2.SyncByteStream):
        response.stream = _Limited(response.stream, response.request)


class _Limited(httpx2.SyncByteStream):
    """A body that ends in a time-out when it is not over by the deadline (seconds of the monotonic clock)."""

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
