"""Tokenizer, chat template and token embeddings of a model that runs elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from transformers import AutoConfig, AutoTokenizer, GenerationConfig

from anomaly_core.errors import ConfigError, WeightsDamaged, WeightsMissing
from anomaly_core.language.base import Message
from anomaly_core.language.chat_template import SequenceBuilder, before_reply, embed_spans
from anomaly_core.language.choice_scoring import Step, Tokens, plan_steps
from anomaly_core.language.vllm.files import TABLES, embedding_shard, fetch_text_files


@dataclass(frozen=True)
class TextSide:
    """The part of a model that turns a dialogue into input embeddings.

    table: (vocabulary, hidden) token embeddings, memory-mapped. stops: ids that end a reply.
    """

    name: str
    builder: SequenceBuilder
    table: torch.Tensor
    stops: frozenset[int]

    @classmethod
    def load(cls, model: str | Path, *, name: str | None = None) -> TextSide:
        """Load from a folder, a name of the weight cache or a hub id; only the token embeddings are read.

        Raises:
            WeightsMissing: no such model, or no safetensors file with its token embeddings.
            WeightsDamaged: a file that cannot be read.
            ConfigError: a model that scales its token embeddings.
        """
        folder = fetch_text_files(model)
        try:
            config = AutoConfig.from_pretrained(folder).get_text_config()
            tokenizer = AutoTokenizer.from_pretrained(folder)
        except (OSError, ValueError) as error:
            raise WeightsMissing(
                f"{model}: no configuration and tokenizer there ({str(error).splitlines()[0]}); give the "
                "folder or hub id of the model that is served."
            ) from error
        if str(config.model_type).startswith("gemma"):
            raise ConfigError(
                f"{model}: Gemma scales its token embeddings, which prompt embeddings cannot express; "
                "use another language model."
            )
        table = _read_table(folder, model)
        if table.shape[1] != config.hidden_size:
            raise WeightsDamaged(f"{folder}: its embeddings are not {config.hidden_size} wide.")
        builder = SequenceBuilder(tokenizer)
        stops = frozenset(builder.eos_ids) | _generation_stops(folder)
        return cls(name or str(model), builder, table, stops)

    @property
    def hidden_size(self) -> int:
        """C_emb: the length of the token embeddings."""
        return int(self.table.shape[1])

    def embed(self, messages: Sequence[Message]) -> torch.Tensor:
        """Return the (T, hidden) input embeddings up to the assistant's reply.

        Raises LanguageModelRefused, also for a soft prompt of another length or with NaN.
        """
        return embed_spans(self.builder.build(messages), self.embed_ids, self.hidden_size)

    def questions(
        self, messages: Sequence[Message], choices: Sequence[str]
    ) -> tuple[list[Tokens], list[Step], list[torch.Tensor]]:
        """Return the token ids of the replies, the steps that score them, and the steps' (T, hidden) prompts.

        Raises LanguageModelRefused.
        """
        replies = self.builder.reply_ids(messages, choices)
        prefix = self.embed(before_reply(messages))
        steps = plan_steps(replies)
        prefixes = (torch.tensor(step.prefix, dtype=torch.long) for step in steps)
        return replies, steps, [torch.cat([prefix, self.embed_ids(ids)]) for ids in prefixes]

    def embed_ids(self, ids: torch.Tensor) -> torch.Tensor:
        """Return the (n, hidden) embeddings of (n,) int64 token ids."""
        return self.table[ids]


def _read_table(folder: Path, model: str | Path) -> torch.Tensor:
    file = folder / embedding_shard(folder)
    if not file.is_file():
        raise WeightsMissing(f"{model}: {file} is missing; token embeddings are read from safetensors only.")
    try:
        with safe_open(file, framework="pt") as tensors:
            names = [name for name in tensors.keys() if name.endswith(TABLES)]  # noqa: SIM118  # no mapping
            if not names:
                raise WeightsMissing(f"{file}: holds no token embeddings ({', '.join(TABLES)}).")
            table: torch.Tensor = tensors.get_tensor(names[0])
    except (OSError, SafetensorError) as error:
        raise WeightsDamaged(f"{file}: cannot be read ({error}); fetch the model again.") from error
    return table


def _generation_stops(folder: Path) -> frozenset[int]:
    if not (folder / "generation_config.json").is_file():
        return frozenset()
    ids: Any = GenerationConfig.from_pretrained(folder).eos_token_id
    if ids is None:
        return frozenset()
    return frozenset(int(i) for i in (ids if isinstance(ids, list) else [ids]))
