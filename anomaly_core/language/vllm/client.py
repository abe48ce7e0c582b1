"""The one boundary to an OpenAI-compatible model server: requests, event streams, and failures made ours."""

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
"""Connections at once: as many as there are inspections in flight, more than the client's own limit."""


class ModelServer:
    """One server. For many threads at once.

    Args:
        url: up to and with its version, such as http://host:8000/v1.
        key: sent as a bearer token, if any.
        timeout_s: seconds that one call may take, retries included.
        caller: the time limit, retries and circuit; made from the above unless given.

    `client` is the `openai` client; what is asked of it goes through `run` and `iterate`, as all methods do:
    they raise LanguageModelDown (no answer in time, or known to be down) and LanguageModelRefused (a refusal,
    or an answer that cannot be used), and no exception of a vendor's.
    """

    def __init__(
        self, url: str, *, key: str | None = None, timeout_s: float = 30.0, caller: Caller | None = None
    ) -> None:
        self.url = url.rstrip("/")
        self.caller = caller or Caller(self.url, timeout_s)
        try:
            self.client = openai.OpenAI(
                base_url=self.url,
                # The client insists on a key, also for servers that want none.
                api_key=key or "none",
                # Its own retries know neither the time limit of the whole call nor the circuit: ours rule.
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
        """Return the JSON object that the server answers a JSON body with."""
        return self.run(
            lambda left: self._object(
                self.client.post(path, cast_to=object, body=body, options={"timeout": left()})
            )
        )

    def stream(self, path: str, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the JSON objects of an event stream; tried again only as long as none has come."""

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
        """Return what `ask` gets of `client`, under the time limit, with retries and the circuit."""

        def attempt(left: SecondsLeft) -> T:
            with self._our_errors():
                return ask(left)

        return self.caller.run(attempt)

    def iterate(self, ask: Callable[[SecondsLeft], Iterator[T]]) -> Iterator[T]:
        """Yield what `ask` gets of `client`; tried again only as long as nothing has come."""

        def attempt(left: SecondsLeft) -> Iterator[T]:
            with self._our_errors():
                yield from ask(left)

        return self.caller.iterate(attempt)

    def unusable(self, answer: object) -> LanguageModelRefused:
        """Return the error for an answer of another shape, or for what a reader of it has raised."""
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
        """The one place where the vendors' exceptions become TryAgain and this project's errors."""
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
        except openai.OpenAIError as error:  # an event that holds an error, or a reply that was cut short
            raise LanguageModelRefused(f"{self.url}: {_line(str(error))}.") from error
        except ValueError as error:  # of a JSON reader
            raise self.unusable(error) from error

    def _refusal(self, error: openai.APIStatusError) -> Exception:
        status, said, headers = error.status_code, _message(error.body), error.response.headers
        if status in (401, 403):
            return LanguageModelRefused(f"{self.url}: the key is not accepted ({status}); set IAD_LLM_KEY.")
        if status == 404:
            return LanguageModelRefused(
                f"{self.url}: not found (404: {said}); end the URL with /v1, and check the model's name "
                "(IAD_LLM_MODEL, IAD_PROMPT_LLM_MODEL)."
            )
        if status == 429:
            down = LanguageModelDown(f"{self.url}: too busy (429: {said}); lower --jobs, or wait.")
            return TryAgain(down, wait_s=_retry_after(headers), busy=True)
        if status >= 500 or status == 408:
            down = LanguageModelDown(f"{self.url}: failed ({status}: {said}); look at the server's log.")
            return TryAgain(down, wait_s=_retry_after(headers))
        return LanguageModelRefused(f"{self.url}: the request was refused ({status}: {said}).")


class _WholeStream(openai.Stream[object]):
    """An event stream that must end with its mark: without one the server went away in the middle."""

    def _iter_events(self) -> Iterator[Any]:
        # The reader stops at the mark, so the end of this loop is an end without it.
        yield from super()._iter_events()
        raise openai.APIConnectionError(message="the reply broke off", request=self.response.request)


def _retry_after(headers: httpx2.Headers) -> float:
    """Seconds that a server asks to wait; 0 where it does not say, or names a date."""
    try:
        return max(0.0, float(headers.get("retry-after", "0")))
    except ValueError:
        return 0.0


def _message(body: object) -> str:
    """What the server says is wrong, one short line; of an error body in OpenAI's form or in FastAPI's."""
    if isinstance(body, dict):
        body = body.get("message") or body.get("detail") or body
    return _line(str(body))


def _line(text: str) -> str:
    return (text.strip().splitlines() or ["no text"])[0][:300]
