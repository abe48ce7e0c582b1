"""What README and docs run does what they show: commands with their output, and snippets."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from pages import DOCS, README, blocks, generate_module
from PIL import Image

from anomaly_core.weights.resolve import cached

pytestmark = pytest.mark.slow
PYTHON_PAGE = (DOCS / "guide" / "python.md").read_text(encoding="utf-8")
NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e-?\d+)?")
needs_weights = pytest.mark.skipif(
    any(cached(name) is None for name in ("elpv", "efficientnet-lite0", "minilm", "smollm2")),
    reason="needs `iad weights pull elpv efficientnet-lite0 minilm smollm2`",
)


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    return generate_module()


def agrees(shown: str, real: str) -> bool:
    """Whether two lines agree: words alike, numbers within a hundredth, as another processor rounds."""
    if NUMBER.sub("#", shown) != NUMBER.sub("#", real):
        return False
    pairs = zip(NUMBER.findall(shown), NUMBER.findall(real), strict=True)
    return all(math.isclose(float(one), float(other), rel_tol=0.01) for one, other in pairs)


def test_agreement_is_of_words_and_figures() -> None:
    assert agrees("p=0.0217 at the center", "p=0.0218 at the center")
    assert not agrees("p=0.0217 at the center", "p=0.0317 at the center")
    assert not agrees("p=0.0217 at the center", "p=0.0217 at the left")


@pytest.mark.weights
@needs_weights
def test_the_readmes_commands_print_what_it_shows(generate: ModuleType, tmp_path: Path) -> None:
    """Anew from `iad demo`, and the Python lines on what it left."""
    (console,) = [block for block in ["".join(f"{b}\n" for b in blocks(README, "console"))] if block]
    for command in generate.commands(console):
        shown = console.split(f"$ {command}\n", 1)[1].split("\n$ ", 1)[0].rstrip().splitlines()
        real = generate.elided(generate.run(command, tmp_path), shown)
        assert len(shown) == len(real) > 0, "\n".join(real)
        wrong = [(one, other) for one, other in zip(shown, real, strict=True) if not agrees(one, other)]
        assert wrong == [], f"{command}: run `python docs/generate.py --outputs`"
    (snippet,) = [block for block in blocks(README, "python") if "AnomalyGPT" in block]
    assert len([line for line in snippet.splitlines() if line]) == 8
    run = subprocess.run(
        [sys.executable, "-c", snippet], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert re.match(r"fail 0\.0\d* \[\(.*\)\]\n\(300, 300\) float32\n", run.stdout)


@pytest.mark.weights
@needs_weights
def test_the_python_page_runs(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    for folder, count in (("good", 4), ("new", 2)):
        (tmp_path / folder).mkdir()
        for number in range(count):
            pixels = draw.integers(100, 120, (64, 64, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / folder / f"{number}.png")
    run = subprocess.run(
        [sys.executable, "-c", "\n".join(blocks(PYTHON_PAGE, "python"))],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.count('"decision":') == 2
    command = [sys.executable, "-m", "agents", "log", "--json", "--store", "store"]
    logged = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    origins = {
        (row["name"], row["lot"], row["station"], row["operator"])
        for row in map(json.loads, logged.splitlines())
    }
    assert {("1.png", "A17", "line-3", "kim"), ("0.png", "A18", "line-3", "kim")} <= origins
