"""A trained checkpoint, as a folder.

config.json                  schema, models that it was trained for, tensor shapes, training configuration
decoder.safetensors          linear layers and text vectors of the text-aligned decoder, float16
prompt_learner.safetensors   prompt learner, float16, where it was trained for a language model
lora/                        PEFT adapter, where LoRA was trained
fusion.json                  weights of the fused score, where they were learned
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from pydantic import Field, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import nn

from anomaly_core.config import Config, TrainingConfig
from anomaly_core.decoders.text_aligned import TextAlignedDecoder
from anomaly_core.errors import ConfigError, WeightsDamaged, WeightsMissing
from anomaly_core.files import write_whole
from anomaly_core.scoring.fusion import FILE as FUSION
from anomaly_core.scoring.fusion import Fusion, read_fusion
from anomaly_core.soft_prompt.learner import PromptLearner, PromptLearnerConfig

SCHEMA: Final = 1
SHIPPED: Final = Path(__file__).parent / "shipped"
"""The checkpoints of the package, a folder for each image encoder, all for smollm2."""
CONFIG, DECODER, PROMPT, LORA = "config.json", "decoder.safetensors", "prompt_learner.safetensors", "lora"


def shipped_encoders() -> list[str]:
    """Return the names of the image encoders that a checkpoint ships for."""
    return sorted(path.parent.name for path in SHIPPED.glob(f"*/{CONFIG}"))


class CheckpointConfig(Config):
    """The models that a checkpoint was trained for, and how."""

    schema_version: int = Field(SCHEMA, description="version of this format")
    encoder: str = Field(description="`name` of the image encoder")
    channels: tuple[int, ...] = Field(description="channels of each decoder input")
    text_encoder: str = Field(description="`name` of the text encoder")
    text_dim: int = Field(description="length of the text vectors")
    language_model: str | None = Field(description="`name` of the language model")
    prompt: PromptLearnerConfig | None = Field(description="null for a decoder alone")
    training: TrainingConfig
    results: dict[str, float] = Field(description="last figures on held-out simulated images")


@dataclass(frozen=True)
class Checkpoint:
    """A loaded checkpoint, in evaluation mode and frozen.

    lora: the adapter's folder, or None. fusion: see scoring/fusion.py. digest: of weights and fusion.
    """

    folder: Path
    config: CheckpointConfig
    decoder: TextAlignedDecoder
    prompt_learner: PromptLearner | None
    lora: Path | None
    fusion: Fusion | None
    digest: str


def save_checkpoint(
    folder: Path, config: CheckpointConfig, decoder: TextAlignedDecoder, prompt_learner: PromptLearner | None
) -> None:
    """Write the folder; config.json last, so that a folder that has it is complete."""
    _save(decoder, folder / DECODER)
    if prompt_learner is not None:
        _save(prompt_learner, folder / PROMPT)
    write_whole(folder / CONFIG, json.dumps(config.model_dump(mode="json"), indent=2) + "\n")


def load_checkpoint(
    path: str | Path, *, encoder: str | None = None, language_model: str | None = None
) -> Checkpoint:
    """Load a checkpoint folder.

    Args:
        path: the folder.
        encoder, language_model: names in use, which must be those of the training; None checks nothing.

    Raises:
        WeightsMissing: no checkpoint there. WeightsDamaged: one that cannot be read.
        ConfigError: trained for another encoder or language model.
    """
    folder = Path(path)
    try:
        text = (folder / CONFIG).read_text(encoding="utf-8")
    except OSError as error:
        raise WeightsMissing(
            f"{folder}: no checkpoint here ({CONFIG}); make one with `iad train`."
        ) from error
    try:
        config = CheckpointConfig.model_validate_json(text)
    except ValidationError as error:
        raise WeightsDamaged(f"{folder / CONFIG}: {error.errors()[0]['msg']}; train it again.") from error
    for kind, wanted, trained in (
        ("encoder", encoder, config.encoder),
        ("language model", language_model, config.language_model),
    ):
        if wanted is not None and trained is not None and wanted != trained:
            raise ConfigError(f"{folder}: trained for the {kind} {trained}, not {wanted}; train one for it.")
    decoder = TextAlignedDecoder(config.channels, torch.zeros(2, config.text_dim))
    _load(decoder, folder / DECODER)
    learner = None
    if config.prompt is not None:
        learner = PromptLearner(config.prompt)
        _load(learner, folder / PROMPT)
    lora = folder / LORA
    return Checkpoint(
        folder,
        config,
        decoder,
        learner,
        lora if lora.is_dir() else None,
        read_fusion(folder),
        _digest(folder),
    )


def load_shipped(encoder: str) -> Checkpoint | None:
    """Load the checkpoint that ships for an image encoder, by name; None where none does."""
    return load_checkpoint(SHIPPED / encoder) if encoder in shipped_encoders() else None


def _digest(folder: Path) -> str:
    """Return eight hexadecimal digits over the weights and the fusion."""
    digest = hashlib.sha256()
    for name in (DECODER, PROMPT, FUSION):
        path = folder / name
        digest.update(path.read_bytes() if path.exists() else b"-")
    return digest.hexdigest()[:8]


def _save(module: nn.Module, path: Path) -> None:
    tensors = {
        # Running variances can lie below float16's smallest number; they are few and stay float32.
        name: tensor if "running" in name or not tensor.is_floating_point() else tensor.half()
        for name, tensor in module.state_dict().items()
    }
    write_whole(path, save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}))


def _load(module: nn.Module, path: Path) -> None:
    try:
        tensors = load_file(path)
        module.load_state_dict({k: t.float() if t.is_floating_point() else t for k, t in tensors.items()})
    except (OSError, SafetensorError, RuntimeError) as error:
        raise WeightsDamaged(
            f"{path}: cannot be loaded ({str(error).splitlines()[0]}); train it again."
        ) from error
    module.eval().requires_grad_(False)
