"""Export of a trained checkpoint to a folder that vLLM serves: base model, adapters, prompt learner."""

from __future__ import annotations

import shutil
from pathlib import Path

from anomaly_core.checkpoint import CONFIG, DECODER, LORA, PROMPT, load_checkpoint
from anomaly_core.errors import ConfigError, WeightsMissing
from anomaly_core.language.vllm.files import fetch_whole
from anomaly_core.scoring.fusion import FILE as FUSION
from anomaly_core.soft_prompt.adapters import save_prompt_tuning

MODEL, PROMPT_TUNING = "model", "prompt_tuning"


def export_checkpoint(checkpoint: Path, out: Path, *, base: str | None = None) -> list[str]:
    """Write a checkpoint with its language model, and return one line for each part.

    out/model/           base model and tokenizer, as vLLM loads them
    out/lora/            LoRA adapter in PEFT's format, where one was trained
    out/prompt_tuning/   base tokens of the prompt learner as a PEFT adapter, for other programs
    out/config.json, decoder.safetensors, prompt_learner.safetensors, fusion.json
                         the checkpoint itself, so that `out` is one too

    base: folder or hub id of the base model; the checkpoint's if None.

    Raises:
        ConfigError: the checkpoint has no language model, or `out` is not empty.
        WeightsMissing, WeightsDamaged: checkpoint or base model cannot be read.
    """
    trained = load_checkpoint(checkpoint)
    name = base or trained.config.language_model
    if name is None:
        raise ConfigError(f"{checkpoint}: trained without a language model; there is nothing to serve.")
    if out.exists() and any(out.iterdir()):
        raise ConfigError(f"{out}: is not empty; name a new folder.")
    model = fetch_whole(name)
    if not list(model.glob("*.safetensors")):
        raise WeightsMissing(f"{model}: holds no safetensors file, which vLLM is to load.")
    out.mkdir(parents=True, exist_ok=True)
    # Written beside and renamed, so that a folder of this name is complete.
    part = out / f"{MODEL}.part"
    shutil.copytree(model, part, ignore=shutil.ignore_patterns("manifest.json"))
    part.replace(out / MODEL)
    written = [f"{out / MODEL}: {name}"]
    if trained.lora is not None:
        shutil.copytree(trained.lora, out / LORA)
        written.append(f"{out / LORA}: LoRA adapter")
    learner = trained.prompt_learner
    if learner is not None and len(learner.base):
        save_prompt_tuning(learner.base, out / PROMPT_TUNING, base_model=name)
        written.append(f"{out / PROMPT_TUNING}: {len(learner.base)} base tokens as a PEFT adapter")
    # config.json last: a folder that has it is a complete checkpoint.
    for file in (DECODER, PROMPT, FUSION, CONFIG):
        if (checkpoint / file).is_file():
            shutil.copy2(checkpoint / file, out / file)
    written.append(f"{out / CONFIG}: the checkpoint, for `iad` itself")
    return written
