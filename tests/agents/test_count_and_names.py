"""How many, and which: both are told, in this order; of the part itself no zone is made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from logged import append_rows, context

from agents.answers.without_image import answer_without_image
from agents.questions.slots.products import product_meant, without_product_as_zone
from agents.questions.understanding import understand
from tools.context import Context

NAMED = ('"part-0.png"', '"part-1.png"')


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """Two of five parts failed."""
    made = context(Path(tmp_path_factory.mktemp("log")) / "log.sqlite")
    append_rows(
        made, [("screw", "Ann", "line-1", "7", one) for one in ("fail", "fail", "pass", "pass", "pass")]
    )
    yield made
    assert made.log is not None
    made.log.close()


@pytest.mark.parametrize(
    "question",
    [
        "how many failed and which ones?",
        "How many parts were rejected, and what are their names?",
        "Wie viele sind durchgefallen und welche?",
        "Combien de pièces rejetées, et lesquelles ?",
        "¿Cuántas piezas fallaron y cuáles?",
        "Quanti pezzi scartati e quali?",
        "Quantas peças foram reprovadas e quais são?",
        "有几个不合格，是哪些？",
        "不良は何個、どれ？",
        "불량이 몇 개고 어떤 거야?",
    ],
)
def test_a_count_comes_before_the_names(logged: Context, question: str) -> None:
    answer = answer_without_image(logged, question).answer
    assert all(name in answer for name in NAMED), answer
    assert "part-2.png" not in answer
    counted = answer[: answer.index(min(NAMED, key=answer.index))]
    assert "2" in counted and "5" in counted, answer


@pytest.mark.parametrize(
    "question",
    ["How many were inspected and which failed?", "Wie viele wurden geprüft und welche sind durchgefallen?"],
)
def test_names_of_others_than_were_counted_are_told_too(logged: Context, question: str) -> None:
    answer = answer_without_image(logged, question).answer
    assert answer.startswith("5 ") and all(name in answer for name in NAMED), answer
    assert "part-2.png" not in answer


@pytest.mark.parametrize(
    "question", ["How many failed?", "How many failed and how many passed?", "How many failed, by lot?"]
)
def test_a_mere_count_lists_no_names(logged: Context, question: str) -> None:
    assert ".png" not in answer_without_image(logged, question).answer


@pytest.mark.parametrize(
    ("question", "product"),
    [
        ("is this lid ok to ship or scrap it?", "jar-lid"),
        ("Ist der Deckel in Ordnung?", "jar-lid"),
        ("Is the cap ok?", "bottle-cap"),
    ],
)
def test_the_part_itself_is_no_zone(question: str, product: str) -> None:
    asked = understand(question)
    assert asked.first.zone is not None
    assert without_product_as_zone(asked, product, ()).first.zone is None


def test_a_zone_of_the_part_stays_one() -> None:
    asked = understand("Is the rim ok?")
    assert asked.first.zone is not None
    assert without_product_as_zone(asked, "jar-lid", ()) == asked
    lid = understand("Is the lid ok?")
    assert without_product_as_zone(lid, "jar-lid", ("lid",)) == lid


@pytest.mark.parametrize(
    ("language", "question", "product"),
    [
        ("ko", "베어링 녹 원인이 뭐야", "bearing"),
        ("zh", "轴承生锈的原因是什么", "bearing"),
        ("it", "causa della ruggine sul cuscinetto?", "bearing"),
        ("fr", "quelle est la limite pour une bosse sur le couvercle ?", "jar-lid"),
        ("ja", "蓋のへこみの許容は?", "jar-lid"),
        ("en", "what causes rust?", None),
        ("ja", "へこみの許容は何ミリまで？", None),
    ],
)
def test_a_word_that_is_surely_a_products_name_leaves_no_other(
    language: str, question: str, product: str | None
) -> None:
    products = ["bearing", "blister", "jar-lid"]
    assert product_meant(question, products, language, ["rust", "dent"], surely=True) == product


@pytest.mark.parametrize(
    "question",
    ["can you recommend a good lunch place near the plant?", "what's a good restaurant for the night shift?"],
)
def test_a_time_of_day_alone_asks_nothing_of_the_log(logged: Context, question: str) -> None:
    answer = answer_without_image(logged, question).answer
    assert answer.startswith("I only answer questions about parts"), answer


def test_which_defect_is_most_frequent_is_heard_in_chinese() -> None:
    log = understand("今天哪种缺陷最多", pictured=False).first.log
    assert log is not None and log.figure == "frequent"
