"""What README and docs say is true: commands, links, figures, tables. What they run: test_pages_run."""

from __future__ import annotations

import json
import re
import shlex
from types import ModuleType

import pytest
from pages import DOCS, README, ROOT, generate_module
from typer.testing import CliRunner

from agents.interfaces.cli import app

PAGES = {path.relative_to(DOCS).as_posix(): path.read_text(encoding="utf-8") for path in DOCS.rglob("*.md")}
FAMILIES = ("zone", "catalogue", "knowledge", "eval", "llm", "weights", "threads", "feedback")


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    return generate_module()


def iad_commands() -> list[list[str]]:
    names = ("commands", "quickstart", "ask", "correct", "log")
    pages = [README, *(PAGES[f"guide/{name}.md"] for name in names)]
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
    path = ROOT / "benchmarks" / "results" / "decisions-eight.json"
    results = json.loads(path.read_text(encoding="utf-8"))
    assert results["date"] in README
    assert "eight good images a\nproduct, five draws" in README
    shown = ("screw", "magnetic_tile", "alien_toy", "crackforest", "elpv-mono")
    assert results["sets"].keys() > set(shown)
    names = (
        *("balanced_accuracy", "best_balanced_accuracy"),
        *("false_alarm_rate", "escape_rate", "review_rate_good"),
    )
    figures = []
    for name in shown:
        found = results["sets"][name]["8"]
        auroc = found["image_auroc"]
        rates = [f"{found[figure]['mean']:.3f}" for figure in names]
        texts = [f"{auroc['mean']:.3f} ± {auroc['std']:.3f}", *rates]
        figures.append([text.replace("0.", ".") for text in texts])
    rows = re.findall(r"^\| .+? \| (\.\d+ ± \.\d+)((?: \| \.\d+){5}) \|$", README, re.MULTILINE)
    assert [[auroc, *rates.strip(" |").split(" | ")] for auroc, rates in rows] == figures


def asked_rows() -> list[tuple[str, set[str], set[str]]]:
    """Each row of what may be asked: what it is about, its questions, its kinds."""
    rows = re.findall(r"^\| (.+?) \| (\".+?) \| (`.+?) \|$", PAGES["guide/ask.md"], re.MULTILINE)
    return [
        (about, set(re.findall(r"\"(.+?)\"", asked)), set(re.findall(r"`(\w+)`", kinds)))
        for about, asked, kinds in rows
    ]


@pytest.mark.parametrize(("about", "questions", "kinds"), asked_rows(), ids=[row[0] for row in asked_rows()])
def test_what_may_be_asked_is_understood(about: str, questions: set[str], kinds: set[str]) -> None:
    from agents.questions.understanding import understand

    pictured = about not in ("the log", "the tool")
    found = {one.kind for q in questions for one in understand(q, known=["crack"], pictured=pictured).intents}
    assert found == kinds


def test_what_may_be_asked_stands_first_and_is_of_all_languages() -> None:
    from agents.questions.learned.examples import LANGUAGES
    from agents.questions.understanding import understand

    page = PAGES["guide/ask.md"].splitlines()
    assert page[12].startswith("| the tool |")
    assert len(asked_rows()) == 7
    spoken = {understand(q, known=["crack"]).spoken for _, asked, _ in asked_rows() for q in asked}
    assert spoken == set(LANGUAGES)
