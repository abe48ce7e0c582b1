"""Soft prompts and LoRA as PEFT adapters: folders that every program with `peft` loads."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, PromptTuningConfig, TaskType, get_peft_model
from pydantic import Field
from safetensors.torch import load_file, save_file

from anomaly_core.config import Config
from anomaly_core.errors import ConfigError
from anomaly_core.language.transformers_lm import TransformersLanguageModel

ADAPTER_FILE = "adapter_config.json"
ADAPTER_WEIGHTS = "adapter_model.safetensors"
PROMPT_KEY = "prompt_embeddings"


class LoraSettings(Config):
    """LoRA on a language model (arXiv 2106.09685). The defaults are AnomalyGPT's base, PandaGPT's.

    r: rank. alpha: scale is alpha / r. targets: names of the layers.
    """

    r: int = Field(default=32, ge=1)
    alpha: int = Field(default=32, ge=1)
    dropout: float = Field(default=0.1, ge=0, lt=1)
    targets: tuple[str, ...] = Field(default=("q_proj", "k_proj", "v_proj", "o_proj"), min_length=1)


def add_lora(lm: TransformersLanguageModel, settings: LoraSettings) -> TransformersLanguageModel:
    """Return the model with trainable LoRA layers; its own weights stay frozen.

    The given model must not be used any more: PEFT changes its layers in place.
    Raises ConfigError when no layer has one of the names.
    """
    config = LoraConfig(
        r=settings.r,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=list(settings.targets),
        task_type=TaskType.CAUSAL_LM,
    )
    try:
        with _quiet():
            model = get_peft_model(lm.model, config)
    except ValueError as error:
        raise ConfigError(f"LoRA targets {', '.join(settings.targets)}: {error}") from error
    adapted = TransformersLanguageModel(model, lm.builder.tokenizer, f"{lm.name}+lora")
    for parameter_name, parameter in model.named_parameters():
        parameter.requires_grad_("lora_" in parameter_name)
    return adapted


def save_lora(lm: TransformersLanguageModel, folder: Path) -> None:
    """Write the LoRA layers as a PEFT adapter. Raises ConfigError for a model without them."""
    if not isinstance(lm.model, PeftModel):
        raise ConfigError(f"{lm.name} has no LoRA layers to save.")
    lm.model.save_pretrained(str(folder), safe_serialization=True)


def load_adapter(lm: TransformersLanguageModel, folder: Path) -> TransformersLanguageModel:
    """Return the model with a saved LoRA adapter, frozen. Raises ConfigError where there is none."""
    if not (folder / ADAPTER_FILE).is_file():
        raise ConfigError(f"{folder}: no PEFT adapter here ({ADAPTER_FILE} is missing).")
    with _quiet():
        model: Any = PeftModel.from_pretrained(lm.model, str(folder), is_trainable=False)
    return TransformersLanguageModel(model, lm.builder.tokenizer, f"{lm.name}+{folder.name}")


def save_prompt_tuning(base_tokens: torch.Tensor, folder: Path, *, base_model: str) -> None:
    """Write the base tokens as a PEFT prompt-tuning adapter (arXiv 2104.08691); no model is loaded.

    base_tokens: (n, hidden) float, E_base of the prompt learner. Programs that load the adapter see
    them before every input; the image and map tokens stay with the prompt learner. base_model: its
    name or folder. Raises ConfigError for no token, or another shape.
    """
    if base_tokens.ndim != 2 or not len(base_tokens):
        raise ConfigError(f"base tokens must be (n, hidden), got {tuple(base_tokens.shape)}.")
    config = PromptTuningConfig(
        task_type=TaskType.CAUSAL_LM,
        base_model_name_or_path=base_model,
        num_virtual_tokens=len(base_tokens),
        token_dim=base_tokens.shape[1],
        inference_mode=True,
    )
    config.save_pretrained(str(folder))
    tensors = {PROMPT_KEY: base_tokens.detach().float().cpu().contiguous()}
    save_file(tensors, folder / ADAPTER_WEIGHTS)


def load_prompt_tuning(folder: Path) -> torch.Tensor:
    """Return the (n, hidden) float32 tokens of a PEFT prompt-tuning adapter.

    Raises ConfigError where there is none.
    """
    file = folder / ADAPTER_WEIGHTS
    if not file.is_file() or PROMPT_KEY not in (tensors := load_file(file)):
        raise ConfigError(f"{folder}: no PEFT prompt-tuning adapter here.")
    return tensors[PROMPT_KEY].float()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep back a warning about an old name that peft itself reads; it can be mended only there."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing", category=FutureWarning)
        yield
