"""LoRA and soft prompts as PEFT adapters.

`peft` is imported late: it takes seconds, and few commands need it.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from anomaly_core.config import LoraSettings
from anomaly_core.errors import ConfigError
from anomaly_core.language.transformers_lm import TransformersLanguageModel

ADAPTER_FILE = "adapter_config.json"


def add_lora(lm: TransformersLanguageModel, settings: LoraSettings) -> TransformersLanguageModel:
    """Return the model with trainable LoRA layers; its own weights stay frozen.

    PEFT changes the layers in place, so the given model must not be used any more.
    Raises ConfigError where no layer has one of the names.
    """
    from peft import LoraConfig, TaskType, get_peft_model

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
    """Write the LoRA layers as a PEFT adapter. Raises ConfigError for a model without LoRA."""
    from peft import PeftModel

    if not isinstance(lm.model, PeftModel):
        raise ConfigError(f"{lm.name} has no LoRA layers to save.")
    lm.model.save_pretrained(str(folder), safe_serialization=True)


def load_adapter(lm: TransformersLanguageModel, folder: Path) -> TransformersLanguageModel:
    """Return the model with a saved LoRA adapter, frozen. Raises ConfigError where there is none."""
    if not (folder / ADAPTER_FILE).is_file():
        raise ConfigError(f"{folder}: no PEFT adapter here ({ADAPTER_FILE} is missing).")
    from peft import PeftModel

    with _quiet():
        model: Any = PeftModel.from_pretrained(lm.model, str(folder), is_trainable=False)
    return TransformersLanguageModel(model, lm.builder.tokenizer, f"{lm.name}+{folder.name}")


def save_prompt_tuning(base_tokens: torch.Tensor, folder: Path, *, base_model: str) -> None:
    """Write the base tokens as a PEFT prompt-tuning adapter (arXiv 2104.08691); no model is loaded.

    base_tokens: (n, hidden) float, E_base of the prompt learner, without image and map tokens. base_model:
    name or folder of the language model. Raises ConfigError for no token, or another shape.
    """
    if base_tokens.ndim != 2 or not len(base_tokens):
        raise ConfigError(f"base tokens must be (n, hidden), got {tuple(base_tokens.shape)}.")
    from peft import PromptTuningConfig, TaskType

    config = PromptTuningConfig(
        task_type=TaskType.CAUSAL_LM,
        base_model_name_or_path=base_model,
        num_virtual_tokens=len(base_tokens),
        token_dim=base_tokens.shape[1],
        inference_mode=True,
    )
    config.save_pretrained(str(folder))
    tensors = {"prompt_embeddings": base_tokens.detach().float().cpu().contiguous()}
    save_file(tensors, folder / "adapter_model.safetensors")


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppress a warning about a deprecated name that peft itself uses."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing", category=FutureWarning)
        yield
