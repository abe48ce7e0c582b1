"""What README and docs say is true: commands and their output, snippets, links, figures, tables."""

from __future__ import annotations

import importlib.util
import json
import math
import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from agents.interfaces.cli import app
from anomaly_core.weights.resolve import cached

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {path.relative_to(DOCS).as_posix(): path.read_text(encoding="utf-8") for path in DOCS.rglob("*.md")}
FAMILIES = ("catalogue", "knowledge", "eval", "llm", "weights", "threads", "feedback")
NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e-?\d+)?")
needs_weights = pytest.mark.skipif(
    any(cached(name) is None for name in ("elpv", "efficientnet-lite0", "minilm", "smollm2")),
    reason="needs `iad weights pull elpv efficientnet-lite0 minilm smollm2`",
)


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def iad_commands() -> list[list[str]]:
    pages = [README, PAGES["guide/commands.md"], PAGES["guide/quickstart.md"]]
    lines = [
        line.removeprefix("$ ")
        for text in pages
        for line in re.findall(r"^(?:\$ )?iad .*", text, re.MULTILINE)
    ]
    lines += [part for part in re.findall(r"`(iad [a-z][^`]*)`", "".join(pages)) if "--help" not in part]
    return [shlex.split(line)[1:] for line in lines]


@pytest.mark.parametrize("arguments", iad_commands(), ids=" ".join)
def test_commands_exist_with_these_options(arguments: list[str]) -> None:
    words = [word.strip("[]") for word in arguments]
    depth = 2 if words[0] in FAMILIES else 1
    result = CliRunner().invoke(app, [*words[:depth], "--help"], env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    for option in (word for word in words if word.startswith("--") and word != "--help"):
        assert option in result.stdout


def test_every_command_is_in_the_table() -> None:
    listed = {" ".join(arguments[:2]) for arguments in iad_commands()} | {a[0] for a in iad_commands()}
    shown = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200"}).stdout
    commands = re.findall(r"^│ ([a-z]+)  ", shown, re.MULTILINE)
    assert len(commands) > 8
    assert set(commands) <= listed


def test_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^\$ make (\S+)", README, re.MULTILINE)
    assert targets == ["demo"]
    for target in [*targets, *re.findall(r"`make (\S+)`", README)]:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_the_readme_is_short() -> None:
    assert 100 <= len(README.splitlines()) <= 130


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
        [sys.executable, "-c", "\n".join(blocks(PAGES["guide/python.md"], "python"))],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.count('"decision":') == 2


def test_links_lead_to_files_and_no_page_is_lost() -> None:
    linked = set()
    for path in (ROOT / "README.md", *DOCS.rglob("*.md")):
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            if not target.startswith("http"):
                assert (path.parent / target).exists(), f"{path.name} links to {target}"
                if path.name in ("README.md", "index.md"):
                    linked.add((path.parent / target).resolve())
    assert {path for path in DOCS.rglob("*.md") if path.name != "index.md"} <= linked


def test_pages_name_files_that_exist() -> None:
    for name, text in {**PAGES, "README.md": README}.items():
        for target in re.findall(
            r"`((?:anomaly_core|knowledge|tools|agents|benchmarks|docs|tests)/[\w/.]*)`", text
        ):
            assert (ROOT / target).exists(), f"{name} names {target}"


def test_pictures_are_small() -> None:
    for path in (DOCS / "images").iterdir():
        assert path.stat().st_size < 400_000, path


def test_generated_pages_are_up_to_date(generate: ModuleType) -> None:
    """The list of files and the table of settings: `python docs/generate.py` writes them."""
    assert PAGES["files.md"] == generate.files_page()
    assert PAGES["guide/settings.md"] == generate.settings_page()


def test_every_module_says_what_it_is_for(generate: ModuleType) -> None:
    modules = [path for package in generate.PACKAGES for path in (ROOT / package).rglob("*.py")]
    assert len(modules) > 150
    silent = [path for path in modules if not generate.first_line(path) and path.name != "__init__.py"]
    assert silent == []


def test_the_readmes_figures_are_the_measured_ones() -> None:
    """Its table against the file that its command wrote."""
    results = json.loads((ROOT / "benchmarks" / "results" / "decisions.json").read_text(encoding="utf-8"))
    assert results["date"] in README
    assert "four good images a product, two draws" in README
    names = (
        *("balanced_accuracy", "best_balanced_accuracy"),
        *("false_alarm_rate", "escape_rate", "review_rate_good"),
    )
    figures = []
    for found in results["sets"].values():
        auroc = found["4"]["image_auroc"]
        rates = [f"{found['4'][name]['mean']:.3f}" for name in names]
        texts = [f"{auroc['mean']:.3f} ± {auroc['std']:.3f}", *rates]
        figures.append([text.replace("0.", ".") for text in texts])
    rows = re.findall(r"^\| .+? \| (\.\d+ ± \.\d+)((?: \| \.\d+){5}) \|$", README, re.MULTILINE)
    assert [[auroc, *rates.strip(" |").split(" | ")] for auroc, rates in rows] == figures
