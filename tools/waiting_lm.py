"""A served language model whose callers give their turn away while it answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from anomaly_core.language.base import LanguageModel, Message
from tools.turns import TURNS, Turns


class WaitingLanguageModel:
    """A language model behind the same Protocol, for use inside tools: waiting for it blocks nobody else."""

    def __init__(self, model: LanguageModel, turns: Turns = TURNS) -> None:
        self.model = model
        self._turns = turns

    @property
    def name(self) -> str:
        """Stable identity of model and weights."""
        return self.model.name

    @property
    def hidden_size(self) -> int:
        """C_emb: the width of its token embeddings."""
        return self.model.hidden_size

    def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        """Return the natural log-probability of each choice; see `LanguageModel.choose`."""
        with self._turns.aside():
            return self.model.choose(messages, choices)

    def generate(self, messages: Sequence[Message], max_new_tokens: int = 128) -> Iterator[str]:
        """Yield the reply once it is whole; a turn cannot be given away between pieces."""
        with self._turns.aside():
            pieces = list(self.model.generate(messages, max_new_tokens))
        yield from pieces
