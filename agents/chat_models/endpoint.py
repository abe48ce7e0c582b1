"""LangChain's chat model for an OpenAI-compatible server, its requests made through the one HTTP boundary."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any, Final

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables.config import run_in_executor
from langchain_openai import ChatOpenAI
from pydantic import PrivateAttr, SecretStr

from anomaly_core.errors import LanguageModelRefused
from anomaly_core.language.vllm.calls import SecondsLeft
from anomaly_core.language.vllm.client import ModelServer

LONGEST_REPLY: Final = 1024
"""Tokens of a reply at most: a small model may otherwise go on until its context is full."""


class EndpointChatModel(ChatOpenAI):
    """ChatOpenAI on a `ModelServer`: its time limit a call, retries, circuit, and this project's errors."""

    _server: ModelServer = PrivateAttr()

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
        server = ModelServer(url, key=key.get_secret_value() if key else None, timeout_s=timeout_s)
        made = cls(
            model=model or "",
            client=server.client.chat.completions,
            root_client=server.client,
            # Of the asynchronous client, which is made in any case and never used: see `_agenerate`.
            base_url=server.url,
            api_key=SecretStr("none"),
            temperature=0,
            max_completion_tokens=LONGEST_REPLY,
            use_responses_api=False,
            profile={"image_inputs": images},
        )
        made._server = server
        return made

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        def ask(left: SecondsLeft) -> ChatResult:
            with self._readable():
                self._find_model(left)
                options = {**kwargs, "timeout": left()}
                result = super(EndpointChatModel, self)._generate(messages, stop, run_manager, **options)
            if not result.generations:
                raise self._server.unusable("no choice")
            return result

        return self._server.run(ask)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        def ask(left: SecondsLeft) -> Iterator[ChatGenerationChunk]:
            empty = True
            with self._readable():
                self._find_model(left)
                options = {**kwargs, "timeout": left()}
                chunks = super(EndpointChatModel, self)._stream(messages, stop, run_manager, **options)
                for chunk in chunks:
                    empty = False
                    yield chunk
            if empty:
                raise self._server.unusable("no event")

        return self._server.iterate(ask)

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

    def _find_model(self, left: SecondsLeft) -> None:
        if not self.model_name:
            listed = self._server.client.models.list(timeout=left()).data
            if not listed:
                raise LanguageModelRefused(f"{self._server.url}: serves no model; start it with one.")
            self.model_name = listed[0].id

    @contextmanager
    def _readable(self) -> Iterator[None]:
        """Refuse a reply of another shape, which ChatOpenAI reads without looking."""
        try:
            yield
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise self._server.unusable(error) from error
