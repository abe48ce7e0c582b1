"""Comparison of two language models on fixed soft prompts and questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch

from anomaly_core.language.base import LanguageModel, Message
from anomaly_core.language.inspection_dialogue import YES_NO, inspection_messages

TOLERANCE: Final = 1e-3
"""Largest accepted difference of log-probabilities between two float32 backends."""
_LETTERS: Final = ("A", "B", "C", "D")
_PLACES: Final = ("At the top left.", "At the top right.", "In the center.", "Nowhere.")
_REPLY_TOKENS: Final = 16


@dataclass(frozen=True)
class Agreement:
    """One line of the comparison.

    cases: number compared. largest: largest absolute difference of a log-probability, or None for replies.
    same: number of equal replies, or None for log-probabilities.
    """

    what: str
    cases: int
    largest: float | None = None
    same: int | None = None


def fixed_soft_prompts(
    hidden_size: int, std: float, *, count: int = 8, tokens: int = 19
) -> list[torch.Tensor]:
    """Return seeded normal (tokens, hidden) float32 soft prompts; std: of the model's token embeddings."""
    draw = torch.Generator().manual_seed(0)
    return [torch.randn(tokens, hidden_size, generator=draw) * std for _ in range(count)]


def compare(
    local: LanguageModel, served: LanguageModel, soft_prompts: Sequence[torch.Tensor]
) -> list[Agreement]:
    """Compare choices and greedy replies, without and with soft prompts.

    Raises LanguageModelDown and LanguageModelRefused.
    """
    plain = [[Message("user", text)] for text in ("Is a scratch a defect?", "Is the sky a defect?")]
    seen = [inspection_messages(soft) for soft in soft_prompts]
    begun = [[*messages, Message("assistant", "It is")] for messages in seen]
    return [
        _choices("yes or no, no soft prompt", local, served, plain, YES_NO),
        _choices("yes or no", local, served, seen, YES_NO),
        _choices("option letters", local, served, seen, _LETTERS),
        _choices("sentences of several tokens", local, served, seen, _PLACES),
        _choices("a reply that is begun", local, served, begun, [" good.", " damaged."]),
        _replies("greedy replies", local, served, [*plain, *seen]),
    ]


def _choices(
    what: str,
    local: LanguageModel,
    served: LanguageModel,
    dialogues: Sequence[Sequence[Message]],
    choices: Sequence[str],
) -> Agreement:
    differences = [
        abs(one - other)
        for dialogue in dialogues
        for one, other in zip(local.choose(dialogue, choices), served.choose(dialogue, choices), strict=True)
    ]
    return Agreement(what, len(dialogues), largest=max(differences))


def _replies(
    what: str, local: LanguageModel, served: LanguageModel, dialogues: Sequence[Sequence[Message]]
) -> Agreement:
    same = sum(
        "".join(local.generate(dialogue, _REPLY_TOKENS)) == "".join(served.generate(dialogue, _REPLY_TOKENS))
        for dialogue in dialogues
    )
    return Agreement(what, len(dialogues), same=same)
