"""Text encoders of the transformers library: sentence encoders with mean pooling, CLIP and SigLIP towers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
import transformers
from transformers import BatchEncoding

from anomaly_core.encoders.inputs import fingerprint, freeze, unit
from anomaly_core.encoders.loading import load_config, load_json, load_model, load_tokenizer
from anomaly_core.errors import ConfigError

BATCH: Final = 32
SENTENCE_FAMILIES: Final = ("bert", "mpnet", "roberta", "xlm-roberta", "distilbert")
SENTENCE_TOKENS: Final = 256
"""Default number of tokens after which a text is cut off."""


@dataclass(frozen=True)
class TextTower:
    """Properties of a text tower.

    model_class: the name in transformers. embedding: name of the output in the space of the images.
    fixed_length: whether texts are padded to the full length.
    """

    model_class: str
    embedding: str
    fixed_length: bool = False


TOWERS: Final = {
    "clip": TextTower("CLIPTextModelWithProjection", "text_embeds"),
    # SigLIP was trained on texts padded to the full length, and uses the last token.
    "siglip": TextTower("SiglipTextModel", "pooler_output", fixed_length=True),
}


class SentenceEncoder:
    """TextEncoder that averages the last hidden states over the tokens, such as all-MiniLM-L6-v2."""

    def __init__(self, source: Path | str, device: str = "cpu", label: str = "") -> None:
        """Load model and tokenizer. Raises WeightsMissing, WeightsDamaged or ConfigError."""
        config = load_config(source)
        if config.model_type not in SENTENCE_FAMILIES:
            raise ConfigError(f"{source}: model type {config.model_type!r} is no known sentence encoder")
        self._device = torch.device(device)
        self._tokenizer = load_tokenizer(source)
        self._model = load_model(transformers.AutoModel, source)
        freeze(self._model, self._device)
        self._length = int(
            load_json(source, "sentence_bert_config.json").get("max_seq_length") or SENTENCE_TOKENS
        )
        self.embedding_dim = int(config.hidden_size)
        self.name = f"{label or source}:mean:{fingerprint(self._model)}"

    @torch.inference_mode()
    def encode_text(self, texts: list[str]) -> torch.Tensor:
        """Return (n, D) float32 on the CPU, L2-normalised; texts longer than the model's limit are cut."""
        rows = _in_batches(texts, self._embed, self._tokenizer, self._length, padding=True)
        return unit(torch.cat([torch.zeros(0, self.embedding_dim), *rows]))

    def _embed(self, tokens: BatchEncoding) -> torch.Tensor:
        tokens = tokens.to(self._device)
        states: torch.Tensor = self._model(**tokens).last_hidden_state  # (n, tokens, D)
        mask = tokens["attention_mask"][..., None].to(states.dtype)
        return (states * mask).sum(1) / mask.sum(1)


class ContrastiveTextEncoder:
    """TextEncoder of the text tower of CLIP or SigLIP, in the space of its image embeddings."""

    def __init__(self, model: Any, tower: TextTower, tokenizer: Any, device: str, label: str) -> None:
        """Freeze a loaded text tower; see `load`."""
        text = model.config
        self._tower = tower
        self._device = torch.device(device)
        self._tokenizer = tokenizer
        self._length = int(text.max_position_embeddings)
        self._model = model
        freeze(self._model, self._device)
        projected = text.projection_dim if tower.embedding == "text_embeds" else text.projection_size
        self.embedding_dim = int(projected or text.hidden_size)
        self.name = f"{label}:text:{fingerprint(self._model)}"

    @classmethod
    def load(cls, source: Path | str, device: str = "cpu", label: str = "") -> ContrastiveTextEncoder:
        """Load model and tokenizer. Raises WeightsMissing, WeightsDamaged or ConfigError."""
        config = load_config(source)
        tower = TOWERS.get(config.model_type)
        if tower is None:
            raise ConfigError(f"{source}: model type {config.model_type!r} has no known text tower")
        text = config.text_config
        if hasattr(config, "projection_dim"):
            text.projection_dim = config.projection_dim  # CLIP states it for both towers, above them
        model = load_model(getattr(transformers, tower.model_class), source, text)
        return cls(model, tower, load_tokenizer(source), device, label or str(source))

    @torch.inference_mode()
    def encode_text(self, texts: list[str]) -> torch.Tensor:
        """Return (n, D) float32 on the CPU, L2-normalised; texts longer than the model's limit are cut."""
        padding = "max_length" if self._tower.fixed_length else True
        rows = _in_batches(texts, self._embed, self._tokenizer, self._length, padding=padding)
        return unit(torch.cat([torch.zeros(0, self.embedding_dim), *rows]))

    def _embed(self, tokens: BatchEncoding) -> torch.Tensor:
        tokens = tokens.to(self._device)
        inputs = {"input_ids": tokens["input_ids"]}
        if not self._tower.fixed_length:
            inputs["attention_mask"] = tokens["attention_mask"]
        embedded: torch.Tensor = getattr(self._model(**inputs), self._tower.embedding)
        return embedded


def _in_batches(
    texts: list[str],
    embed: Callable[[BatchEncoding], torch.Tensor],
    tokenizer: Any,
    length: int,
    *,
    padding: bool | str,
) -> list[torch.Tensor]:
    """Return the embeddings of each batch of texts, (n, D), on the CPU.

    length: tokens after which a text is cut off. padding: the tokenizer's argument.
    """
    rows = []
    for start in range(0, len(texts), BATCH):
        tokens = tokenizer(
            texts[start : start + BATCH],
            padding=padding,
            truncation=True,
            max_length=length,
            return_tensors="pt",
        )
        rows.append(embed(tokens).cpu())
    return rows
