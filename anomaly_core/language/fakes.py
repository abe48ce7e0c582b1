"""Fake language models for tests, examples and `iad doctor`: scripted, and tiny with random weights."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import torch

from anomaly_core.errors import ConfigError, LanguageModelRefused
from anomaly_core.language.base import Message

# Imported late: the scripted model does not need transformers, which takes seconds to import.
if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedTokenizerFast

    from anomaly_core.language.transformers_lm import TransformersLanguageModel

CHATML: Final = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


class ScriptedLanguageModel:
    """Replies from a list, in order; the last one is repeated. `calls` holds the messages of each call.

    Args:
        replies: at least one text.
        weights: relative probabilities of choices, by text; 1 for a choice that is not named.
        hidden_size: the length of soft-prompt embeddings that it accepts.
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
        self.calls: list[tuple[Message, ...]] = []

    @property
    def name(self) -> str:
        """Stable identity."""
        return "scripted"

    @property
    def hidden_size(self) -> int:
        """The length of soft-prompt embeddings that it accepts."""
        return self._hidden_size

    def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        """Return log-probabilities proportional to the weights. Raises LanguageModelRefused."""
        self._record(messages)
        if len(choices) < 2 or len(set(choices)) < len(choices):
            raise LanguageModelRefused("choices must be two or more different texts.")
        weights = [self._weights.get(choice, 1.0) for choice in choices]
        return [math.log(weight / sum(weights)) for weight in weights]

    def generate(self, messages: Sequence[Message], max_new_tokens: int = 128) -> Iterator[str]:
        """Yield the next reply word by word, at most `max_new_tokens` words."""
        self._record(messages)
        reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        return iter(re.findall(r"\s*\S+", reply)[:max_new_tokens])

    def _record(self, messages: Sequence[Message]) -> None:
        if not messages:
            raise LanguageModelRefused("the dialogue is empty; give at least one message.")
        for message in messages:
            soft = message.soft_prompt
            if soft is not None and (soft.ndim != 2 or soft.shape[1] != self._hidden_size):
                raise LanguageModelRefused(
                    f"the soft prompt has shape {tuple(soft.shape)}, not (n, {self._hidden_size})."
                )
        self.calls.append(tuple(messages))


def byte_tokenizer(*, chat_template: str | None = CHATML) -> PreTrainedTokenizerFast:
    """Return a tokenizer whose tokens are the 256 bytes and three special ones: 259 in all."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    specials = ["<s>", "<|im_start|>", "<|im_end|>"]
    vocabulary = {token: i for i, token in enumerate(specials + alphabet)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="<|im_end|>",
        additional_special_tokens=["<|im_start|>"],
    )
    fast.chat_template = chat_template
    return fast


def tiny_language_model(
    *,
    seed: int = 0,
    config: PretrainedConfig | None = None,
    chat_template: str | None = CHATML,
    device: str = "cpu",
) -> TransformersLanguageModel:
    """Return a random two-layer Llama of width 32 over bytes, or a model of the given config.

    A fake with random weights, whose shapes, gradients and caches are those of a real model.
    """
    from transformers import AutoModelForCausalLM, LlamaConfig

    from anomaly_core.language.transformers_lm import TransformersLanguageModel

    tokenizer = byte_tokenizer(chat_template=chat_template)
    settings: Any = config or LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
        bos_token_id=0,
        eos_token_id=2,
        pad_token_id=2,
    )
    # The global generator's state is restored, so that a caller's random numbers do not change.
    make: Any = AutoModelForCausalLM.from_config
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = make(settings, dtype=torch.float32).to(device)
    return TransformersLanguageModel(
        model, tokenizer, f"tiny-{settings.model_type}-{seed} (fake, random weights)"
    )
