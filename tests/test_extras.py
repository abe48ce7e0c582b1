"""Commands that add an extra name the distribution and an extra that it has, in messages and in pages."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from importlib.metadata import metadata
from pathlib import Path

from pages import DOCS, README, ROOT

from anomaly_core.extras import DISTRIBUTION, install

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = set(PROJECT["optional-dependencies"])
PACKAGES = ("agents", "tools", "knowledge", "anomaly_core")
SOURCES = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]


def test_messages_name_extras_that_there_are() -> None:
    assert PROJECT["name"] == DISTRIBUTION
    called = {
        name
        for path in SOURCES
        for name in re.findall(r"\binstall\([\"'](\w+)[\"']\)", path.read_text(encoding="utf-8"))
    }
    assert {"cpu", "pdf", "station", "mcp", "ray"} <= called <= EXTRAS
    assert {"onnx", "openvino"} <= EXTRAS  # by the runtime's name


def test_no_message_writes_the_command_by_hand() -> None:
    own = ROOT / "anomaly_core" / "extras.py"
    assert [path for path in SOURCES if path != own and "pip install" in path.read_text("utf-8")] == []


def test_the_command_is_of_the_running_interpreter() -> None:
    python, *rest = shlex.split(install("pdf"))
    assert (python, rest) == (sys.executable, ["-m", "pip", "install", f"{DISTRIBUTION}[pdf]"])
    assert shlex.split(install())[-1] == DISTRIBUTION
    assert "pdf" in metadata(DISTRIBUTION).get_all("Provides-Extra", [])
    subprocess.run([python, "-m", "pip", "--version"], check=True, capture_output=True)


def test_the_quickstart_says_what_each_extra_brings() -> None:
    page = (DOCS / "guide" / "quickstart.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| .+ \|$", page, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"\w+", row)} == EXTRAS


def test_pages_install_from_the_clone_extras_that_there_are() -> None:
    texts = [README, *(path.read_text(encoding="utf-8") for path in sorted(Path(DOCS).rglob("*.md")))]
    assert [text for text in texts if f"{DISTRIBUTION}[" in text] == []
    named = [
        found.split(",")
        for text in texts
        for found in re.findall(r"pip install -e [\"']\.\[([\w,]+)\]", text)
    ]
    assert len(named) > 5
    assert set().union(*named) <= EXTRAS
