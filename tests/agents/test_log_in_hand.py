"""Questions beside an image of what the log holds of that part, and of the other parts of its lot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from logged import entry
from plates import part

from agents.app import Application
from agents.questions.understanding import understand
from agents.settings import Settings
from knowledge.log.entry import Region

INSPECTIONS = [
    "Has this part been inspected before?",
    "Was this one checked earlier?",
    "Who found it?",
    "Who inspected it, and when?",
    "when was it inspected?",
    "Which lot is it from?",
    "How many times was it inspected?",
    "Wurde das Teil schon mal geprüft?",
    "Wer hat es geprüft?",
    "Questo pezzo è già stato controllato?",
    "Chi l'ha controllato?",
    "¿Ya se inspeccionó esta pieza antes?",
    "¿Quién la revisó?",
    "Cette pièce a-t-elle déjà été contrôlée ?",
    "Qui l'a contrôlée ?",
    "Esta peça já foi inspecionada antes?",
    "Quem inspecionou esta peça?",
    "这个零件以前检验过吗？",
    "这个零件是谁检验的？",
    "この部品は以前に検査されましたか",
    "この部品は誰が検査しましたか",
    "이 부품은 전에 검사했나요?",
    "누가 검사했어요?",
]


@pytest.mark.parametrize("question", INSPECTIONS)
def test_the_inspections_of_the_image_in_hand(question: str) -> None:
    log = understand(question, pictured=True, current=1).first.log
    assert log is not None
    assert (log.figure, log.of_image) == ("inspections", True)


LOT = [
    "Which other parts of this lot have the same defect?",
    "Welche Teile aus dem Los haben das auch?",
    "Quali altri pezzi dello stesso lotto hanno questo difetto?",
    "¿Qué otras piezas del lote tienen lo mismo?",
    "Quelles autres pièces du lot ont le même défaut ?",
    "Quais outras peças do lote têm o mesmo defeito?",
    "这个批次里还有哪些零件有同样的缺陷？",
    "同じロットで同じ欠陥がある部品はどれですか",
    "같은 로트에서 어떤 부품에 같은 결함이 있어요?",
]


@pytest.mark.parametrize("question", LOT)
def test_the_lot_of_the_image_in_hand(question: str) -> None:
    log = understand(question, pictured=True, current=1).first.log
    assert log is not None
    assert (log.figure, log.decision) == ("list", "fail")
    assert log.of_its_lot
    assert log.alike


@pytest.mark.parametrize(
    "question",
    [
        "Who is responsible for rust?",
        "Who inspected most parts today?",
        "When was the last reject?",
        "Whom do I have to inform?",
        "Which lot had most rejects?",
        "Who inspected lot A17?",
        "Have we seen this defect before?",
        "Is there a lot of dirt on it?",
        "Was muss vorher geprüft werden?",
        "Qui dois-je prévenir ?",
        "谁负责这个缺陷？",
    ],
)
def test_other_questions_are_not_of_the_image_alone(question: str) -> None:
    log = understand(question, pictured=True, current=1).first.log
    assert log is None or not (log.of_image or log.of_its_lot)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    folder = tmp_path_factory.mktemp("in-hand")
    settings = Settings(
        store=folder / "store", encoder="tiny", text_encoder="tiny", threads=1, lot="A17", station="S1",
        operator="kim", log=str(folder / "log.sqlite"), conversations=str(folder / "threads.sqlite"),
    )  # fmt: skip
    with Application(settings) as opened:
        opened.enroll("plate", [part(folder / f"good-{seed}.png", seed) for seed in range(4)])
        opened.inspect_one(part(folder / "blot.png", 9, blot=True), product="plate")
        assert opened.tools.log is not None
        held = {"product": "plate", "lot": "A17", "operator": "lee", "station": "S1"}
        cells = ("top left", "center")
        opened.tools.log.append(
            replace(entry(number, "fail", **held), regions=(Region(cell, (0, 0, 9, 9), 81),))
            for number, cell in enumerate(cells, 1)
        )
        opened.tools.log.append([entry(5, "pass", **held), entry(6, "fail", **{**held, "lot": "A18"})])
        yield opened


def test_a_part_that_was_not_inspected_before(app: Application) -> None:
    blot = Path(app.settings.store).parent / "blot.png"
    before = app.ask(blot, "Has this part been inspected before?")
    assert before.answer.startswith("No. This image was not inspected before "), before.answer
    assert before.affirmed is False
    who = app.ask(blot, "Who inspected it?").answer
    assert who.startswith("kim. It was inspected by kim [log]."), who
    others = app.ask(blot, "Which other parts of this lot have the same defect?").answer
    assert 'Other parts of its lot A17 that failed: "part-2.png", "part-1.png" [log].' in others, others
    assert others.startswith("The type of its defect is not known")
    assert "in the same place" in others


def test_a_part_that_was_inspected_twice(app: Application) -> None:
    image = part(Path(app.settings.store).parent / "again.png", 11, blot=True)
    app.inspect_one(image, product="plate")
    app.inspect_one(image, product="plate")
    twice = app.ask(image, "Has it been inspected before?")
    assert twice.affirmed is True
    assert twice.answer.startswith("Yes. This image was inspected 2 times"), twice.answer
    assert "Earlier: " in app.ask(image, "When was it inspected?").answer
