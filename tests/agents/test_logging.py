"""Where rows of the log come from: every first sight of an image, every correction, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from plates import part
from typer.testing import CliRunner, Result

from agents.app import Application
from agents.interfaces.cli import app as command
from agents.interfaces.service import create_service
from agents.settings import Settings
from anomaly_core.errors import ConfigError, UnknownProduct
from anomaly_core.imaging.quality import measure_quality
from anomaly_core.imaging.reading import load_image
from knowledge.log.figures import Filter, corrections, rows
from knowledge.log.log import InspectionLog
from tools.log import looked_at_again
from tools.records import InspectionRecord


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logged")
    with Application(Settings(store=folder / "store", encoder="tiny", text_encoder="tiny")) as app:
        app.enroll("plate", [part(folder / f"good-{seed}.png", seed) for seed in range(4)])
    part(folder / "good.png", 20)
    part(folder / "blot.png", 9, blot=True)
    return folder


@pytest.fixture
def settings(made: Path, tmp_path: Path) -> Settings:
    return Settings(
        store=made / "store",
        encoder="tiny",
        text_encoder="tiny",
        threads=1,
        log=str(tmp_path / "log.sqlite"),
        conversations=str(tmp_path / "threads.sqlite"),
    )


def at(settings: Settings, **where: str) -> Application:
    return Application(settings.model_copy(update=where))


@pytest.fixture
def app(settings: Settings) -> Iterator[Application]:
    with at(settings, lot="A17", station="S1", operator="kim") as opened:
        yield opened


def logged(app: Application) -> list[dict[str, Any]]:
    assert app.tools.log is not None
    app.tools.log.verify()
    return app.tools.log.read(lambda held: list(rows(held, Filter(), "first")))


def test_each_inspection_is_a_row_and_the_same_image_another(app: Application, made: Path) -> None:
    images = [made / "blot.png", made / "good.png", made / "missing.png"]
    found = [*app.inspect(images, product="plate"), app.inspect_one(images[0], product="plate")]
    assert [row["name"] for row in logged(app)] == ["blot.png", "good.png", "blot.png"]
    first, record = logged(app)[0], found[0]
    assert isinstance(record, InspectionRecord)
    assert record.warnings == []
    keys = ("sha256", "decision", "p_value", "alpha", "review")
    assert {key: first[key] for key in keys} == {key: getattr(record, key) for key in keys}
    assert [first[key] for key in ("product", "lot", "station", "operator")] == ["plate", "A17", "S1", "kim"]
    assert first["path"] == str(made / "blot.png")
    assert [one["area_px"] for one in first["regions"]] == [one.area_px for one in record.regions]
    assert [one["status"] for one in first["types"]] == ["unknown"]
    measured = measure_quality(load_image(made / "blot.png").pixels)
    assert first["sharpness"] == pytest.approx(measured.sharpness, abs=1e-3)
    assert first["level"] == pytest.approx(measured.level, abs=1e-2)
    assert first["noise"] > 0


def test_a_question_logs_the_first_sight_of_an_image_alone(app: Application, made: Path) -> None:
    for question in ("Is it ok?", "Where is it?"):
        app.ask(made / "blot.png", question, product="plate", thread="T")
    assert [row["name"] for row in logged(app)] == ["blot.png"]
    app.ask(made / "good.png", "Is it ok?", product="plate", thread="T")
    app.ask(made / "blot.png", "Is it ok?", product="plate", thread="another")
    assert [row["name"] for row in logged(app)] == ["blot.png", "good.png"]


def test_a_part_that_was_inspected_is_not_counted_again_by_a_question_or_a_report(
    app: Application, made: Path
) -> None:
    app.inspect_one(made / "blot.png", product="plate")
    app.ask(made / "blot.png", "Is it ok?", product="plate")
    with looked_at_again():
        list(app.inspect([made / "blot.png", made / "good.png"], product="plate"))
    assert [row["name"] for row in logged(app)] == ["blot.png", "good.png"]
    # At other rates it is another decision, which the log does not hold yet.
    app.tools.rates = (1e-9, 0.9)
    app.ask(made / "blot.png", "Is it ok?", product="plate")
    assert [row["decision"] for row in logged(app)] == ["fail", "pass", "review"]


def test_an_image_keeps_its_lot_station_and_operator_until_another_lot_is_named(
    settings: Settings, made: Path
) -> None:
    def again(**where: str) -> tuple[str | None, ...]:
        with at(settings, **where) as opened:
            opened.inspect_one(made / "blot.png", product="plate")
            return tuple(logged(opened)[-1][key] for key in ("lot", "station", "operator"))

    def corrected_by(**where: str) -> str | None:
        with at(settings, **where) as opened:
            outcome = opened.correct(made / "blot.png", "anomalous", product="plate", learn=False)
            assert opened.tools.log is not None
            said = opened.tools.log.read(lambda held: corrections(held, Filter(lot="A17")))
            opened.undo_correction(outcome.correction.id)
        operator: str | None = said[0]["operator"]
        return operator

    def told(question: str) -> str:
        with at(settings) as opened:
            return opened.ask_without_image(question).answer

    assert again(lot="A17", station="S1", operator="kim") == ("A17", "S1", "kim")
    assert again() == ("A17", "S1", "kim")
    assert again(operator="ola") == ("A17", "S1", "ola")
    # A correction is of the image's lot, but not by its inspector.
    assert [corrected_by(operator="lee"), corrected_by()] == ["lee", None]
    assert told("How many failed in lot A17?").startswith("1 of 1 ")
    assert again(lot="B2") == ("B2", None, None)
    assert again() == ("B2", None, None)
    assert "No part was inspected" in told("How many failed in lot A17?")
    assert told("How many failed in lot B2?").startswith("1 of 1 ")


def test_a_part_to_be_reviewed_is_neither_good_nor_without_a_place(app: Application, made: Path) -> None:
    app.tools.rates = (1e-9, 0.9)
    asked = app.ask(made / "blot.png", "Where is the defect?", product="plate", thread="T")
    assert asked.decision == "review"
    assert asked.answer.startswith("To be reviewed. The image isn't comparable with the good ones")
    told = app.ask(
        made / "blot.png", "Which of our images so far were bad?", product="plate", thread="T"
    ).answer
    assert 'To be reviewed: "blot.png" [thread].' in told
    assert "Good:" not in told


def test_a_step_repeated_after_a_kill_logs_once(
    app: Application, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = InspectionLog.append

    def killed(self: InspectionLog, entries: Any) -> list[int]:
        append(self, entries)
        raise KeyboardInterrupt

    monkeypatch.setattr(InspectionLog, "append", killed)
    with pytest.raises(KeyboardInterrupt):
        app.ask(made / "blot.png", "Is it ok?", product="plate", thread="T")
    monkeypatch.undo()
    assert app.ask(made / "blot.png", "Is it ok?", product="plate", thread="T").anomalous
    assert len(logged(app)) == 1


def test_an_upload_is_logged_by_its_name(app: Application, made: Path) -> None:
    client = TestClient(create_service(app), base_url="http://127.0.0.1")
    data = (made / "blot.png").read_bytes()
    assert client.post("/api/v1/inspect?name=line-3/part.png&product=plate", content=data).status_code == 200
    assert client.post("/api/v1/ask?name=b.png&product=plate&question=ok%3F", content=data).status_code == 200
    assert [(row["name"], row["path"]) for row in logged(app)] == [("part.png", "")]


def test_corrections_and_their_undoing_are_rows(app: Application, made: Path) -> None:
    app.inspect_one(made / "blot.png", product="plate")
    outcome = app.correct(made / "blot.png", "good", product="plate", learn=False, note="a reflection")
    assert outcome.warnings == []
    assert app.tools.log is not None
    (row,) = app.tools.log.read(lambda held: corrections(held, Filter()))
    assert (row["name"], row["verdict"], row["note"], row["operator"]) == (
        "blot.png", "good", "a reflection", "kim"
    )  # fmt: skip
    asked = app.ask(made / "blot.png", "Was this verdict corrected?", product="plate")
    assert asked.affirmed is True
    assert asked.answer.startswith('Yes. "blot.png" was judged good by a person')
    for question, first in (
        ("How many were corrected?", "One verdict was corrected in the log [log]."),
        ("Combien de pièces ont été corrigées ?", "Un verdict a été corrigé"),
    ):
        assert app.ask_without_image(question).answer.startswith(first)
    app.undo_correction(outcome.correction.id)
    assert app.tools.log.read(lambda held: corrections(held, Filter())) == []
    assert app.tools.log.verify().rows == 3
    asked = app.ask(made / "blot.png", "Was this verdict corrected?", product="plate")
    assert asked.affirmed is False


def test_questions_with_an_image_are_of_the_log_or_of_the_thread(app: Application, made: Path) -> None:
    for name in ("blot.png", "good.png", "blot.png"):
        app.inspect_one(made / name, product="plate")
    whole = app.ask(made / "good.png", "How many parts failed today?", product="plate", thread="T")
    assert whole.answer.startswith("1 of 2 inspected parts failed today [log].")
    assert "3 inspections" in whole.answer
    app.ask(made / "blot.png", "Is it ok?", product="plate", thread="T")
    own = app.ask(made / "good.png", "Which of the two parts were bad?", product="plate", thread="T")
    assert 'Defective: "blot.png" [thread].' in own.answer


def test_a_log_that_cannot_be_written_costs_no_verdict(app: Application, made: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings = app.settings.model_copy(update={"log": str(tmp_path / "file" / "log.sqlite")})
    with Application(settings) as other:
        record = other.inspect_one(made / "blot.png", product="plate")
        assert record.anomalous
        (warning,) = record.warnings
        assert warning.startswith("blot.png is not in the log: ")
        assert "IAD_LOG" in warning
        assert other.ask(made / "blot.png", "Is it ok?", product="plate").warnings == [warning]
        outcome = other.correct(made / "blot.png", "good", product="plate", learn=False)
        assert len(outcome.warnings) == 1
        assert outcome.correction in other.corrections()
        other.undo_correction(outcome.correction.id)


def test_no_log_is_kept_where_none_is_wanted(app: Application, made: Path) -> None:
    with Application(app.settings.model_copy(update={"log": "none"})) as other:
        assert other.inspect_one(made / "good.png", product="plate").warnings == []
        with pytest.raises(ConfigError, match="IAD_LOG"):
            other.ask_without_image("How many parts failed today?")
    assert not Path(str(app.settings.log)).exists()


@pytest.fixture
def iad(app: Application, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("store", "encoder", "text_encoder", "log", "conversations"):
        monkeypatch.setenv(f"IAD_{name}".upper(), str(getattr(app.settings, name)))

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(command, [str(one) for one in arguments], env={"COLUMNS": "200"})

    return run


def test_the_commands(iad: Any, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inspected = iad(
        "inspect", made / "good.png", made / "blot.png", "-p", "plate", "--lot", "L-9", "--operator", "li"
    )
    assert inspected.exit_code == 0, inspected.output
    shown = iad("log", "--since", "today")
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.index("blot.png") < shown.stdout.index("good.png")
    assert "2 parts: 1 pass, 0 review, 1 fail; yield 50.0%" in shown.stdout
    lines = [json.loads(line) for line in iad("log", "--json", "--worst", "--lot", "L-9").stdout.splitlines()]
    assert [(one["name"], one["decision"], one["operator"]) for one in lines] == [
        ("blot.png", "fail", "li"), ("good.png", "pass", "li")
    ]  # fmt: skip
    assert iad("log", "--json", "--decision", "fail", "--until", "yesterday").stdout == ""
    summary = json.loads(iad("log", "--summary", "--json", "--product", "plate").stdout)
    assert {key: summary[key] for key in ("count", "pass", "review", "fail", "yield")} == {
        "count": 2, "pass": 1, "review": 0, "fail": 1, "yield": 0.5
    }  # fmt: skip
    assert summary["defect_types"] == [{"name": "unknown defect", "count": 1}]
    assert [day["count"] for day in summary["days"]] == [2]
    assert "cumulative" in iad("log", "--summary").stdout
    assert "2 rows, none changed" in iad("log", "--verify").stdout
    assert json.loads(iad("log", "--verify", "--json").stdout)["rows"] == 2
    wrong = iad("log", "--since", "whenever")
    assert wrong.exit_code == 1
    assert "since: whenever: give a date" in wrong.output
    asked = iad("ask", "Wie viele Teile sind heute durchgefallen?")
    assert asked.stdout.startswith("1 von 2 geprüften Teilen sind heute durchgefallen [log].")
    reply = json.loads(iad("ask", "Which parts failed today?", "--json").stdout)
    assert reply["answer"].startswith('"blot.png" [log].')
    assert [one["kind"] for one in reply["understood"]] == ["history"]
    (tmp_path / "file").touch()
    monkeypatch.setenv("IAD_LOG", str(tmp_path / "file" / "log.sqlite"))
    kept = iad("inspect", made / "blot.png", "-p", "plate")
    assert kept.exit_code == 0
    assert kept.stdout.startswith("fail")
    assert "warning: blot.png is not in the log: " in kept.stderr


def test_an_image_that_looks_like_no_product_is_of_the_one_that_it_was_inspected_as(
    app: Application, tmp_path: Path
) -> None:
    path = tmp_path / "odd.png"
    stripes = np.zeros((160, 200, 3), np.uint8)
    stripes[::2] = (255, 0, 255)
    Image.fromarray(stripes).save(path)
    with pytest.raises(UnknownProduct):
        app.ask(path, "is it ok?")
    assert isinstance(app.inspect_one(path, product="plate"), InspectionRecord)
    assert app.ask(path, "is it ok?").product.name == "plate"
