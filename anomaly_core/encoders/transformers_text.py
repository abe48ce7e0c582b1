"""Text encoders of the transformers library: sentence encoders with mean pooling, CLIP and SigLIP texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import torch
import transformers

from anomaly_core.encoders.inputs import fingerprint, freeze, unit
from anomaly_core.encoders.loading import load_config, load_json, load_model, load_tokenizer
from anomaly_core.errors import ConfigError

BATCH: Final = 32
SENTENCE_FAMILIES: Final = ("bert", "mpnet", "roberta", "xlm-roberta", "distilbert")
SENTENCE_TOKENS: Final = 256
"""Longest text where the model states none; the rest is cut off."""


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
        rows = [torch.zeros(0, self.embedding_dim)]
        for start in range(0, len(texts), BATCH):
            batch = self._tokenizer(
                texts[start : start + BATCH],
                padding=True,
                truncation=True,
                max_length=self._length,
                return_tensors="pt",
            ).to(self._device)
            states = self._model(**batch).last_hidden_state  # (n, tokens, D)
            mask = batch["attention_mask"][..., None].to(states.dtype)
            rows.append(unit((states * mask).sum(1) / mask.sum(1)).cpu())
        return torch.cat(rows)


class ContrastiveTextEncoder:
    """TextEncoder over the text tower of CLIP or SigLIP: the space of its image embeddings."""

    def __init__(self, source: Path | str, device: str = "cpu", label: str = "") -> None:
        """Load model and tokenizer. Raises WeightsMissing, WeightsDamaged or ConfigError."""
        config = load_config(source)
        if config.model_type not in ("clip", "siglip"):
            raise ConfigError(f"{source}: model type {config.model_type!r} has no known text tower")
        text = config.text_config
        self._device = torch.device(device)
        self._tokenizer = load_tokenizer(source)
        self._length = int(text.max_position_embeddings)
        # SigLIP was trained on texts padded to the full length, and reads the last token.
        self._padding: str | bool = "max_length" if config.model_type == "siglip" else True
        model_class: Any
        if config.model_type == "clip":
            model_class, self._output = transformers.CLIPTextModelWithProjection, "text_embeds"
            text.projection_dim = config.projection_dim  # stated for both towers, above them
            self.embedding_dim = int(config.projection_dim)
        else:
            model_class, self._output = transformers.SiglipTextModel, "pooler_output"
            self.embedding_dim = int(text.projection_size or text.hidden_size)
        self._model = load_model(model_class, source, text)
        freeze(self._model, self._device)
        self.name = f"{label or source}:text:{fingerprint(self._model)}"

    @torch.inference_mode()
    def encode_text(self, texts: list[str]) -> torch.Tensor:
        """Return (n, D) float32 on the CPU, L2-normalised; texts longer than the model's limit are cut."""
        rows = [torch.zeros(0, self.embedding_dim)]
        for start in range(0, len(texts), BATCH):
            batch = self._tokenizer(
                texts[start : start + BATCH],
                padding=self._padding,
                truncation=True,
                max_length=self._length,
                return_tensors="pt",
            ).to(self._device)
            inputs = {"input_ids": batch["input_ids"]}
            if self._padding is True:
                inputs["attention_mask"] = batch["attention_mask"]
            rows.append(unit(getattr(self._model(**inputs), self._output)).cpu())
        return torch.cat(rows)
