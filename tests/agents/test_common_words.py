"""Words that questions of the log are put with name no product and no type of defect."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from log_thread import told
from logged import context, entry

from agents.answers.without_image import answer_without_image
from agents.questions.lexicon.common_words import nameable
from agents.questions.slots.products import product_meant
from agents.questions.slots.types import called_type
from knowledge.catalogue.product_match import mentioned
from knowledge.log.entry import NamedType
from tools.context import Context

OF_NONE = [
    ("en", "who inspected most parts today?"),
    ("en", "defect pareto today"),
    ("en", "how many of those are bad?"),
    ("de", "Wer hat heute am meisten geprüft?"),
    ("de", "Welches Los war schlechter?"),
    ("de", "was hatten die denn?"),
    ("de", "Freigabe Los A2?"),
    ("de", "Welche Linie ist die beste?"),
    ("it", "quale delle linee è la peggiore?"),
    ("it", "chi ha controllato di più oggi?"),
    ("es", "¿qué lote tuvo más rechazos?"),
    ("fr", "quel lot est le pire ?"),
    ("pt", "quem inspecionou mais hoje?"),
    ("zh", "今天哪个批次最差?"),
    ("ja", "一番悪いロットはどれ？"),
    ("ko", "오늘 불량 유형 순위"),
]


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """Products called as words of questions and of other languages are, with a type called Delle."""
    made = context(Path(tmp_path_factory.mktemp("log")) / "log.sqlite")
    assert made.log is not None
    rows = [("vial", "press-1", "A1", "pass", None)] * 4 + [("line", "press-1", "A1", "fail", "Delle")] * 2
    rows += [("das", "press-2", "A2", "fail", None)] * 3 + [("press", "press-2", "C9", "pass", None)] * 2
    rows += [("c", "press-2", "A2", "pass", None)]
    made.log.append(
        entry(
            number, decision, product=product, operator="Ann", station=station, lot=lot, types=of_types(type_)
        )
        for number, (product, station, lot, decision, type_) in enumerate(rows)
    )
    yield made
    made.log.close()


def of_types(name: str | None) -> tuple[NamedType, ...]:
    return () if name is None else (NamedType(name, "likely", 0.7),)


@pytest.mark.parametrize(("language", "question"), OF_NONE)
@pytest.mark.parametrize(
    "products", [["board", "haltewinkel", "vial"], ["line", "lot", "das", "top", "test", "part"]]
)
def test_no_product_is_meant(language: str, question: str, products: list[str]) -> None:
    assert product_meant(question, products, language) is None


@pytest.mark.parametrize(("language", "question"), OF_NONE)
def test_no_type_is_called(language: str, question: str) -> None:
    assert called_type(question.lower(), ["Delle", "Kratzer", "Top", "Los"], language) is None


@pytest.mark.parametrize(
    ("language", "question", "product"),
    [
        ("de", "wie viele Flaschen sind durchgefallen?", "bottle"),
        ("it", "quante viti sono scartate?", "screw"),
        ("pt", "quantas garrafas foram reprovadas?", "bottle"),
        ("zh", "今天瓷砖有几个不合格", "tile"),
        ("ja", "ボトルは何本不良？", "bottle"),
        ("de", "wie viele Kratzer heute?", None),
        ("fr", "combien de rayures ?", None),
    ],
)
def test_a_noun_clearly_near_a_name_means_it(language: str, question: str, product: str | None) -> None:
    assert product_meant(question, ["bottle", "tile", "screw"], language) == product


def test_a_common_word_is_a_name_where_it_is_called_one() -> None:
    assert nameable(["Delle", "Bava"], "quante delle schede sono scartate", "it") == ["Bava"]
    assert nameable(["Delle"], "quante hanno il tipo delle oggi", "it") == ["Delle"]
    assert nameable(["Line"], 'how many of "line" failed', "en") == ["Line"]
    assert nameable(["Line"], "how many failed of product line", "en") == ["Line"]
    assert nameable(["Line"], "which product line is worst", "en") == []


def test_a_short_name_is_a_word_of_its_own() -> None:
    assert mentioned("how many failed in lot c9?", ["C", "C9"]) == ["C9"]
    assert mentioned("how many c failed?", ["C"]) == ["C"]


@pytest.mark.parametrize(
    "question",
    [
        "which line is the worst?",
        "how many of the parts failed?",
        "Wie viele sind durchgefallen, und welche Linie ist das?",
        "Was hat das Los A2?",
        "quante delle parti sono scartate?",
        "how many failed in lot C9?",
        "how many failed at press-1?",
    ],
)
def test_no_question_is_narrowed_by_such_a_word(logged: Context, question: str) -> None:
    answer = answer_without_image(logged, question).answer
    assert not any(word in answer for word in ("product ", "Produkt ", "prodotto ", "Delle", "type "))


def test_a_name_narrows_where_it_is_called_one(logged: Context) -> None:
    assert "2 of 2" in answer_without_image(logged, "how many failed of product line?").answer
    assert "3 von 3" in answer_without_image(logged, "Wie viele sind beim Produkt das durchgefallen?").answer


def test_a_thread_keeps_its_product(logged: Context) -> None:
    assert "vial" in told(logged, "how many vials were inspected?", "how many of those are bad?")
