"""Client of OpenAI-compatible model servers: requests, event streams, and vendor errors as IadErrors."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import httpx2
import openai

from anomaly_core.errors import ConfigError, LanguageModelDown, LanguageModelRefused
from anomaly_core.language.vllm.calls import Caller, SecondsLeft, TryAgain
from anomaly_core.language.vllm.http_client import limited_client

T = TypeVar("T")
_IN_FLIGHT: Final = 256
"""Largest number of connections, one an inspection in flight."""


class ModelServer:
    """One server. Thread-safe.

    Args:
        url: including the version, such as http://host:8000/v1.
        key: bearer token, if any.
        timeout_s: time limit of a call, retries included, in seconds.
        caller: time limit, retries and circuit breaker; made from the above unless given.

    `client` is the `openai` client; requests on it go through `run` and `iterate`. All methods raise
    LanguageModelDown (no answer in time, or known to be down) and LanguageModelRefused (a refusal, or an
    unusable answer), and no vendor's exception.
    """

    def __init__(
        self, url: str, *, key: str | None = None, timeout_s: float = 30.0, caller: Caller | None = None
    ) -> None:
        self.url = url.rstrip("/")
        self.caller = caller or Caller(self.url, timeout_s)
        try:
            self.client = openai.OpenAI(
                base_url=self.url,
                # The client requires a key, also for servers that need none.
                api_key=key or "none",
                # Retries are the caller's, which has the time limit of the whole call and the circuit.
                max_retries=0,
                http_client=limited_client(_IN_FLIGHT),
            )
        except (httpx2.InvalidURL, ValueError) as error:
            raise ConfigError(f"{url}: not a URL such as http://host:8000/v1 ({error}).") from error

    def get(self, path: str) -> dict[str, Any]:
        """Return the JSON object at `path`."""
        return self.run(
            lambda left: self._object(self.client.get(path, cast_to=object, options={"timeout": left()}))
        )

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Return the JSON object that answers a JSON body."""
        return self.run(
            lambda left: self._object(
                self.client.post(path, cast_to=object, body=body, options={"timeout": left()})
            )
        )

    def stream(self, path: str, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the JSON objects of an event stream; it is repeated only before the first one."""

        def ask(left: SecondsLeft) -> Iterator[dict[str, Any]]:
            with self.client.post(
                path,
                cast_to=object,
                body={**body, "stream": True},
                options={"timeout": left()},
                stream=True,
                stream_cls=_WholeStream,
            ) as events:
                for event in events:
                    yield self._object(event)

        return self.iterate(ask)

    def run(self, ask: Callable[[SecondsLeft], T]) -> T:
        """Return the result of `ask`, which uses `client`, under time limit, retries and circuit."""

        def attempt(left: SecondsLeft) -> T:
            with self._our_errors():
                return ask(left)

        return self.caller.run(attempt)

    def iterate(self, ask: Callable[[SecondsLeft], Iterator[T]]) -> Iterator[T]:
        """Yield the items of `ask`, which uses `client`; it is repeated only before its first item."""

        def attempt(left: SecondsLeft) -> Iterator[T]:
            with self._our_errors():
                yield from ask(left)

        return self.caller.iterate(attempt)

    def unusable(self, answer: object) -> LanguageModelRefused:
        """Return the error for an answer of another format, or for its parser's exception."""
        text = str(answer.doc if isinstance(answer, json.JSONDecodeError) else answer)[:80]
        return LanguageModelRefused(
            f"{self.url}: the answer cannot be used: it is not what a model server sends ({text!r}); check "
            "the URL, which ends with /v1."
        )

    def close(self) -> None:
        """Close the connections."""
        self.client.close()

    def _object(self, answer: object) -> dict[str, Any]:
        if not isinstance(answer, dict):
            raise self.unusable(answer)
        return answer

    @contextmanager
    def _our_errors(self) -> Iterator[None]:
        """Map vendor exceptions to TryAgain and IadErrors."""
        try:
            yield
        except openai.APIStatusError as error:
            raise self._refusal(error) from error
        except openai.APITimeoutError as error:
            if isinstance(error.__cause__, httpx2.ConnectTimeout):
                down = LanguageModelDown(f"{self.url}: no connection in time; is it running?")
                raise TryAgain(down) from error
            raise LanguageModelDown(
                f"{self.url}: no whole answer in {self.caller.timeout_s:g} s; raise IAD_LLM_TIMEOUT, ask for "
                "less at once, or use a smaller model."
            ) from error
        except openai.APIConnectionError as error:
            cause = error.__cause__ or error
            if isinstance(cause, httpx2.DecodingError | httpx2.TooManyRedirects):
                raise self.unusable(cause) from error
            reason = str(cause) or type(cause).__name__
            down = LanguageModelDown(f"{self.url}: does not answer ({reason}); start it (`iad llm serve`).")
            raise TryAgain(down) from error
        except openai.OpenAIError as error:  # an event with an error, or a truncated reply
            raise LanguageModelRefused(f"{self.url}: {_line(str(error))}.") from error
        except ValueError as error:  # of a JSON parser
            raise self.unusable(error) from error

    def _refusal(self, error: openai.APIStatusError) -> Exception:
        status, detail, headers = error.status_code, _message(error.body), error.response.headers
        if status in (401, 403):
            return LanguageModelRefused(f"{self.url}: the key is not accepted ({status}); set IAD_LLM_KEY.")
        if status == 404:
            return LanguageModelRefused(
                f"{self.url}: not found (404: {detail}); end the URL with /v1, and check the model's name "
                "(IAD_LLM_MODEL, IAD_PROMPT_LLM_MODEL)."
            )
        if status == 429:
            down = LanguageModelDown(
                f"{self.url}: too busy (429: {detail}); lower the setting in_flight, or wait."
            )
            return TryAgain(down, wait_s=_retry_after(headers), busy=True)
        if status >= 500 or status == 408:
            down = LanguageModelDown(f"{self.url}: failed ({status}: {detail}); look at the server's log.")
            return TryAgain(down, wait_s=_retry_after(headers))
        return LanguageModelRefused(f"{self.url}: the request was refused ({status}: {detail}).")


class _WholeStream(openai.Stream[object]):
    """An event stream that must end with its [DONE] event; else the server broke off."""

    def _iter_events(self) -> Iterator[Any]:
        # The reader stops at [DONE], so the end of this loop is an end without it.
        yield from super()._iter_events()
        raise openai.APIConnectionError(message="the reply broke off", request=self.response.request)


def _retry_after(headers: httpx2.Headers) -> float:
    """Return the seconds of Retry-After; 0 where it is missing or a date."""
    try:
        return max(0.0, float(headers.get("retry-after", "0")))
    except ValueError:
        return 0.0


def _message(body: object) -> str:
    """Return the message of an error body in OpenAI's or FastAPI's format, as one short line."""
    if isinstance(body, dict):
        body = body.get("message") or body.get("detail") or body
    return _line(str(body))


def _line(text: str) -> str:
    return (text.strip().splitlines() or ["no text"])[0][:300]
