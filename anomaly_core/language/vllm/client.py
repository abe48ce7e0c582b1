"""HTTP with an OpenAI-compatible model server: JSON and event streams, its failures made this project's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

from anomaly_core.errors import ConfigError, LanguageModelDown, LanguageModelRefused
from anomaly_core.language.vllm.calls import Caller, TryAgain
from anomaly_core.language.vllm.http_client import LimitedClient

_IN_FLIGHT = 256
"""Connections at once: as many as there are inspections in flight, more than the client's own limit."""


class ModelServer:
    """One server. For many threads at once.

    Args:
        url: up to and with its version, such as http://host:8000/v1.
        key: sent as a bearer token, if any.
        timeout_s: seconds that one call may take, retries included.
        caller: the time limit, retries and circuit; made from the above unless given.

    Every method raises LanguageModelDown (no answer in time, or known to be down) and LanguageModelRefused (a
    refusal, or an answer that cannot be used).
    """

    def __init__(
        self, url: str, *, key: str | None = None, timeout_s: float = 30.0, caller: Caller | None = None
    ) -> None:
        self.url = url.rstrip("/")
        self.caller = caller or Caller(self.url, timeout_s)
        limits = httpx2.Limits(max_connections=_IN_FLIGHT, max_keepalive_connections=_IN_FLIGHT)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        try:
            self._http = LimitedClient(base_url=self.url, headers=headers, limits=limits)
        except (httpx2.InvalidURL, ValueError) as error:
            raise ConfigError(f"{url}: not a URL such as http://host:8000/v1 ({error}).") from error

    def get(self, path: str) -> dict[str, Any]:
        """Return the JSON object at `path`."""
        return self.caller.run(lambda seconds: self._once("GET", path, None, seconds))

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Return the JSON object that the server answers a JSON body with."""
        return self.caller.run(lambda seconds: self._once("POST", path, body, seconds))

    def stream(self, path: str, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the JSON objects of an event stream; tried again only as long as none has come."""

        def first(seconds: float) -> tuple[dict[str, Any] | None, Iterator[dict[str, Any]]]:
            events = self._events(path, {**body, "stream": True}, seconds)
            return next(events, None), events

        event, rest = self.caller.run(first)
        if event is None:
            return
        yield event
        try:
            yield from rest
        except TryAgain as broken:
            self.caller.circuit.failed()
            raise broken.error from broken

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _once(self, method: str, path: str, body: dict[str, Any] | None, seconds: float) -> dict[str, Any]:
        with self._our_errors():
            response = self._http.request(method, path, json=body, timeout=seconds)
        if not response.is_success:
            raise self._refusal(response, _said(response))
        try:
            found = response.json()
        except ValueError as error:
            raise self._garbage(response.text) from error
        if not isinstance(found, dict):
            raise self._garbage(response.text)
        return found

    def _events(self, path: str, body: dict[str, Any], seconds: float) -> Iterator[dict[str, Any]]:
        with self._our_errors(), self._http.stream("POST", path, json=body, timeout=seconds) as response:
            if not response.is_success:
                response.read()
                raise self._refusal(response, _said(response))
            for line in response.iter_lines():
                data = line.removeprefix("data:").strip()
                if not line.startswith("data:") or not data:
                    continue
                if data == "[DONE]":
                    return
                try:
                    event = json.loads(data)
                except ValueError as error:
                    raise self._garbage(data) from error
                if not isinstance(event, dict):
                    raise self._garbage(data)
                if "error" in event:
                    raise LanguageModelRefused(f"{self.url}: {_message(event)}.")
                yield event
        # An end without its mark: the server went away in the middle.
        raise TryAgain(LanguageModelDown(f"{self.url}: the reply broke off; the server went away."))

    @contextmanager
    def _our_errors(self) -> Iterator[None]:
        """The one boundary where the HTTP library's exceptions become ours."""
        try:
            yield
        except httpx2.ConnectTimeout as error:
            raise TryAgain(LanguageModelDown(f"{self.url}: no connection in time; is it running?")) from error
        except httpx2.TimeoutException as error:
            raise LanguageModelDown(
                f"{self.url}: no whole answer in {self.caller.timeout_s:g} s; raise IAD_LLM_TIMEOUT, or ask "
                "for less at once."
            ) from error
        except httpx2.TransportError as error:
            reason = str(error) or type(error).__name__
            raise TryAgain(
                LanguageModelDown(f"{self.url}: does not answer ({reason}); start it with `iad llm serve`.")
            ) from error
        except (httpx2.DecodingError, httpx2.TooManyRedirects) as error:
            raise self._garbage(str(error)) from error

    def _garbage(self, text: str) -> LanguageModelRefused:
        return LanguageModelRefused(
            f"{self.url}: the answer is not what a model server sends ({text[:80]!r}); check the URL, which "
            "ends with /v1."
        )

    def _refusal(self, response: httpx2.Response, said: str) -> Exception:
        status = response.status_code
        if status in (401, 403):
            return LanguageModelRefused(f"{self.url}: the key is not accepted ({status}); set IAD_LLM_KEY.")
        if status == 404:
            return LanguageModelRefused(f"{self.url}: not found (404: {said}); check the URL and the model.")
        if status == 429:
            down = LanguageModelDown(f"{self.url}: too busy (429: {said}); lower --jobs, or wait.")
            return TryAgain(down, wait_s=retry_after(response.headers), busy=True)
        if status >= 500 or status == 408:
            down = LanguageModelDown(f"{self.url}: failed ({status}: {said}); look at the server's log.")
            return TryAgain(down, wait_s=retry_after(response.headers))
        return LanguageModelRefused(f"{self.url}: the request was refused ({status}: {said}).")


def retry_after(headers: httpx2.Headers) -> float:
    """Seconds that a server asks to wait; 0 where it does not say, or names a date."""
    try:
        return max(0.0, float(headers.get("retry-after", "0")))
    except ValueError:
        return 0.0


def _said(response: httpx2.Response) -> str:
    """What the server says is wrong, one short line."""
    try:
        return _message(response.json())
    except ValueError:
        return (response.text.strip().splitlines() or ["no text"])[0][:200]


def _message(body: object) -> str:
    """The message in an error body, in OpenAI's form or in FastAPI's."""
    if isinstance(body, dict):
        error = body.get("error", body)
        text = error.get("message") or error.get("detail") if isinstance(error, dict) else error
        if text:
            return str(text).splitlines()[0][:300]
    return str(body)[:200]
