"""The language-model Protocol: from text and soft prompts to replies and log-probabilities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

import torch


@dataclass(frozen=True)
class Message:
    """One turn of a dialogue. soft_prompt: (n, hidden) float32 embeddings before the text, or None."""

    role: Literal["system", "user", "assistant"]
    text: str
    soft_prompt: torch.Tensor | None = field(default=None, compare=False)


@runtime_checkable
class LanguageModel(Protocol):
    """A frozen causal language model that accepts soft prompts."""

    @property
    def name(self) -> str:
        """Stable identity of model and weights."""
        ...

    @property
    def hidden_size(self) -> int:
        """C_emb: the length of its token embeddings."""
        ...

    def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        """Return the natural log-probability of each choice as the assistant's reply.

        Normalised over the choices: their exponentials sum to 1.
        Raises LanguageModelDown or LanguageModelRefused.
        """
        ...

    def generate(self, messages: Sequence[Message], max_new_tokens: int = 128) -> Iterator[str]:
        """Yield pieces of the assistant's greedy reply as they are generated."""
        ...
