"""The chat model that plans and phrases, opt-in: any OpenAI-compatible endpoint, or a small local one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import httpx2
import openai
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables.config import run_in_executor
from langchain_openai import ChatOpenAI
from pydantic import BaseModel, PrivateAttr, SecretStr

from agents.settings import EMBEDDED, Settings
from anomaly_core.errors import LanguageModelDown, LanguageModelError, LanguageModelRefused
from anomaly_core.language.vllm.calls import Caller, TryAgain
from anomaly_core.language.vllm.http_client import LimitedClient

LOCAL: Final = "local"
"""`llm_url` of the local chat model."""
LONGEST_REPLY: Final = 1024
"""Tokens of a reply at most: a small model may otherwise go on until its context is full."""

Reply = TypeVar("Reply", bound=BaseModel)


def build_chat_model(settings: Settings) -> BaseChatModel | None:
    """Return the chat model of the settings; None where `llm_url` is unset, or the embedded model speaks.

    Nothing is asked of it yet.

    Its calls raise LanguageModelDown (no answer in `llm_timeout` seconds, retries included; at once while it
    is known to be down) and LanguageModelRefused (a refusal, or a reply that cannot be used), and no
    exception of a vendor's. Raises ConfigError and WeightsMissing where the local model cannot be had.
    """
    if settings.llm_url in (None, EMBEDDED):
        return None
    if settings.llm_url == LOCAL:
        from agents.chat_models.local import start_local_server

        server = start_local_server(threads=settings.threads)
        return EndpointChatModel.at(server.url, model=server.model, timeout_s=settings.llm_timeout)
    return EndpointChatModel.at(
        settings.llm_url,
        key=settings.llm_key,
        model=settings.llm_model,
        timeout_s=settings.llm_timeout,
        images=settings.llm_images,
    )


def reply_as(model: BaseChatModel, messages: Sequence[BaseMessage], schema: type[Reply]) -> Reply:
    """Return the model's reply as `schema`; the server's decoding is constrained to its JSON schema.

    Raises LanguageModelDown, and LanguageModelRefused where the reply is not of the schema all the same.
    """
    structured = model.with_structured_output(schema, method="json_schema")
    try:
        reply = structured.invoke(list(messages))
    except ValueError as error:  # of pydantic, of a JSON reader, or of langchain-openai for an empty reply
        raise LanguageModelRefused(
            f"the chat model's reply is not a {schema.__name__} ({_first_line(error)}); use a server that "
            "constrains replies to a JSON schema, such as vLLM."
        ) from error
    if not isinstance(reply, schema):
        raise LanguageModelRefused(f"the chat model gave no {schema.__name__}.")
    return reply


class EndpointChatModel(ChatOpenAI):
    """ChatOpenAI under one time limit a call, with retries, a circuit, and this project's errors."""

    _caller: Caller = PrivateAttr()

    @classmethod
    def at(
        cls,
        url: str,
        *,
        key: SecretStr | None = None,
        model: str | None = None,
        timeout_s: float = 30.0,
        images: bool = False,
    ) -> EndpointChatModel:
        """Return the chat model behind a URL such as http://host:8000/v1.

        model: its name there; None asks the server at the first call and takes the first it lists. images:
        it takes pictures, as its `profile` then says.
        """
        made = cls(
            model=model or "",
            base_url=url.rstrip("/"),
            # The client insists on a key, also for servers that want none.
            api_key=key or SecretStr("none"),
            temperature=0,
            max_retries=0,
            max_completion_tokens=LONGEST_REPLY,
            use_responses_api=False,
            http_client=LimitedClient(),
            profile={"image_inputs": images},
        )
        made._caller = Caller(url.rstrip("/"), timeout_s)
        return made

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        def attempt(seconds: float) -> ChatResult:
            with self._our_errors():
                self._find_model(seconds)
                return super(EndpointChatModel, self)._generate(
                    messages, stop, run_manager, **{**kwargs, "timeout": seconds}
                )

        return self._caller.run(attempt)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        """Stream; tried again only as long as nothing has come: what was shown cannot be taken back."""

        def first(seconds: float) -> tuple[ChatGenerationChunk | None, Iterator[ChatGenerationChunk]]:
            with self._our_errors():
                self._find_model(seconds)
                chunks = super(EndpointChatModel, self)._stream(
                    messages, stop, run_manager, **{**kwargs, "timeout": seconds}
                )
                return next(chunks, None), chunks

        chunk, rest = self._caller.run(first)
        if chunk is None:
            return
        yield chunk
        try:
            with self._our_errors():
                yield from rest
        except TryAgain as failure:
            self._caller.circuit.failed()
            raise failure.error from failure

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        """Run the one path above in a thread, so that limits and errors are the same."""
        manager = run_manager.get_sync() if run_manager else None
        return await run_in_executor(None, self._generate, messages, stop, manager, **kwargs)

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        async for chunk in BaseChatModel._astream(self, messages, stop, run_manager, **kwargs):
            yield chunk

    def _find_model(self, seconds: float) -> None:
        if not self.model_name:
            listed = self.root_client.models.list(timeout=seconds).data
            if not listed:
                raise LanguageModelRefused(f"{self._caller.server}: serves no model; start it with one.")
            self.model_name = listed[0].id

    @contextmanager
    def _our_errors(self) -> Iterator[None]:
        """The one boundary where the vendor's exceptions become TryAgain and LanguageModelRefused."""
        server = self._caller.server
        try:
            yield
        except openai.APITimeoutError as error:
            raise LanguageModelDown(
                f"{server}: the chat model did not answer in {self._caller.timeout_s:g} s; raise "
                "IAD_LLM_TIMEOUT, or use a smaller model."
            ) from error
        except openai.APIConnectionError as error:
            cause = error.__cause__ or error
            raise TryAgain(
                LanguageModelDown(f"{server}: no chat model answers there ({_first_line(cause)}); start it.")
            ) from error
        except openai.APIStatusError as error:
            raise _status_error(server, self.model_name, error) from error
        # The last three: what langchain-openai raises for a reply of another shape.
        except (openai.OpenAIError, ValueError, TypeError, KeyError) as error:
            raise LanguageModelRefused(
                f"{server}: the chat model's reply cannot be used ({_first_line(error)})."
            ) from error
        except (httpx2.TransportError, httpx2.InvalidURL) as error:
            raise TryAgain(
                LanguageModelDown(f"{server}: the chat model broke off ({_first_line(error)}).")
            ) from error


def _status_error(server: str, model: str, error: openai.APIStatusError) -> Exception:
    status, said = error.status_code, _first_line(error)
    if status in (401, 403):
        return LanguageModelRefused(f"{server}: the key is not accepted ({status}); set IAD_LLM_KEY.")
    if status == 404:
        return LanguageModelRefused(
            f"{server}: no chat model {model!r} there (404); set IAD_LLM_MODEL, and end the URL with /v1."
        )
    down: LanguageModelError = LanguageModelDown(f"{server}: the chat model failed ({status}: {said}).")
    if status == 429:
        return TryAgain(down, wait_s=_retry_after(error.response), busy=True)
    if status >= 500 or status == 408:
        return TryAgain(down, wait_s=_retry_after(error.response))
    return LanguageModelRefused(f"{server}: the chat model refused the request ({status}: {said}).")


def _retry_after(response: httpx2.Response) -> float:
    """Seconds that the server asks to wait; 0 where it does not say, or names a date."""
    try:
        return max(0.0, float(response.headers.get("retry-after", "0")))
    except ValueError:
        return 0.0


def _first_line(error: BaseException) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:200]
