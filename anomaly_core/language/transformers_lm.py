"""Frozen causal language models of the transformers library, with soft prompts."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForImageTextToText,
    AutoTokenizer,
    DynamicCache,
)
from transformers.utils import logging

from anomaly_core.errors import LanguageModelRefused, WeightsMissing
from anomaly_core.language.base import Message
from anomaly_core.language.chat_template import SequenceBuilder, before_reply, embed_spans
from anomaly_core.language.decoding import readable


class TransformersLanguageModel:
    """LanguageModel on transformers.

    Args:
        model: a causal LM, or the text side of a vision-language model; its weights are frozen.
        tokenizer: its tokenizer, with or without a chat template.
        name: stable identity of model and weights.
    """

    def __init__(self, model: Any, tokenizer: Any, name: str) -> None:
        self.model = model.eval()
        self.model.requires_grad_(False)
        self.builder = SequenceBuilder(tokenizer)
        self._name = name
        text = model.config.get_text_config()
        self._hidden_size = int(text.hidden_size)
        self.context = int(getattr(text, "max_position_embeddings", 1 << 30))
        self._stops = frozenset(self.builder.eos_ids) | frozenset(_eos_ids(model))
        self._cache_argument = _cache_argument(model)

    @classmethod
    def load(
        cls,
        model: str | Path,
        device: str = "cpu",
        *,
        dtype: torch.dtype | None = None,
        name: str | None = None,
    ) -> TransformersLanguageModel:
        """Load from a folder or a hub id.

        dtype: float32 on a CPU and bfloat16 elsewhere, unless given.
        Raises WeightsMissing where there is no such model, or it cannot be fetched.
        """
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        dtype = dtype or (torch.float32 if device == "cpu" else torch.bfloat16)
        try:
            config = AutoConfig.from_pretrained(model)
            vision = getattr(config, "vision_config", None) is not None
            kind: Any = AutoModelForImageTextToText if vision else AutoModelForCausalLM
            network = kind.from_pretrained(model, dtype=dtype).to(device)
            tokenizer = AutoTokenizer.from_pretrained(model)
        except (OSError, ValueError) as error:
            raise WeightsMissing(
                f"{model}: no language model there ({str(error).splitlines()[0]}); give a folder in the "
                "Hugging Face layout, a hub id, or get the embedded one with `iad weights pull smollm2`."
            ) from error
        return cls(network, tokenizer, name or str(model))

    @property
    def name(self) -> str:
        """Stable identity of model and weights."""
        return self._name

    @property
    def hidden_size(self) -> int:
        """C_emb: the length of its token embeddings."""
        return self._hidden_size

    @property
    def device(self) -> torch.device:
        """Device of the weights."""
        device: torch.device = self._table.weight.device
        return device

    @property
    def embedding_std(self) -> float:
        """Standard deviation of the token embedding table, which scales soft prompts."""
        return float(self._table.weight.detach().float().std())

    def embed(self, messages: Sequence[Message]) -> torch.Tensor:
        """Return the (T, hidden) input embeddings up to the assistant's reply.

        Gradients flow into the soft prompts. Raises LanguageModelRefused.
        """
        return embed_spans(self.builder.build(messages), self.embed_ids, self._hidden_size)

    def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        """Return the natural log-probability of each choice as the assistant's reply, normalised over them.

        The prefix is computed once for all choices. A choice is scored to its last token, not beyond: where
        one choice begins another ("top", "top left"), continue both until they differ ("top of the image",
        "top left of the image").

        messages: the dialogue; a last message by the assistant begins the reply. choices: two or more texts.
        Raises LanguageModelRefused for fewer than two choices, equal ones, or values that are not finite.
        """
        tokens = self.builder.reply_ids(messages, choices)
        turns = before_reply(messages)
        # Tokens that all replies share cancel in the normalisation, so they join the prefix.
        shared = 0
        while all(len(t) > shared and t[shared] == tokens[0][shared] for t in tokens):
            shared += 1
        tails = [t[shared:] for t in tokens]
        with torch.inference_mode():
            prefix = self.embed(turns)
            if shared:
                prefix = torch.cat([prefix, self.embed_ids(torch.tensor(tokens[0][:shared]))])
            scores = self._tail_scores(prefix, tails)
        if not bool(torch.isfinite(scores).all()):
            raise LanguageModelRefused(
                f"{self.name}: the log-probabilities are not finite; use another dtype."
            )
        return [float(value) for value in torch.log_softmax(scores, dim=0)]

    def generate(self, messages: Sequence[Message], max_new_tokens: int = 128) -> Iterator[str]:
        """Yield pieces of the assistant's greedy reply as they are generated.

        The reply ends at the model's end token, at "###", or where it repeats itself.
        Raises LanguageModelRefused for a dialogue longer than the model's context.
        """
        prefix = self.embed(messages).detach()
        room = self.context - prefix.shape[0]
        if room < 1:
            raise LanguageModelRefused(
                f"the dialogue has {prefix.shape[0]} tokens, {self.name} reads {self.context}; "
                "start a new thread."
            )
        return readable(self._greedy(prefix, min(max_new_tokens, room)), self.builder.tokenizer, self._stops)

    def _greedy(self, prefix: torch.Tensor, limit: int) -> Iterator[int]:
        """Yield at most `limit` tokens, each the likeliest next one."""
        inputs, cache = prefix[None], self._new_cache()
        for _ in range(limit):
            with torch.inference_mode():
                logits = self._logits(inputs, cache, logits_to_keep=1)[0, -1].float()
                token = int(logits.argmax())
                inputs = self.embed_ids(torch.tensor([token]))[None]
            if not bool(torch.isfinite(logits[token])):
                raise LanguageModelRefused(f"{self.name}: the logits are not finite; use another dtype.")
            yield token

    def _tail_scores(self, prefix: torch.Tensor, tails: Sequence[tuple[int, ...]]) -> torch.Tensor:
        """Return (n,) log p(tail | prefix), summed over the tokens of each tail."""
        cache = self._new_cache()
        first = torch.log_softmax(self._logits(prefix[None], cache, logits_to_keep=1)[0, -1].float(), dim=-1)
        longest = max(len(tail) for tail in tails)
        ids = torch.zeros(len(tails), max(longest, 1), dtype=torch.long)
        valid = torch.zeros(len(tails), max(longest, 1), dtype=torch.bool)
        for row, tail in enumerate(tails):
            ids[row, : len(tail)] = torch.tensor(tail, dtype=torch.long)
            valid[row, : len(tail)] = True
        ids, valid = ids.to(first.device), valid.to(first.device)
        scores = first[ids[:, 0]] * valid[:, 0]
        if longest > 1:
            repeated = copy.deepcopy(cache)
            repeated.batch_repeat_interleave(len(tails))
            # Padding on the right, which no token attends to.
            logp = torch.log_softmax(self._logits(self.embed_ids(ids[:, :-1]), repeated).float(), dim=-1)
            picked = logp.gather(2, ids[:, 1:, None])[..., 0]
            scores = scores + (picked * valid[:, 1:]).sum(1)
        return scores

    def _new_cache(self) -> Any:
        """Return an empty key-value cache, which the model fills in place."""
        return DynamicCache(config=self.model.config.get_text_config())

    def _logits(self, embeddings: torch.Tensor, cache: Any, **more: Any) -> torch.Tensor:
        """Return (B, T, V) logits of (B, T, hidden) embeddings that continue the cache."""
        out = self.model(inputs_embeds=embeddings, use_cache=True, **{self._cache_argument: cache}, **more)
        logits: torch.Tensor = out.logits
        return logits

    @property
    def _table(self) -> Any:
        return self.model.get_input_embeddings()

    def embed_ids(self, ids: torch.Tensor) -> torch.Tensor:
        """Return the (..., hidden) embeddings of int64 token ids."""
        table = self._table
        embedded: torch.Tensor = table(ids.to(table.weight.device))
        return embedded


def _cache_argument(model: Any) -> str:
    """Return the name of forward's cache argument: `cache` since transformers 5.24."""
    plain = model.get_base_model() if hasattr(model, "get_base_model") else model
    return "cache" if "cache" in inspect.signature(plain.forward).parameters else "past_key_values"


def _eos_ids(model: Any) -> list[int]:
    generation = getattr(model, "generation_config", None)
    ids = getattr(generation, "eos_token_id", None)
    if ids is None:
        return []
    return [int(i) for i in ids] if isinstance(ids, list | tuple) else [int(ids)]
