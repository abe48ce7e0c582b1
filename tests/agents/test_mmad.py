"""MMAD's questions, on a small file of drawn products; and its two ways of counting."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner

from agents.chat_models.scripted import ScriptedChatModel
from agents.evaluation.mmad import Answered, evaluate_questions, parse_letter, score, shuffled
from agents.interfaces.cli import app as command
from agents.settings import Settings
from anomaly_core.errors import ConfigError
from anomaly_core.evaluation.datasets import Question, read_mmad
from anomaly_core.simulation.procedural import ProceduralProduct

pytestmark = pytest.mark.slow

KINDS = {"metal plate": "metal_plate", "grid": "grid"}


def ask(type_: str, question: str, options: dict[str, str], answer: str) -> dict[str, Any]:
    return {"Question": question, "Options": options, "Answer": answer, "type": type_, "annotation": True}


def conversation(category: str, place: str | None) -> list[dict[str, Any]]:
    names = {"A": "Screw.", "B": "Grid.", "C": "Metal plate."}
    whether, made_of = {"A": "Yes.", "B": "No."}, {"A": "Sheet metal.", "B": "Bread."}
    kind = "B" if category == "grid" else "C"
    asked = [
        ask("Anomaly Detection", "Is there any defect in the object?", whether, "A" if place else "B"),
        ask("Object Classification", "What kind of product is it?", names, kind),
        ask("Object Details", "What is the material of the object?", made_of, "A"),
    ]
    if place:
        where = {"A": "Top left.", "B": "Bottom right.", "C": "Center."}
        right = next(letter for letter, text in where.items() if text == place)
        asked.append(ask("Defect Localization", "There is a defect. Where is the defect?", where, right))
    return asked


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("mmad")
    entries: dict[str, Any] = {}
    for kind, category in KINDS.items():
        product = ProceduralProduct(kind, 3)
        templates = []
        for index in range(4):
            templates.append(f"Drawn/{category}/train/good/{index}.png")
            write(root / templates[-1], product, index, None)
        for index, place in ((10, None), (11, "Top left."), (12, "Bottom right."), (13, None)):
            label = "good" if place is None else "blot"
            key = f"Drawn/{category}/image/{label}/{index}.png"
            write(root / key, product, index, place)
            entries[key] = {
                "image_path": f"image/{label}/{index}.png",
                "conversation": conversation(category, place),
                "mask_path": "",
                "similar_templates": templates[:2],
                "random_templates": templates[2:],
            }
    notes = {
        category: {"good": "Made of sheet metal.", "blot": "A bright square."} for category in KINDS.values()
    }
    (root / "notes.json").write_text(json.dumps(notes))
    (root / "mmad.json").write_text(json.dumps(entries))
    return root / "mmad.json"


def write(path: Path, product: ProceduralProduct, index: int, place: str | None) -> None:
    pixels = product.image(index, side=128).copy()
    if place is not None:
        at = 8 if place == "Top left." else 98
        pixels[at : at + 22, at : at + 22] = (250, 30, 240)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


SETTINGS = {"encoder": "tiny", "text_encoder": "tiny", "threads": 1}


def evaluated(table: Path, folder: Path, model: ScriptedChatModel | None = None) -> dict[str, Any]:
    settings = Settings(store=folder / "store", **SETTINGS)  # type: ignore[arg-type]
    notes = [table.parent / "notes.json"]
    return evaluate_questions(settings, table, table.parent, shots=4, notes=notes, chat_model=model)


@pytest.fixture(scope="module")
def result(table: Path) -> dict[str, Any]:
    return evaluated(table, table.parent)


def test_questions_are_answered_and_scored_twice(table: Path, result: dict[str, Any]) -> None:
    assert (result["questions"], result["images"]) == (28, 8)
    for protocol in ("original", "strict"):
        part = result[protocol]
        assert part["answered"] == 28
        assert set(part["tasks"]) == {
            "Anomaly Detection", "Object Classification", "Object Analysis", "Defect Localization",
        }  # fmt: skip
        assert 0 <= part["average"] <= 1
    assert result["original"]["invalid"] == 0
    tasks = result["original"]["tasks"]
    assert tasks["Object Classification"] == 1.0
    assert tasks["Object Analysis"] == 1.0
    assert tasks["Defect Localization"] == 1.0
    assert tasks["Anomaly Detection"] >= 0.75
    again = evaluated(table, table.parent)
    assert {**again, "ms_per_question": 0} == {**result, "ms_per_question": 0}
    assert not (table.parent / "store").exists()


def test_a_chat_model_answers_what_code_does_not_decide(table: Path, result: dict[str, Any]) -> None:
    # It says A to everything; an answer to a detection or a place is not asked of it.
    model = ScriptedChatModel(["A"] * 60)
    asked = evaluated(table, table.parent, model)["original"]["tasks"]
    for task in ("Anomaly Detection", "Defect Localization"):
        assert asked[task] == result["original"]["tasks"][task]
    assert asked["Object Classification"] == 0.0
    assert asked["Object Analysis"] == 1.0
    assert "Is there any defect" not in str(model.calls)


def test_the_command_prints_both_scores(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IAD_TEXT_ENCODER", "tiny")
    arguments = ["eval", "questions", str(table), "--root", str(table.parent), "--encoder", "tiny", "--json"]
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 0, result.output
    printed = json.loads(result.stdout)
    assert {"original", "strict"} <= set(printed)
    assert printed["encoder"] == "tiny"


def answers(*rows: tuple[str, bool, str | None, bool]) -> list[Answered]:
    return [Answered("D", task, normal, letter, right) for task, normal, letter, right in rows]


def test_scores_count_as_their_names_say() -> None:
    given = answers(
        ("Anomaly Detection", True, "B", True),
        ("Anomaly Detection", False, "A", True),
        ("Anomaly Detection", False, "B", False),
        ("Anomaly Detection", False, "B", False),
        ("Defect Analysis", False, None, False),
        ("Defect Analysis", False, "C", True),
    )
    original, strict = score(given, "original"), score(given, "strict")
    assert original["tasks"]["Anomaly Detection"] == pytest.approx((1 + 1 / 3) / 2)
    assert original["tasks"]["Defect Analysis"] == 1.0
    assert strict["tasks"]["Defect Analysis"] == 0.5
    assert strict["invalid"] == original["invalid"] == 1
    assert original["average"] == pytest.approx((1 + (1 + 1 / 3) / 2) / 2)


@pytest.mark.parametrize(
    ("reply", "letter"),
    [
        ("B", "B"),
        ("The answer is A, no, C.", "C"),
        ("(B) because A dog", "A"),
        ("E", None),
        ("it is the green one", "C"),
        ("", None),
    ],
)
def test_letters_are_read_as_the_benchmark_reads_them(reply: str, letter: str | None) -> None:
    assert parse_letter(reply, {"A": "red", "B": "blue", "C": "the green one"}) == letter


def test_shuffling_moves_the_texts_and_the_right_letter_with_them() -> None:
    question = Question("t", "?", {"A": "one", "B": "two", "C": "three"}, "B")
    seen = set()
    for seed in range(20):
        moved = shuffled(question, random.Random(seed))
        assert sorted(moved.options.values()) == ["one", "three", "two"]
        assert moved.options[moved.answer] == "two"
        seen.add(moved.answer)
    assert seen == {"A", "B", "C"}


def test_templates_that_are_not_there_are_named(table: Path, tmp_path: Path) -> None:
    settings = Settings(store=tmp_path / "store", **SETTINGS)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="--root"):
        evaluate_questions(settings, table, tmp_path)
    (tmp_path / "mmad.json").write_text("[]")
    with pytest.raises(ConfigError, match="MMAD"):
        read_mmad(tmp_path / "mmad.json", tmp_path)
