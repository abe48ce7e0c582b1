"""`iad simulate` and `iad train`, for real, on painted parts and tiny models."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from agents.interfaces.cli import app
from agents.interfaces.cli.training import training_config
from anomaly_core.checkpoint import load_checkpoint
from anomaly_core.errors import ConfigError

RUN = """
text_encoder = "tiny"
batch_size = 4
channels = [2, 2, 2, 2, 4]
evaluate_every = 2
save_every = 2

[data]
procedural_products = 2
photographs = 4
samples = 8
held_out = 4
input_side = 64
side = 96
"""


def iad(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def good(tmp_path: Path) -> Path:
    folder = tmp_path / "good"
    folder.mkdir()
    for seed in range(3):
        pixels = np.random.default_rng(seed).integers(40, 220, (24, 24, 3)).astype(np.uint8)
        Image.fromarray(pixels).resize((160, 160)).save(folder / f"{seed}.png")
    return folder


def test_simulate_writes_equal_pictures_for_equal_seeds(good: Path, tmp_path: Path) -> None:
    written = []
    for name, seed in (("a", 4), ("b", 4), ("c", 5)):
        result = iad("simulate", good, "--out", tmp_path / name, "--count", 3, "--seed", seed, "--json")
        assert result.exit_code == 0, result.output
        assert json.loads(result.stdout)["images"] == 3
        written.append([path.read_bytes() for path in sorted((tmp_path / name / "images").iterdir())])
    assert written[0] == written[1]
    assert written[0] != written[2]
    masks = sorted((tmp_path / "a" / "masks").iterdir())
    assert all(np.asarray(Image.open(mask)).max() == 255 for mask in masks)


def test_simulate_says_which_image_it_left_out(good: Path, tmp_path: Path) -> None:
    (good / "torn.png").write_bytes((good / "0.png").read_bytes()[:100])
    result = iad("simulate", good, "--out", tmp_path / "out", "--count", 6)
    assert result.exit_code == 1
    assert "torn.png" in result.stderr
    assert "6 pictures, 1 images skipped" in result.stdout


def test_train_leaves_a_checkpoint_and_keeps_a_finished_one(tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text(RUN)
    command = ["train", "--out", tmp_path / "out", "--config", tmp_path / "run.toml", "--encoder", "tiny"]
    command += ["--language-model", "tiny", "--decoder-steps", 1, "--steps", 2, "--json"]
    result = iad(*command)
    assert result.exit_code == 0, result.output
    record = json.loads(result.stdout)
    assert record["steps"] == 3
    assert record["results"]
    assert load_checkpoint(tmp_path / "out").config.training.steps == 2
    again = iad(*command)
    assert again.exit_code == 1
    assert json.loads(again.stdout)["error"]["kind"] == "ConfigError"


def test_training_options_win_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text("seed = 3\nsteps = 7\n")
    config = training_config(path, {"steps": 9})
    assert (config.seed, config.steps) == (3, 9)
    alone = training_config(None, {"language_model": "none"})
    assert (alone.language_model, alone.steps) == (None, 0)


@pytest.mark.parametrize("text", ["stepz = 3", "steps = [", 'language_model = "none"\ndecoder_steps = 0'])
def test_a_run_that_cannot_be_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "run.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"run\.toml"):
        training_config(path, {})
