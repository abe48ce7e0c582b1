"""What the README and the pages of docs say is true: commands, snippets, links, file map."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from agents.interfaces.cli import app
from agents.settings import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
PACKAGES = ("agents", "tools", "knowledge", "anomaly_core")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def iad_commands() -> list[list[str]]:
    lines = [line for block in blocks("bash") for line in block.splitlines() if line.startswith("iad ")]
    lines += [part for part in re.findall(r"`(iad [a-z][^`]*)`", README + COMMANDS) if "--help" not in part]
    return [shlex.split(line)[1:] for line in lines]


@pytest.mark.parametrize("arguments", iad_commands(), ids=" ".join)
def test_commands_exist_with_these_options(arguments: list[str]) -> None:
    words = [word.strip("[]") for word in arguments]
    depth = 2 if words[0] in ("knowledge", "eval", "llm", "weights", "threads", "feedback") else 1
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
    targets = [
        line.split()[1] for block in blocks("bash") for line in block.splitlines() if line[:5] == "make "
    ]
    assert targets == ["demo", "test"]
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_python_snippet_runs(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    for folder, count in (("good", 4), ("new", 2)):
        (tmp_path / folder).mkdir()
        for number in range(count):
            pixels = draw.integers(100, 120, (64, 64, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / folder / f"{number}.png")
    (snippet,) = blocks("python")
    run = subprocess.run(
        [sys.executable, "-c", snippet],
        cwd=tmp_path,
        env={"IAD_ENCODER": "tiny", "PYTHONPATH": str(ROOT), "PATH": "", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.count('"anomalous":') == 2


def test_links_lead_to_files() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\(([^)#\s]+)\)", page.read_text(encoding="utf-8")):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_pictures_are_small() -> None:
    for path in (ROOT / "docs" / "images").iterdir():
        assert path.stat().st_size < 400_000, path


def test_file_map_is_whole_and_true() -> None:
    """Each module has one line, and each line names a file."""
    section = README.split("<!-- file map -->")[1].split("<!-- end of the file map -->")[0]
    mapped = re.findall(r"^(\S+)  +\S", section, re.MULTILINE)
    files = [ROOT / name for name in mapped]
    assert [path for path in files if not path.exists()] == []
    assert len(set(mapped)) == len(mapped)
    modules = [
        path
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if path.name != "__init__.py" and path not in files
    ]
    lines = [f"{path.relative_to(ROOT).as_posix()}  {first_line(path)}" for path in sorted(modules)]
    assert lines == [], "add to the README's file map:\n" + "\n".join(lines)


def first_line(path: Path) -> str:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return docstring.split("\n", 1)[0]


def test_settings_page_lists_every_setting_with_its_default() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", page, re.MULTILINE))
    assert set(rows) == set(Settings.model_fields)
    for name, field in Settings.model_fields.items():
        if name != "store":
            assert rows[name] == ("unset" if field.default is None else f"`{field.default}`")
