"""Question words that are joined, and what each of them asks: of an image, and of the log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from logged import context, entry

from agents.answers.without_image import answer_without_image
from agents.questions.understanding import understand
from tools.context import Context

OF_IMAGE = [
    ("what is it and where?", ["type", "place"]),
    ("where and how big is it?", ["place", "size"]),
    ("how many and where?", ["count", "place"]),
    ("Was ist es und wo?", ["type", "place"]),
    ("wo und wie groß?", ["place", "size"]),
    ("cos'è e dove?", ["type", "place"]),
    ("dove e quanto è grande?", ["place", "size"]),
    ("¿qué es y dónde?", ["type", "place"]),
    ("¿dónde y qué tamaño tiene?", ["place", "size"]),
    ("c'est quoi et où ?", ["type", "place"]),
    ("où et quelle taille ?", ["place", "size"]),
    ("o que é e onde?", ["type", "place"]),
    ("onde e qual o tamanho?", ["place", "size"]),
    ("是什么，在哪里？", ["type", "place"]),
    ("在哪里，多大？", ["place", "size"]),
    ("何がどこにありますか？", ["type", "place"]),
    ("これは何で、どこですか？", ["type", "place"]),
    ("뭐고 어디에 있어?", ["type", "place"]),
    ("어디에 얼마나 커?", ["place", "size"]),
]


@pytest.mark.parametrize(("question", "kinds"), OF_IMAGE)
def test_each_of_joined_words_is_asked_of_the_image(question: str, kinds: list[str]) -> None:
    found = understand(question).intents
    assert [one.kind for one in found] == kinds
    assert not any(one.closed for one in found)


@pytest.mark.parametrize(
    "question", ["what shall I do and where?", "wo liegt das Handbuch und was steht darin?", "what is it?"]
)
def test_what_says_more_is_left_to_the_classifier(question: str) -> None:
    assert [one.kind for one in understand(question).intents] != ["type", "place"]


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Context]:
    """Lot A17 of Ben (st-1, failed) and a minute later of Kim (st-2, to be reviewed); a pass of lot B2."""
    made = context(tmp_path / "log.sqlite")
    assert made.log is not None
    rows = [("ben", "A17", "st-1", "fail"), ("kim", "A17", "st-2", "review"), ("kim", "B2", "st-2", "pass")]
    made.log.append(
        entry(number, decision, operator=operator, lot=lot, station=station)
        for number, (operator, lot, station, decision) in enumerate(rows)
    )
    yield made
    made.log.close()


WHEN_AND_WHO = [
    "when and by whom was lot A17 inspected?",
    "by whom and when was lot A17 inspected?",
    "who inspected lot A17, and when?",
    "Wann und von wem wurde Los A17 geprüft?",
    "Quando e da chi è stato ispezionato il lotto A17?",
    "¿Cuándo y quién inspeccionó el lote A17?",
    "¿cuándo y por quién fue inspeccionado el lote A17?",
    "Quand et par qui le lot A17 a-t-il été contrôlé ?",
    "Quando e por quem foi inspecionado o lote A17?",
    "批次A17是什么时候、由谁检查的？",
    "ロットA17はいつ、誰が検査しましたか？",
    "로트 A17은 언제 누가 검사했나요?",
]


@pytest.mark.parametrize("question", WHEN_AND_WHO)
def test_when_and_by_whom_a_lot_was_inspected(plant: Context, question: str) -> None:
    answer = answer_without_image(plant, question).answer
    assert "Ben" in answer
    assert "Kim" in answer
    assert answer.count("2026-11-02") == 2
    assert "A17" in answer


@pytest.mark.parametrize(
    "question",
    [
        "where and when was lot A17 inspected?",
        "wo und wann wurde Los A17 geprüft?",
        "在哪里、何时检查了批次A17？",
    ],
)
def test_where_and_when_a_lot_was_inspected(plant: Context, question: str) -> None:
    answer = answer_without_image(plant, question).answer
    assert "st-1" in answer
    assert "2026-11-02" in answer


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("when was lot A17 inspected?", "First 2026-11-02"),
        ("when did lot A17 fail?", "On 2026-11-02"),
        ("Wann wurde Los B2 geprüft?", "Am 2026-11-02"),
    ],
)
def test_when_is_answered_by_times(plant: Context, question: str, first: str) -> None:
    assert answer_without_image(plant, question).answer.startswith(first)


def test_a_condition_asks_for_no_time() -> None:
    (one,) = understand("when Ben was on shift, how many parts failed?", pictured=False).intents
    assert one.log is not None
    assert one.log.figure == "count"


HELD = [
    "how many are quarantined?",
    "how many parts are blocked?",
    "how many are on hold?",
    "wie viele sind gesperrt?",
    "Wie viele Teile sind in Quarantäne?",
    "quanti sono in quarantena?",
    "quanti pezzi sono bloccati?",
    "¿cuántas están en cuarentena?",
    "¿cuántas piezas están bloqueadas?",
    "combien sont en quarantaine ?",
    "combien de pièces sont bloquées ?",
    "quantas estão em quarentena?",
    "quantas peças estão bloqueadas?",
    "有多少件被隔离？",
    "多少件被扣留？",
    "隔離されているのは何個ですか？",
    "保留は何個ですか？",
    "격리된 것은 몇 개인가요?",
]


@pytest.mark.parametrize("question", HELD)
def test_what_is_on_hold_waits_for_a_person(plant: Context, question: str) -> None:
    (one,) = understand(question, pictured=False).intents
    assert one.log is not None
    assert one.log.decision == "review"
    answer = answer_without_image(plant, question).answer
    assert "1" in answer
    assert answer.count("[log]") >= 2  # the count, and that the log knows no hold


def test_whether_any_is_on_hold(plant: Context) -> None:
    told = answer_without_image(plant, "is anything quarantined?")
    assert told.affirmed is True
    assert "The log knows no hold: these wait for a person's decision [log]." in told.answer
    assert understand("should the lot be quarantined?", pictured=False).first.kind == "action"
