"""The command line's own promises: exit statuses, JSON alone on stdout, one line an error, a quick --help.

What the commands do is tested with the real application in test_cli_end_to_end.py; here a stand-in answers at
once, and can be told to fail.
"""

from __future__ import annotations

import io
import json
import math
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from agents.interfaces.cli import app
from agents.interfaces.cli.evaluation import parse_seeds
from agents.interfaces.cli.output import ProgressLines, plain, progress
from agents.settings import Settings
from anomaly_core.errors import IadError, StoreMissing
from tools.records import ErrorRecord, FailureRecord, InspectionRecord

ROOT = Path(__file__).parents[2]
COMMANDS = [
    *("demo", "enroll", "products", "inspect", "ask", "chat", "report", "doctor", "simulate", "train"),
    *("knowledge add", "knowledge search", "eval detection", "weights list", "weights pull"),
]


class StandIn:
    """Answers with what a test laid ready; `made` are the settings of each one opened."""

    answers: ClassVar[dict[str, InspectionRecord | FailureRecord | BaseException]] = {}
    made: ClassVar[list[Settings]] = []
    closed: ClassVar[int] = 0

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        type(self).made.append(settings)

    def inspect(
        self, paths: Iterable[Path], *, product: str | None = None, out: Path | None = None, by: object = None
    ) -> Iterator[InspectionRecord | FailureRecord]:
        for path in paths:
            answer = self.answers[path.name]
            if isinstance(answer, BaseException):
                raise answer
            yield answer

    def __enter__(self) -> StandIn:
        return self

    def __exit__(self, *_: object) -> None:
        type(self).closed += 1


@pytest.fixture
def parts(tmp_path: Path, make_record, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a good, an anomalous and a broken image, and a stand-in that knows them."""
    folder = tmp_path / "parts"
    folder.mkdir()
    for name in ("bad.png", "good.png", "torn.png", "[red]odd\x1b[2J.png"):
        Image.fromarray(np.zeros((32, 32, 3), np.uint8)).save(folder / name, format="PNG")
    odd = "[red]odd\x1b[2J.png"
    monkeypatch.setattr(
        StandIn,
        "answers",
        {
            "bad.png": make_record("bad.png"),
            "good.png": make_record("good.png", anomalous=False),
            "torn.png": FailureRecord(
                image="torn.png", error=ErrorRecord(kind="UnreadableImage", message="torn.png: truncated")
            ),
            odd: make_record("odd.png").model_copy(update={"image": odd}),
        },
    )
    monkeypatch.setattr(StandIn, "made", [])
    monkeypatch.setattr(StandIn, "closed", 0)
    module = ModuleType("agents.app")
    module.Application = StandIn  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "agents.app", module)
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "CURRENT").touch()
    monkeypatch.setenv("IAD_STORE", str(tmp_path / "store"))
    monkeypatch.chdir(tmp_path)
    return folder


def iad(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.mark.parametrize(
    ("names", "options", "status"),
    [
        (["good.png"], [], 0),
        (["bad.png"], [], 0),
        (["good.png"], ["--fail-on-anomaly"], 0),
        (["bad.png"], ["--fail-on-anomaly"], 3),
        (["torn.png"], [], 1),
        (["bad.png", "torn.png"], ["--fail-on-anomaly"], 1),
    ],
)
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_exit_status(parts: Path, names: list[str], options: list[str], status: int, form: list[str]) -> None:
    result = iad("inspect", *(parts / name for name in names), *options, *form)
    assert result.exit_code == status, result.output
    assert StandIn.closed == 1


def test_json_stands_alone_on_stdout(parts: Path) -> None:
    result = iad("inspect", parts / "bad.png", parts / "good.png", parts / "torn.png", "--json")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row.get("anomalous") for row in rows] == [True, False, None]
    assert InspectionRecord.model_validate(rows[0]) == StandIn.answers["bad.png"]
    assert rows[2] == {
        "image": "torn.png",
        "error": {"kind": "UnreadableImage", "message": "torn.png: truncated"},
    }


def test_files_of_a_folder_that_cannot_be_read_are_named(parts: Path) -> None:
    for name in ("one.heic", "two.HEIC", "notes.txt"):
        (parts / name).touch()
    result = iad("inspect", parts, "--json")
    assert len(result.stdout.splitlines()) == 4
    warnings = [line for line in result.stderr.splitlines() if line.startswith("warning: ")]
    assert len(warnings) == 1
    assert warnings[0].startswith("warning: not read: 2 x .heic: ")


def test_human_lines_name_what_was_found(parts: Path) -> None:
    result = iad("inspect", parts / "bad.png", parts / "good.png", parts / "torn.png")
    first, second, last = result.stdout.splitlines()
    for word in ("fail", "bracket", "p=0.01", "left", "scratch", "bad.png"):
        assert word in first
    assert second.startswith("pass")
    assert last == "3 images: 1 pass, 0 review, 1 fail, 1 error"
    assert result.stderr == "error: UnreadableImage: torn.png: truncated\n"


def test_hostile_names_are_shown_not_obeyed(parts: Path) -> None:
    result = iad("inspect", parts / "[red]odd\x1b[2J.png")
    assert "[red]odd\\x1b[2J.png" in result.stdout
    assert "\x1b" not in result.stdout
    assert plain("a\u202eb\n\udc80c") == "a\\u202eb\\n\\udc80c"
    assert plain("Größe 长 ✓") == "Größe 长 ✓"


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_an_error_is_one_line_and_no_traceback(parts: Path, form: list[str]) -> None:
    StandIn.answers["good.png"] = StoreMissing("no store\nat all: make one")
    result = iad("inspect", parts / "good.png", *form)
    assert result.exit_code == 1
    assert result.stderr == "error: StoreMissing: no store at all: make one\n"
    expected = {"error": {"kind": "StoreMissing", "message": "no store\nat all: make one"}}
    assert [json.loads(line) for line in result.stdout.splitlines()] == ([expected] if form else [])
    assert StandIn.closed == 1


def test_a_bug_is_not_hidden(parts: Path) -> None:
    StandIn.answers["good.png"] = ZeroDivisionError("ours")
    result = iad("inspect", parts / "good.png")
    assert isinstance(result.exception, ZeroDivisionError)


def test_interrupted_is_130(parts: Path) -> None:
    StandIn.answers["good.png"] = KeyboardInterrupt()
    result = iad("inspect", parts / "good.png")
    assert result.exit_code == 130
    assert "Traceback" not in result.output
    assert StandIn.closed == 1


def test_progress_without_a_terminal_is_lines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.monotonic", lambda: 0.0)
    lines = ProgressLines(30.0)
    for seconds, done in ((0, 40), (10, 45), (31, 102), (32, 103), (70, 103), (72, 122)):
        monkeypatch.setattr("time.monotonic", lambda now=seconds: float(now))
        lines("inspect", done, 1000)
    assert capsys.readouterr().err.splitlines() == [
        "iad: inspect: 102 of 1000, 2 a second, 0:07:29 left",
        "iad: inspect: 103 of 1000, 0.0256 a second, 9:43:03 left",
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ["inspect"],
        ["inspect", "x.png", "--no-such-option"],
        ["no-such-command"],
        ["ask", "x.png"],
        ["report", "x.png"],
        ["report", "--out", "r.html"],
        ["report", "x.png", "--log", "--out", "r.html"],
        ["report", "x.png", "--since", "monday", "--out", "r.html"],
        ["report", "--log", "--alpha", "0.01", "--out", "r.html"],
        ["report", "verify"],
        ["report", "verify", "r.json", "--out", "r.html"],
        ["eval", "detection", "nowhere", "--category", "c"],
        ["inspect", "x.png", "--alpha", "much"],
    ],
)
def test_wrong_usage_is_2(parts: Path, arguments: list[str]) -> None:
    assert iad(*arguments).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (["inspect", "nowhere/*.png"], "NoImages"),
        (["inspect", "parts", "--alpha", "0"], "ConfigError"),
        (["report", "parts", "--out", "r.docx"], "ConfigError"),
        (["inspect", "parts", "--out", "parts/good.png"], "ConfigError"),
        (["weights", "pull", "no-such-weights"], "WeightsMissing"),
    ],
)
def test_errors_with_a_mend_are_1(parts: Path, arguments: list[str], kind: str) -> None:
    result = iad(*arguments)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"error: {kind}: ")
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_options_reach_the_settings(parts: Path) -> None:
    Path("store").rename("mine")
    iad("inspect", parts / "good.png", "--store", "mine", "--alpha", "0.01")
    assert StandIn.made[0].store == Path("mine")
    assert StandIn.made[0].alpha == 0.01


def test_every_command_has_help() -> None:
    for command in COMMANDS:
        result = iad(*command.split(), "--help")
        assert result.exit_code == 0, command
        assert "Usage" in result.stdout


def test_help_loads_no_model_library_and_is_quick() -> None:
    """In seconds of processor time, of the quickest of five, so that a busy machine does not decide."""
    code = (
        "import sys, time; sys.argv = ['iad', '--help']\n"
        "from agents.interfaces.cli import app as main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'transformers', 'faiss', 'cv2', 'langgraph', 'langchain_core', 'scipy'}\n"
        "print(time.process_time(), *(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    quickest = math.inf
    for _ in range(5):
        run = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
        )
        seconds, *loaded = run.stderr.split()
        assert loaded == []
        quickest = min(quickest, float(seconds))
    assert quickest < 0.5


def test_a_closed_pipe_ends_quietly() -> None:
    """As in `iad weights list --json | head -0`."""
    read, write = os.pipe()
    os.close(read)
    run = subprocess.run(
        [sys.executable, "-m", "agents", "weights", "list", "--json"],
        cwd=ROOT,
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(write)
    assert run.returncode == 1
    assert run.stderr == ""


def test_progress_is_silent_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    errors = io.StringIO()
    monkeypatch.setattr(sys, "stderr", errors)
    with progress() as bar:
        bar("work", 1, 2)
    assert errors.getvalue() == ""


def test_progress_leaves_stdout_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    errors, output = Terminal(), io.StringIO()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", errors)
    monkeypatch.setattr(sys, "stdout", output)
    with progress() as bar:
        bar("work", 1, 2)
        print("kept")
    assert output.getvalue() == "kept\n"
    assert "work" in errors.getvalue()


def test_seeds() -> None:
    assert parse_seeds("3") == [0, 1, 2]
    assert parse_seeds("4,9") == [4, 9]
    assert parse_seeds("4,") == [4]
    for wrong in ("", "0", "-1", "a", "1,-2", ","):
        assert iad("eval", "detection", ".", "--category", "c", "--seeds", wrong).exit_code == 2


def test_every_error_has_a_kind_that_is_its_name() -> None:
    classes = [IadError]
    for one in classes:
        classes += one.__subclasses__()
    assert all(one("x").kind == one.__name__ for one in classes)
