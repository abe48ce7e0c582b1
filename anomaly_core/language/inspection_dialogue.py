"""The dialogue about an inspected image, the same in training and in use, and its scores."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, Literal

import torch

from anomaly_core.errors import ConfigError
from anomaly_core.language.base import LanguageModel, Message
from anomaly_core.results import CELLS

# Short, since its tokens are computed for every image.
SYSTEM: Final = "You inspect industrial parts."
YES_NO: Final = ("Yes", "No")
CELL_OPENING: Final = "Yes, there is an anomaly in the image, at the"
PRESENCE_QUESTION: Final = "Is there any anomaly in the image?"

Role = Literal["system", "user", "assistant"]
_ROLES: Final[dict[str, Role]] = {
    "system": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "gpt": "assistant",
}


def inspection_messages(
    soft_prompt: torch.Tensor | None,
    question: str = PRESENCE_QUESTION,
    *,
    description: str = "",
    answer: str | None = None,
) -> list[Message]:
    """Return the dialogue that asks about one image (arXiv 2308.15366, section 3.4).

    soft_prompt: (n, hidden) from the prompt learner. description: of a good image, before the question.
    answer: the reply, for training.
    """
    text = f"{description} {question}".strip()
    messages = [Message("system", SYSTEM), Message("user", text, soft_prompt)]
    return messages if answer is None else [*messages, Message("assistant", answer)]


def yes_margin(lm: LanguageModel, soft_prompt: torch.Tensor) -> float:
    """Return log p(Yes) - log p(No) of the first word of the answer."""
    yes, no = lm.choose(inspection_messages(soft_prompt), YES_NO)
    return yes - no


def cell_scores(lm: LanguageModel, soft_prompt: torch.Tensor) -> dict[str, float]:
    """Return the log-probability of each 3x3 cell, given one anomaly, normalised over the cells."""
    messages = [*inspection_messages(soft_prompt), Message("assistant", CELL_OPENING)]
    scores = lm.choose(messages, [f" {cell} of the image." for cell in CELLS])
    return dict(zip(CELLS, scores, strict=True))


def read_dialogues(path: Path) -> list[list[Message]]:
    """Read chats from JSONL, one a line, in either of two formats.

    Chat: `{"messages": [{"role": "user", "content": "..."}, ...]}`. PandaGPT:
    `{"conversation": [{"from": "human", "value": "..."}, {"from": "gpt", "value": "..."}]}`.
    Raises ConfigError naming the line for anything else, or a chat without a reply.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({error}); give a JSONL file of chats.") from error
    dialogues = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            dialogues.append(_dialogue(line, f"{path}, line {number}"))
    if not dialogues:
        raise ConfigError(f"{path}: holds no chat.")
    return dialogues


def _dialogue(line: str, where: str) -> list[Message]:
    try:
        record: Any = json.loads(line)
        turns = record["messages"] if "messages" in record else record["conversation"]
        messages = [
            Message(
                _ROLES[turn.get("role", turn.get("from"))], str(turn.get("content", turn.get("value", "")))
            )
            for turn in turns
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f'{where}: not a chat; expected {{"messages": [{{"role": "user", "content": "..."}}, ...]}}.'
        ) from error
    if not any(message.role == "assistant" and message.text for message in messages):
        raise ConfigError(f"{where}: no reply of the assistant's to learn from.")
    return messages
