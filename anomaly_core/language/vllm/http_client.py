"""An HTTP client whose time limit holds for a whole reply, not for each piece of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx2


class LimitedClient(httpx2.Client):
    """A client that gives up on a reply once the request's read time-out has passed in all.

    A plain client waits that long for every piece, so a server that sends a byte now and then would hold it
    for ever. Raises httpx2.ReadTimeout, at the first piece after the limit or without one.
    """

    def send(self, request: httpx2.Request, *, stream: bool = False, **options: Any) -> httpx2.Response:
        """Send a request; with `stream` the limit still holds while the reply is read."""
        limit = request.extensions.get("timeout", {}).get("read")
        deadline = None if limit is None else time.monotonic() + limit
        response = super().send(request, stream=True, **options)
        if deadline is not None and isinstance(response.stream, httpx2.SyncByteStream):
            response.stream = _Limited(response.stream, deadline, request)
        if not stream:
            try:
                response.read()
            finally:
                response.close()
        return response


class _Limited(httpx2.SyncByteStream):
    """A body that ends in a time-out when it is not over by the deadline (seconds of the monotonic clock)."""

    def __init__(self, body: httpx2.SyncByteStream, deadline: float, request: httpx2.Request) -> None:
        self._body = body
        self._deadline = deadline
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._body:
            if time.monotonic() > self._deadline:
                raise httpx2.ReadTimeout("the reply took too long in all", request=self._request)
            yield piece

    def close(self) -> None:
        self._body.close()
