"""Rendering of a dialogue as a sequence of token ids and soft prompts, the input of every backend.

The chat template is rendered with a placeholder for each message's content, so that a typed "<|im_end|>" is
plain text and never a special token. A soft prompt stands right before its message's text.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch
from jinja2.exceptions import TemplateError

from anomaly_core.errors import LanguageModelRefused
from anomaly_core.language.base import Message

# Private-use characters, which no tokenizer gives a meaning; they are removed from typed text.
_OPEN, _CLOSE = "\ue000", "\ue001"
_PLACEHOLDER: Final = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")
_PLAIN_ROLES: Final = {"system": "### System:", "user": "### Human:", "assistant": "### Assistant:"}


@dataclass(frozen=True)
class TokenSpan:
    """Consecutive token ids. is_reply: of the assistant's reply, the target of training."""

    ids: tuple[int, ...]
    is_reply: bool = False


@dataclass(frozen=True)
class SoftSpan:
    """A soft prompt: `embeddings` is (n, hidden) float."""

    embeddings: torch.Tensor


Span = TokenSpan | SoftSpan


def before_reply(messages: Sequence[Message]) -> Sequence[Message]:
    """Return the messages without a last one by the assistant, which begins the reply."""
    return messages[:-1] if messages and messages[-1].role == "assistant" else messages


class SequenceBuilder:
    """Builder of spans from messages, with one model's tokenizer and chat template.

    A tokenizer without a template gets AnomalyGPT's format (arXiv 2308.15366):
    `### Human: <Img>`soft prompt`</Img> text ### Assistant: reply`.
    """

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        self.has_template = bool(getattr(tokenizer, "chat_template", None))
        eos = tokenizer.eos_token_id
        self.eos_ids: tuple[int, ...] = () if eos is None else (int(eos),)
        self._one_at_a_time = threading.Lock()

    def build(self, messages: Sequence[Message], *, complete: bool = False) -> list[Span]:
        """Return the spans of a dialogue.

        messages: oldest first; a last one by the assistant begins the reply. complete: the last reply is
        finished too, and ends with the tokens that end a turn (training).
        Raises LanguageModelRefused for no message, or a template that rejects this order of roles.
        """
        if not messages:
            raise LanguageModelRefused("the dialogue is empty; give at least one message.")
        opened = not complete and messages[-1].role == "assistant"
        turns = messages[:-1] if opened else messages
        texts = self._rendered(turns, prompt=not complete)
        spans = self._spans(texts, turns)
        if opened:
            last = messages[-1]
            if last.soft_prompt is not None:
                spans.append(SoftSpan(last.soft_prompt))
            spans.append(TokenSpan(self.typed_ids(last.text), is_reply=True))
        return _joined(spans)

    def typed_ids(self, text: str) -> tuple[int, ...]:
        """Return the token ids of typed text; names of special tokens in it are plain text."""
        clean = text.replace(_OPEN, "").replace(_CLOSE, "")
        return self._ids(clean, split_special_tokens=True)

    def reply_ids(self, messages: Sequence[Message], choices: Sequence[str]) -> list[tuple[int, ...]]:
        """Return the token ids of each reply: a beginning in the dialogue, if any, and the choice.

        Raises LanguageModelRefused for fewer than two choices, and for equal or empty ones.
        """
        begun = messages[-1].text if messages and messages[-1].role == "assistant" else ""
        replies = [self.typed_ids(begun + choice) for choice in choices]
        if len(replies) < 2 or len(set(replies)) < len(replies) or not all(choices):
            raise LanguageModelRefused("choices must be two or more different, non-empty texts.")
        return replies

    def _rendered(self, turns: Sequence[Message], *, prompt: bool) -> str:
        marks = [f"{_OPEN}{i}{_CLOSE}" for i in range(len(turns))]
        if not self.has_template:
            return self._plain(turns, marks, prompt=prompt)
        chat = [{"role": turn.role, "content": mark} for turn, mark in zip(turns, marks, strict=True)]
        try:
            rendered = self.tokenizer.apply_chat_template(
                chat, tokenize=False, add_generation_prompt=prompt, enable_thinking=False
            )
        except TemplateError as error:
            raise LanguageModelRefused(f"the model's chat template rejects this dialogue: {error}") from error
        return str(rendered)

    def _plain(self, turns: Sequence[Message], marks: Sequence[str], *, prompt: bool) -> str:
        parts = []
        for turn, mark in zip(turns, marks, strict=True):
            image = turn.role == "user" and turn.soft_prompt is not None
            parts.append(f"{_PLAIN_ROLES[turn.role]} " + ("<Img>" if image else "") + mark)
        if prompt:
            parts.append(_PLAIN_ROLES["assistant"])
        return str(self.tokenizer.bos_token or "") + "\n".join(parts)

    def _spans(self, rendered: str, turns: Sequence[Message]) -> list[Span]:
        spans: list[Span] = []
        pieces = _PLACEHOLDER.split(rendered)
        after_reply = False
        for position, piece in enumerate(pieces):
            if position % 2 == 0:
                # The tokens that end the assistant's turn are targets too, so that the model learns to stop.
                end = self._end_of_turn(piece) if after_reply else 0
                if end:
                    spans.append(TokenSpan(self._ids(piece[:end]), is_reply=True))
                if piece[end:]:
                    spans.append(TokenSpan(self._ids(piece[end:])))
                continue
            turn = turns[int(piece)]
            text = turn.text
            if turn.soft_prompt is not None:
                spans.append(SoftSpan(turn.soft_prompt))
                if not self.has_template and turn.role == "user":
                    text = f"</Img> {text}"
            after_reply = turn.role == "assistant"
            spans.append(TokenSpan(self.typed_ids(text), is_reply=after_reply))
            if after_reply and not self.has_template and self.eos_ids:
                spans.append(TokenSpan(self.eos_ids, is_reply=True))
        return spans

    def _end_of_turn(self, piece: str) -> int:
        """Return the length of the special token at the start of `piece` that ends a turn, or 0."""
        for token in (self.tokenizer.eos_token, *self.tokenizer.all_special_tokens):
            if token and piece.startswith(token):
                return len(token)
        return 0

    def _ids(self, text: str, **options: bool) -> tuple[int, ...]:
        # A fast tokenizer stores `split_special_tokens`: another thread's call would change it.
        with self._one_at_a_time:
            return tuple(self.tokenizer(text, add_special_tokens=False, **options)["input_ids"])


def embed_spans(
    spans: Sequence[Span], table: Callable[[torch.Tensor], torch.Tensor], hidden_size: int
) -> torch.Tensor:
    """Return the (T, hidden) embeddings of a sequence.

    Args:
        spans: from `SequenceBuilder.build`.
        table: the model's token embedding, from (n,) int64 to (n, hidden).
        hidden_size: the required length of soft-prompt embeddings.

    Raises:
        LanguageModelRefused: a soft prompt of another shape, or with NaN or infinity in it.
    """
    parts = []
    like = table(torch.zeros(1, dtype=torch.long))
    for span in spans:
        if isinstance(span, TokenSpan):
            if span.ids:
                parts.append(table(torch.tensor(span.ids)))
            continue
        soft = span.embeddings
        if soft.ndim != 2 or soft.shape[1] != hidden_size:
            raise LanguageModelRefused(
                f"the soft prompt has shape {tuple(soft.shape)}, the model needs (n, {hidden_size}); "
                "use a prompt learner trained for this model."
            )
        if not bool(torch.isfinite(soft).all()):
            raise LanguageModelRefused(
                "the soft prompt holds NaN or infinity; check the map and the checkpoint."
            )
        parts.append(soft.to(like.dtype).to(like.device))
    return torch.cat(parts)


def reply_labels(spans: Sequence[Span]) -> torch.Tensor:
    """Return (T,) int64 labels: the token ids of replies, -100 elsewhere."""
    labels: list[int] = []
    for span in spans:
        if isinstance(span, SoftSpan):
            labels.extend([-100] * span.embeddings.shape[0])
        else:
            labels.extend(span.ids if span.is_reply else [-100] * len(span.ids))
    return torch.tensor(labels)


def _joined(spans: Sequence[Span]) -> list[Span]:
    """Return the spans without empty ones."""
    return [span for span in spans if isinstance(span, SoftSpan) or span.ids]
