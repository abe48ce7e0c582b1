"""A language model that says what it was told to say: for tests, examples and `iad doctor`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence

from anomaly_core.errors import ConfigError, LanguageModelRefused
from anomaly_core.language.base import Message


class ScriptedLanguageModel:
    """Replies from a list, in order; the last one is repeated. No weights, no randomness.

    Args:
        replies: at least one text.
        weights: how likely a choice is, by its exact text; a choice that is not named weighs 1.
        hidden_size: the width of soft prompts it accepts.
    """

    def __init__(
        self,
        replies: Sequence[str] = ("No, there is no anomaly in the image.",),
        *,
        weights: Mapping[str, float] | None = None,
        hidden_size: int = 16,
    ) -> None:
        if not replies:
            raise ConfigError("a scripted language model needs at least one reply.")
        if any(weight <= 0 for weight in (weights or {}).values()):
            raise ConfigError("the weights of a scripted language model must be positive.")
        self._replies = list(replies)
        self._weights = dict(weights or {})
        self._hidden_size = hidden_size
        self.heard: list[tuple[Message, ...]] = []

    @property
    def name(self) -> str:
        """Stable identity."""
        return "scripted"

    @property
    def hidden_size(self) -> int:
        """The width of soft prompts it accepts."""
        return self._hidden_size

    def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        """Return log-probabilities in proportion to the given weights. Raises LanguageModelRefused."""
        self._hear(messages)
        if len(choices) < 2 or len(set(choices)) < len(choices):
            raise LanguageModelRefused("choices must be two or more different texts.")
        weights = [self._weights.get(choice, 1.0) for choice in choices]
        return [math.log(weight / sum(weights)) for weight in weights]

    def generate(self, messages: Sequence[Message], max_new_tokens: int = 128) -> Iterator[str]:
        """Yield the next reply word by word, at most `max_new_tokens` words."""
        self._hear(messages)
        reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        return iter(re.findall(r"\s*\S+", reply)[:max_new_tokens])

    def _hear(self, messages: Sequence[Message]) -> None:
        if not messages:
            raise LanguageModelRefused("the dialogue is empty; give at least one message.")
        for message in messages:
            soft = message.soft_prompt
            if soft is not None and (soft.ndim != 2 or soft.shape[1] != self._hidden_size):
                raise LanguageModelRefused(
                    f"the soft prompt has shape {tuple(soft.shape)}, not (n, {self._hidden_size})."
                )
        self.heard.append(tuple(messages))
