"""A chat model that says what it was told to say: for tests and examples."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from pydantic import PrivateAttr

from anomaly_core.errors import LanguageModelError, LanguageModelRefused

ScriptedReply = str | dict[str, Any] | AIMessage | LanguageModelError
"""A text, an object said as JSON, a whole message (with tool calls), or an error to raise."""


class ScriptedChatModel(BaseChatModel):
    """Replies from a list, in order. No weights, no network, no randomness.

    `calls` holds the messages of each call. Raises LanguageModelRefused when the list is used up.
    """

    _replies: list[ScriptedReply] = PrivateAttr()
    calls: list[list[BaseMessage]] = []  # noqa: RUF012  # pydantic copies it for each model

    def __init__(self, replies: Sequence[ScriptedReply]) -> None:
        super().__init__()
        self._replies = list(replies)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        self.calls.append(list(messages))
        if not self._replies:
            raise LanguageModelRefused("the scripted chat model has no reply left.")
        reply = self._replies.pop(0)
        if isinstance(reply, LanguageModelError):
            raise reply
        if isinstance(reply, dict):
            reply = json.dumps(reply)
        message = AIMessage(reply) if isinstance(reply, str) else reply
        return ChatResult(generations=[ChatGeneration(message=message)])

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Return itself: tool calls come from the script."""
        return self
