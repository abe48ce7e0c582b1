"""docs/profiles.md: each block is a file that the program takes, and says of the models what is so."""

import re
from pathlib import Path

import pytest

from agents.cli.training import training_config
from agents.settings import Settings, load_settings
from anomaly_core.frame import whole_frame
from anomaly_core.training_config import TrainingConfig

PAGE = (Path(__file__).parents[2] / "docs" / "profiles.md").read_text(encoding="utf-8")
PROFILES = ("Embedded", "Standard", "Paper")


def block(profile: str, file: str) -> str:
    section = PAGE.split(f"\n## {profile}\n")[1].split("\n## ")[0]
    (found,) = re.findall(rf"^```toml\n# {re.escape(file)}\n(.*?)^```", section, re.DOTALL | re.MULTILINE)
    return str(found)


def settings_of(profile: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    (folder / "iad.toml").write_text(block(profile, "iad.toml"))
    monkeypatch.setenv("IAD_CONFIG", str(folder / "iad.toml"))
    return load_settings()


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
