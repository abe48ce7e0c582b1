"""The command that starts vLLM, and the folder that it is started on."""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from peft import load_peft_weights

from anomaly_core.checkpoint import CheckpointConfig, load_checkpoint, save_checkpoint
from anomaly_core.config import LoraSettings, TrainingConfig
from anomaly_core.decoders.text_aligned import TextAlignedDecoder
from anomaly_core.errors import ConfigError, WeightsMissing
from anomaly_core.language.fakes import tiny_language_model
from anomaly_core.language.inspection_dialogue import YES_NO, inspection_messages
from anomaly_core.language.transformers_lm import TransformersLanguageModel
from anomaly_core.scoring.calibration import Prior
from anomaly_core.scoring.fusion import Fusion, write_fusion
from anomaly_core.serving.export import export_checkpoint
from anomaly_core.serving.launch import python_with_vllm, vllm_command
from anomaly_core.soft_prompt.adapters import add_lora, save_lora
from anomaly_core.soft_prompt.learner import PromptLearner, PromptLearnerConfig

pytestmark = pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    lm = tiny_language_model()
    lm.model.save_pretrained(folder)
    lm.builder.tokenizer.save_pretrained(folder)
    return folder


def trained(folder: Path, model: Path | None, *, rank: int | None = None) -> Path:
    """A checkpoint with random weights for the tiny model."""
    prompt = PromptLearnerConfig(hidden_size=32, channels=(2, 2, 2, 2, 2))
    config = CheckpointConfig(
        encoder="tiny",
        channels=(4, 4),
        text_encoder="tiny",
        text_dim=8,
        language_model=None if model is None else str(model),
        prompt=prompt,
        training=TrainingConfig(),
        results={},
    )
    save_checkpoint(folder, config, TextAlignedDecoder((4, 4), torch.zeros(2, 8)), PromptLearner(prompt))
    write_fusion(folder, Fusion(text_weight=0.1, language_weight=0.1, prior=Prior()))
    if rank is not None:
        save_lora(add_lora(tiny_language_model(), LoraSettings(r=rank, alpha=rank)), folder / "lora")
    return folder


def value(arguments: tuple[str, ...], flag: str) -> str:
    return arguments[arguments.index(flag) + 1]


def test_model_on_a_gpu(model: Path) -> None:
    command = vllm_command(str(model), python="python", gpu=True, port=9)
    assert command.arguments[:3] == ("python", "-m", "vllm.entrypoints.openai.api_server")
    assert value(command.arguments, "--model") == str(model)
    assert "--enable-prompt-embeds" in command.arguments
    assert json.loads(value(command.arguments, "--structured-outputs-config"))["backend"] == "xgrammar"
    assert value(command.arguments, "--host") == "127.0.0.1"
    for flag in ("--enforce-eager", "--dtype", "--max-model-len", "--enable-lora"):
        assert flag not in command.arguments
    assert command.environment["HF_HUB_OFFLINE"] == "1"


def test_model_on_a_processor_computes_in_float32(model: Path) -> None:
    command = vllm_command(str(model), python="python", gpu=False, context=256, more=("--seed", "3"))
    assert value(command.arguments, "--dtype") == "float32"
    assert value(command.arguments, "--max-model-len") == "256"
    assert command.arguments[-2:] == ("--seed", "3")
    assert command.environment["VLLM_CPU_KVCACHE_SPACE"] == "1"


@pytest.mark.parametrize(("rank", "allowed"), [(4, "8"), (8, "8"), (9, "16"), (32, "32")])
def test_checkpoint_brings_its_adapter(model: Path, tmp_path: Path, rank: int, allowed: str) -> None:
    folder = trained(tmp_path / "run", model, rank=rank)
    command = vllm_command(str(folder), python="python", gpu=True)
    assert value(command.arguments, "--model") == str(model)
    assert value(command.arguments, "--lora-modules") == f"lora={folder / 'lora'}"
    assert value(command.arguments, "--max-lora-rank") == allowed


def test_checkpoint_without_a_language_model_is_refused(tmp_path: Path) -> None:
    folder = trained(tmp_path / "run", None)
    with pytest.raises(ConfigError, match="nothing to serve"):
        vllm_command(str(folder), python="python", gpu=True)
    with pytest.raises(ConfigError, match="nothing to serve"):
        export_checkpoint(folder, tmp_path / "out")


def test_unknown_model_is_named() -> None:
    with pytest.raises(WeightsMissing, match="no-such-model"):
        vllm_command("no-such-model", python="python", gpu=True)


@pytest.mark.skipif(find_spec("vllm") is not None, reason="vLLM is installed here")
def test_vllm_is_found_or_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="--python"):
        python_with_vllm()
    own = tmp_path / ".venv-vllm" / "bin" / "python"
    own.parent.mkdir(parents=True)
    own.symlink_to(sys.executable)
    assert python_with_vllm() == str(own)


def test_exported_folder_is_model_adapters_and_checkpoint(model: Path, tmp_path: Path) -> None:
    folder, out = trained(tmp_path / "run", model, rank=4), tmp_path / "out"
    lines = export_checkpoint(folder, out)
    assert [line.split(": ")[1] for line in lines] == [
        str(model),
        "LoRA adapter",
        "9 base tokens as a PEFT adapter",
        "the checkpoint, for `iad` itself",
    ]
    messages = inspection_messages(torch.ones(2, 32))
    exported = TransformersLanguageModel.load(out / "model")
    assert exported.choose(messages, YES_NO) == tiny_language_model().choose(messages, YES_NO)
    loaded = load_checkpoint(out)
    assert loaded.prompt_learner is not None
    # Scores depend on the digest's files, so products enrolled with the one are known to the other.
    assert loaded.digest == load_checkpoint(folder).digest
    assert torch.equal(
        load_peft_weights(str(out / "prompt_tuning"))["prompt_embeddings"], loaded.prompt_learner.base
    )
    command = vllm_command(str(out), python="python", gpu=True)
    assert value(command.arguments, "--model") == str(out / "model")
    assert value(command.arguments, "--served-model-name") == str(model)
    assert value(command.arguments, "--lora-modules") == f"lora={out / 'lora'}"
    with pytest.raises(ConfigError, match="not empty"):
        export_checkpoint(folder, out)
