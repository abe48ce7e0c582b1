"""Where a setting comes from, and what is said when it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from agents.settings import Settings
from anomaly_core.errors import ConfigError


@pytest.fixture(autouse=True)
def clean_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("CONFIG", *(field.upper() for field in Settings.model_fields)):
        monkeypatch.delenv(f"IAD_{name}", raising=False)
    return tmp_path


def test_option_beats_variable_beats_file_beats_default(
    clean_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    default = Settings.from_environment().alpha
    (clean_folder / "iad.toml").write_text("alpha = 0.2\nseed = 7\n")
    assert Settings.from_environment().alpha == 0.2 != default
    monkeypatch.setenv("IAD_ALPHA", "0.3")
    assert Settings.from_environment().alpha == 0.3
    assert Settings.from_environment(alpha=0.4).alpha == 0.4
    assert Settings.from_environment(alpha=None).alpha == 0.3
    assert Settings.from_environment().seed == 7


def test_unknown_key_names_key_and_file(clean_folder: Path) -> None:
    (clean_folder / "iad.toml").write_text("encodr = 'tiny'\n")
    with pytest.raises(ConfigError, match=r"iad\.toml holds the unknown key 'encodr'.*encoder"):
        Settings.from_environment()


def test_broken_toml_names_file(clean_folder: Path) -> None:
    (clean_folder / "iad.toml").write_text("alpha = = 1\n")
    with pytest.raises(ConfigError, match=r"iad\.toml is not valid TOML"):
        Settings.from_environment()


def test_named_config_must_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IAD_CONFIG", "nowhere.toml")
    with pytest.raises(ConfigError, match=r"nowhere\.toml"):
        Settings.from_environment()


def test_paths_in_file_are_relative_to_it(clean_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = clean_folder / "plant"
    other.mkdir()
    (other / "line.toml").write_text("store = 'parts'\n")
    monkeypatch.setenv("IAD_CONFIG", str(other / "line.toml"))
    assert Settings.from_environment().store == other / "parts"
    assert Settings.from_environment(store="here").store == Path("here")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("alpha", 0),
        ("alpha", 0.5),
        ("input_size", 3),
        ("device", "tpu"),
        ("threads", 0),
        ("seed", -1),
    ],
)
def test_out_of_range_option_is_named(key: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"option --{key.replace('_', '-')}"):
        Settings.from_environment(**{key: value})


def test_out_of_range_variable_and_file_are_named(
    clean_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (clean_folder / "iad.toml").write_text("seed = -4\n")
    monkeypatch.setenv("IAD_ALPHA", "many")
    with pytest.raises(ConfigError, match=r"environment variable IAD_ALPHA.*key 'seed' in iad\.toml"):
        Settings.from_environment()


def test_frozen() -> None:
    with pytest.raises(ValidationError):
        Settings.from_environment().alpha = 0.1  # type: ignore[misc]
