"""Multiple-choice questions as a person types them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from agents.answers.multiple_choice import Choice
from agents.answers.options import choice_answer, split_options
from agents.app import Application
from agents.settings import Settings
from anomaly_core.simulation.procedural import ProceduralProduct

SPLIT = [
    ("Where?\nA: Top left.\nB: Center.", "Where?", {"A": "Top left.", "B": "Center."}),
    ("Which? (A) crack (B) hole (C) stain", "Which?", {"A": "crack", "B": "hole", "C": "stain"}),
    ("Which? A) crack, B) hole", "Which?", {"A": "crack", "B": "hole"}),
    ("Is it a crack?", "Is it a crack?", {}),
    ("Plan A: is it good?", "Plan A: is it good?", {}),
    ("Is B: better than C: worse?", "Is B: better than C: worse?", {}),
    ("", "", {}),
]


@pytest.mark.parametrize(("text", "question", "options"), SPLIT)
def test_options_are_told_from_the_question(text: str, question: str, options: dict[str, str]) -> None:
    assert split_options(text) == (question, options)


def test_a_choice_is_spoken_under_the_verdict() -> None:
    choice = Choice("B", "Defect Localization", {"A": 0.0, "B": 1.0}, ("region-1",))
    options = {"A": "Top.", "B": "Center."}
    yes, no = "Yes, there is an anomaly in the image.", "No, there is no anomaly in the image."
    assert choice_answer(choice, options, yes, True) == f"{yes} The answer is option B: Center [region-1]."
    missed = choice_answer(choice, options, no, False)
    assert missed.startswith(no)
    assert "Were there" in missed
    object_choice = Choice("A", "Object Analysis", {"A": 1.0, "B": 0.0}, ("note#1",))
    assert "Were there" not in choice_answer(object_choice, options, no, False)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("options")


@pytest.fixture(scope="module")
def app(root: Path) -> Application:
    product = ProceduralProduct("metal plate", 3)
    for index in range(5):
        pixels = product.image(index, side=128).copy()
        if index == 4:
            pixels[8:34, 92:118] = (250, 30, 240)
        Image.fromarray(np.ascontiguousarray(pixels)).save(root / f"{index}.png")
    notes = "# Plate\n\n## Good\n\nA good plate is made of steel.\n\n## Stain\n\nA patch.\n"
    (root / "notes.md").write_text(notes)
    app = Application(Settings(store=root / "store", encoder="tiny", text_encoder="tiny", threads=1))
    app.enroll("plate", [root / f"{index}.png" for index in range(4)])
    app.add_knowledge([root / "notes.md"], product="plate")
    return app


def test_the_map_chooses_a_place_and_the_answer_cites_it(app: Application, root: Path) -> None:
    question = "There is a defect. Where is it?\nA: Bottom left\nB: Top right\nC: Center"
    record = app.ask(root / "4.png", question)
    assert "option B: Top right" in record.answer
    assert record.answer.startswith("Yes" if record.anomalous else "No")
    assert record.question == question


def test_a_passage_that_decides_is_in_the_evidence(app: Application, root: Path) -> None:
    good = root / "0.png"
    record = app.ask(good, "What is the object made of?\nA: steel\nB: wool")
    assert "option A: steel" in record.answer
    cited = record.answer.rsplit("[", 1)[1].split("]")[0]
    assert [one.kind for one in record.evidence if one.id == cited] == ["knowledge"]
    again = app.ask(good, "What does a good plate look like?")
    assert '"A good plate is made of steel."' in again.answer
    assert cited in again.answer
