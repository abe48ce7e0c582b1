"""`iad llm serve`, `iad llm export` and `iad llm check`, as a user runs them."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
from loopback import loopback, say
from typer.testing import CliRunner, Result

from agents.interfaces.cli import app
from anomaly_core.language.fakes import tiny_language_model


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["llm", *arguments])


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    lm = tiny_language_model()
    lm.model.save_pretrained(folder)
    lm.builder.tokenizer.save_pretrained(folder)
    return folder


def test_dry_run_prints_one_command(model: Path) -> None:
    result = run("serve", str(model), "--cpu", "--dry-run", "--port", "8101", "--", "--seed", "3")
    assert result.exit_code == 0
    assert result.stdout.count("\n") == 1
    assert "VLLM_CPU_KVCACHE_SPACE=1" in result.stdout
    assert f"python -m vllm.entrypoints.openai.api_server --model {model}" in result.stdout
    assert result.stdout.rstrip().endswith("--seed 3")


@pytest.mark.skipif(find_spec("vllm") is not None, reason="vLLM is installed here")
def test_serve_without_vllm_says_so(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("serve", str(model))
    assert result.exit_code == 1
    assert "docs/operations/serving.md" in result.stderr


def test_export_of_no_checkpoint_is_one_line(tmp_path: Path) -> None:
    result = run("export", str(tmp_path), "--out", str(tmp_path / "out"))
    assert result.exit_code == 1
    assert "no checkpoint here" in result.stderr


def test_check_of_a_server_that_is_down_is_one_line(model: Path) -> None:
    result = run("check", "http://127.0.0.1:9/v1", "--model", str(model))
    assert result.exit_code == 1
    assert "iad llm serve" in result.stderr


def test_check_says_what_the_server_lacks(model: Path) -> None:
    models = {"data": [{"id": "m"}]}
    with loopback(say(400, {"error": {"message": "no such field"}}), models=models) as server:
        result = run("check", server.url, "--model", str(model), "--json")
    assert result.exit_code == 1
    assert "--enable-prompt-embeds" in json.loads(result.stdout)["error"]["message"]
