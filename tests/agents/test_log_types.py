"""Questions of the log that name a type of defect, or a product, in other words than it is logged in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from logged import context, entry

from agents.answers.without_image import answer_without_image
from agents.questions.slots.types import called_type
from agents.questions.understanding import understand
from knowledge.log.entry import NamedType
from tools.context import Context

TYPES = ["Cut head", "Missing hand", "unknown defect"]


@pytest.fixture
def typed(tmp_path: Path) -> Iterator[Context]:
    """Of 6 toys 2 have a cut head, 1 no hand and 1 an unknown defect; of 4 solar cells 3 cracks."""
    made = context(tmp_path / "log.sqlite")
    assert made.log is not None
    toys = ["Cut head", "Cut head", "Missing hand", "unknown defect", None, None]
    rows = [("toy", name) for name in toys] + [("solar-cell", "crack")] * 3 + [("solar-cell", None)]
    made.log.append(
        entry(
            number,
            "pass" if name is None else "fail",
            product=product,
            types=() if name is None else (NamedType(name, "likely", 0.7),),
            p_value=0.001 if product == "toy" else 0.02,
        )
        for number, (product, name) in enumerate(rows)
    )
    yield made
    made.log.close()


CUT = [
    "How many parts were rejected for a severed head?",
    "Wie viele Teile mit abgeschnittenem Kopf?",
    "Quanti pezzi scartati per testa tagliata?",
    "¿Cuántas piezas fallaron por cabeza cortada?",
    "Combien de pièces rebutées pour tête coupée ?",
    "quantas peças reprovadas por cabeça cortada?",
    "头部被切的有几个？",
    "頭が切れた部品はいくつ？",
    "머리가 잘린 부품은 몇 개야?",
]
UNKNOWN = [
    "how many unknown defects do we have?",
    "Wie viele unbekannte Fehler haben wir?",
    "quanti difetti sconosciuti abbiamo?",
    "¿cuántos defectos desconocidos tenemos?",
    "combien de défauts inconnus avons-nous ?",
    "quantos defeitos desconhecidos temos?",
    "未知缺陷有多少个？",
    "不明な欠陥はいくつありましたか？",
    "알 수 없는 결함이 몇 개야?",
]
CELLS = [
    "how many cells failed?",
    "Wie viele Zellen sind durchgefallen?",
    "quante celle sono state scartate?",
    "¿cuántas celdas fallaron?",
    "combien de cellules ont été rejetées ?",
    "quantas células falharam?",
    "电池片有几个不合格？",
    "セルの不良はいくつ？",
    "셀 불량이 몇 개야?",
]


@pytest.mark.parametrize("question", CUT)
def test_a_type_is_counted_by_its_name_in_any_language(typed: Context, question: str) -> None:
    reply = answer_without_image(typed, question)
    assert reply.understood[0].kind == "history"
    assert "type Cut head" in reply.evidence[0].text, reply.answer
    assert "20.0%" in reply.answer


@pytest.mark.parametrize("question", UNKNOWN)
def test_unknown_defects_are_counted(typed: Context, question: str) -> None:
    reply = answer_without_image(typed, question)
    assert "type unknown defect" in reply.evidence[0].text, reply.answer
    assert "10.0%" in reply.answer


@pytest.mark.parametrize("question", CELLS)
def test_a_product_is_named_by_its_noun(typed: Context, question: str) -> None:
    assert "product solar-cell" in answer_without_image(typed, question).evidence[0].text


def test_a_share_of_a_type_and_the_worst_of_a_product(typed: Context) -> None:
    share = answer_without_image(typed, "What share of the cells failed because of cracks?").answer
    assert share.startswith("3 of 4 inspected parts had crack in the log, 75.0% [log]."), share
    worst = answer_without_image(typed, "show me the 3 worst cells").answer
    assert worst.startswith('The 3 worst in the log: "part-9.png" (p = 0.02), '), worst
    assert "product solar-cell alone" in worst
    frequent = answer_without_image(typed, "qual è il difetto più frequente delle celle?").answer
    assert frequent.startswith("Crack: 3 di 3 pezzi scartati"), frequent


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("how many parts failed today?", "en"),
        ("Wie viele Teile sind durchgefallen?", "de"),
        ("今天有几个零件不合格？", "zh"),
        ("なん個の部品が不良でしたか", "ja"),
        ("what went wrong with the heads?", "en"),
    ],
)
def test_no_type_is_read_into_a_question(question: str, language: str) -> None:
    assert called_type(question.lower(), [*TYPES, "missing head"], language) is None


def test_parts_like_the_one_in_hand_are_failed_ones() -> None:
    for question in (
        "how many like this today?",
        "Wie viele solche Teile heute?",
        "今日これと同じ欠陥は何個？",
    ):
        log = understand(question).first.log
        assert log is not None and log.this and log.decision == "fail", question
