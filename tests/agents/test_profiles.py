"""docs/operations/profiles.md: each block is a file the program takes; runs train small models."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import transformers
from tokenizers import pre_tokenizers

from agents.interfaces.cli.training import training_config
from agents.settings import Settings
from anomaly_core.checkpoint import load_checkpoint
from anomaly_core.config import DataConfig, TrainingConfig
from anomaly_core.decoders.inputs import input_channels
from anomaly_core.encoders.imagebind import BLOCK, TEXT, VISION
from anomaly_core.imaging.frame import whole_frame
from anomaly_core.language.fakes import CHATML, byte_tokenizer
from anomaly_core.training.train import train

PAGE = (Path(__file__).parents[2] / "docs" / "profiles.md").read_text(encoding="utf-8")
PROFILES = ("Embedded", "Standard", "Paper")


def block(profile: str, file: str) -> str:
    section = PAGE.split(f"\n## {profile}\n")[1].split("\n## ")[0]
    (found,) = re.findall(rf"^```toml\n# {re.escape(file)}\n(.*?)^```", section, re.DOTALL | re.MULTILINE)
    return str(found)


def settings_of(profile: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    (folder / "iad.toml").write_text(block(profile, "iad.toml"))
    monkeypatch.setenv("IAD_CONFIG", str(folder / "iad.toml"))
    return Settings.from_environment()


def run_of(profile: str, folder: Path) -> TrainingConfig:
    (folder / "train.toml").write_text(block(profile, "train.toml"))
    return training_config(folder / "train.toml", {})


@pytest.mark.parametrize("profile", PROFILES)
def test_both_files_of_a_profile_are_taken(
    profile: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, run = settings_of(profile, tmp_path, monkeypatch), run_of(profile, tmp_path)
    assert settings.device == run.device == ("cpu" if profile == "Embedded" else "cuda")


def test_the_embedded_profile_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of("Embedded", tmp_path, monkeypatch)
    defaults = {name: field.default for name, field in Settings.model_fields.items() if name != "store"}
    assert settings.model_dump(exclude={"store"}) == defaults
    assert run_of("Embedded", tmp_path) == TrainingConfig()


def test_the_papers_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_of("Paper", tmp_path)
    assert run.steps == 50 * 3629 // run.batch_size
    assert run.data.samples == 2 * 3629
    side = round(settings_of("Paper", tmp_path, monkeypatch).input_size * 0.5**0.5)
    assert whole_frame((900, 900), side, 14).input_size == (224, 224)


LETTERS = sorted(pre_tokenizers.ByteLevel.alphabet())
WORDS = [*LETTERS, *(letter + "</w>" for letter in LETTERS), "<|startoftext|>", "<|endoftext|>"]
TOWER = {"hidden_size": 32, "num_attention_heads": 4, "num_hidden_layers": 4, "intermediate_size": 64}
ENDS = {"bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 2}
CAUSAL = {**TOWER, **ENDS, "num_key_value_heads": 4, "vocab_size": 259}
DATA = DataConfig(procedural_products=2, photographs=4, samples=8, held_out=4, input_side=80, side=96)


def save_clip_tokenizer(folder: Path) -> None:
    vocabulary = {word: number for number, word in enumerate(WORDS)}
    transformers.CLIPTokenizer(vocab=vocabulary, merges=[]).save_pretrained(folder)


def small_clip(folder: Path) -> Path:
    ends = {"bos_token_id": len(WORDS) - 2, "eos_token_id": len(WORDS) - 1, "pad_token_id": len(WORDS) - 1}
    config = transformers.CLIPConfig(
        text_config={**TOWER, "vocab_size": len(WORDS), **ends},
        vision_config={**TOWER, "image_size": 56, "patch_size": 14},
        projection_dim=24,
    )
    transformers.CLIPModel(config).save_pretrained(folder)
    save_clip_tokenizer(folder)
    return folder


def small_imagebind(folder: Path) -> Path:
    """Random weights in the published layout, from the table of its keys."""
    state = {}
    for modality, outside, places in (("vision", VISION, 17), ("text", TEXT, 77)):
        sizes = {"width": 32, "inner": 64, "patch": 14, "places": places, "out": 24, "words": len(WORDS)}
        trunk = f"modality_trunks.{modality}.blocks"
        blocks = {f"{trunk}.{layer}.{key}": entry for layer in range(4) for key, entry in BLOCK.items()}
        for key, entry in (outside | blocks).items():
            first, *others = (sizes.get(axis) or int(axis) for axis in entry.shape.split())
            state[key] = 0.3 * torch.randn(first * len(entry.clip), *others)
    folder.mkdir()
    torch.save(state, folder / "imagebind_huge.pth")
    save_clip_tokenizer(folder)
    return folder / "imagebind_huge.pth"


@pytest.mark.parametrize(
    ("profile", "encoder", "language_model", "template"),
    [
        ("Standard", small_clip, transformers.Qwen2Config(**CAUSAL), CHATML),
        ("Paper", small_imagebind, transformers.LlamaConfig(**CAUSAL), None),
    ],
)
def test_a_run_trains_on_small_models_of_its_classes(
    profile: str,
    encoder: Callable[[Path], Path],
    language_model: transformers.PretrainedConfig,
    template: str | None,
    tmp_path: Path,
) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        eyes = str(encoder(tmp_path / "encoder"))
        transformers.AutoModelForCausalLM.from_config(language_model).save_pretrained(tmp_path / "lm")
    byte_tokenizer(chat_template=template).save_pretrained(tmp_path / "lm")
    run = run_of(profile, tmp_path)
    models = {"encoder": eyes, "text_encoder": eyes, "language_model": str(tmp_path / "lm")}
    steps = {"decoder_steps": min(run.decoder_steps, 1), "steps": 1, "batch_size": 4, "accumulation": 1}
    data = DATA.model_copy(update={"decoder_input": run.data.decoder_input})
    small = TrainingConfig(**{**dict(run), **models, **steps, "device": "cpu", "data": data})
    train(small, out=tmp_path / "run")
    checkpoint = load_checkpoint(tmp_path / "run")
    assert checkpoint.config.channels == input_channels(run.data.decoder_input, (32,) * 4)
    assert checkpoint.prompt_learner is not None
    assert checkpoint.prompt_learner.config.channels == run.channels
    last = json.loads((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()[-1])
    assert last["cross_entropy"] > 0 and last["gradient_norm"] > 0
