"""Lots, stations and products of the log by their names, whatever these look like, in nine languages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from log_thread import told
from logged import context, entry

from agents.answers.without_image import answer_without_image
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.words import words_of
from agents.questions.log.code_names import called_names
from agents.questions.log.history import log_question
from tools.context import Context

NOW = datetime(2026, 11, 28, 14).astimezone()


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """Of lot Z-A 1 of 5 failed (gear, Linie 1, Ann), of Z-B 4 of 5 (pupazzo, Linie 2, Bob), of Nord 2 of 5
    (carton, Linie 3, Cid)."""
    made = context(Path(tmp_path_factory.mktemp("log")) / "log.sqlite")
    assert made.log is not None
    of = [("Z-A", "gear", "Linie 1", "Ann", 1), ("Z-B", "pupazzo", "Linie 2", "Bob", 4)]
    of += [("Nord", "carton", "Linie 3", "Cid", 2)]
    rows = [(lot, *named, at < bad) for lot, *named, bad in of for at in range(5)]
    made.log.append(
        entry(number, "fail" if bad else "pass", lot=lot, product=product, station=station, operator=operator)
        for number, (lot, product, station, operator, bad) in enumerate(rows)
    )
    yield made
    made.log.close()


@pytest.mark.parametrize(
    "question",
    [
        "How many of lot Z-B failed?",
        "Wie viele aus Los Z-B sind durchgefallen?",
        'Ausschuss vom Los "Z-B"?',
        "Quanti scarti nel lotto Z-B?",
        "¿Cuántos rechazos tuvo el lote Z-B?",
        "Combien de rebuts dans le lot Z-B ?",
        "Quantas rejeições no lote Z-B?",
        "批次Z-B有多少不合格？",
        "ロットZ-Bの不良は何個？",
        "로트 Z-B 불량 몇 개야?",
    ],
)
def test_a_lot_without_a_digit_is_found(logged: Context, question: str) -> None:
    answer = answer_without_image(logged, question).answer
    assert "Z-B" in answer
    assert "4" in answer and "15" not in answer, answer


def test_a_lot_that_is_a_word_is_found_and_refused(logged: Context) -> None:
    assert answer_without_image(logged, "How many failed in lot nord?").answer.startswith("2 of 5 ")
    assert answer_without_image(logged, "Ausbeute der Charge Nord?").answer.startswith("60.0%")
    for question in (
        "Yield of lot Alpha?",
        "How many failed in lot Omega?",
        "Yield of lot Z-C?",
        "Yield of lot B?",
    ):
        answer = answer_without_image(logged, question).answer
        assert "holds no lot" in answer and "Nord, Z-A and Z-B" in answer, answer
    for question in (
        "Wie war Charge Gamma?",
        "批次Alpha有多少不合格？",
        "로트 Beta 수율은?",
        "Rendement du lot «Sud»",
    ):
        answer = answer_without_image(logged, question).answer
        assert "Nord" in answer and "Z-A" in answer and "15" not in answer, answer


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Which of the lots failed?"),
        ("en", "Is the lot ok?"),
        ("en", "a lot of parts failed"),
        ("fr", "Le lot est-il bon ?"),
        ("fr", "Ce lot a-t-il des rebuts ?"),
        ("de", "Wie viel Ausschuss hat das Los heute?"),
        ("de", "Pro Los Gutquote"),
        ("ja", "ロットNGはいくつ？"),
    ],
)
def test_what_is_no_name_of_a_lot(language: str, text: str) -> None:
    assert called_names(words_of(language), normalised(text), text)["lot"] is None


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("Are there more rejects on line 2 than on line 1?", "Yes. "),
        ("Are there more rejects on line 3 than on 2?", "No. "),
        ("Ist der Ausschuss auf Linie 3 höher als auf Linie 1?", "Ja. "),
        ("mehr Ausschuss auf Linie 1 als auf Linie 2?", "Nein. "),
        ("Il tasso di scarto è più alto sulla linea 2 che sulla linea 1?", "Nessuna differenza chiara. "),
        ("¿Hay más rechazos en la línea 1 que en la línea 2?", "No. "),
        ("le taux de rebut est-il plus haut sur la ligne 1 que sur la ligne 2", "Non. "),
        ("Há mais rejeições na linha 1 do que na linha 2?", "Não. "),
        ("2号线的不良比1号线多吗？", "是。"),
        ("ライン1はライン2より不良が多い？", "いいえ。"),
        ("라인 1이 라인 2보다 불량이 많아?", "아니요. "),
        ("Ist Los Z-A schlechter als Los Z-B?", "Nein. "),
    ],
)
def test_two_that_are_compared_are_both_counted(logged: Context, question: str, first: str) -> None:
    answer = answer_without_image(logged, question).answer
    assert answer.startswith(first), answer
    assert "03:00" not in answer and "01:00" not in answer


def test_the_number_of_a_line_is_no_hour() -> None:
    asked = log_question("ausschuss auf linie 3 seit 8 uhr", "de", NOW)
    assert asked.station == "3" and asked.since is not None
    assert log_question("ist der ausschuss auf linie 3 höher als auf linie 4", "de", NOW).since is None


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("How many rejects are there?", "which of them are pupazzi?"),
        ("Wie viel Ausschuss?", "welche davon sind Pupazzi?"),
        ("Quanti scarti?", "quali di questi sono pupazzi?"),
        ("¿Cuántos rechazos hay?", "¿cuáles de ellos son pupazzi?"),
        ("一共有多少不合格品？", "其中哪些是pupazzo？"),
        ("不良は何個？", "そのうちpupazzoはどれ？"),
    ],
)
def test_which_of_them_are_of_a_product(logged: Context, first: str, then: str) -> None:
    answer = told(logged, first, then)
    assert '"part-5.png"' in answer and '"part-0.png"' not in answer, answer


def test_of_them_those_of_a_product_and_then_which(logged: Context) -> None:
    assert told(logged, "Wie viel Ausschuss?", "davon Zahnräder").startswith("1 von 5 ")
    for thread in (
        ("Wie viel Ausschuss?", "und bei den Pupazzi?", "welche"),
        ("How many rejects are there?", "of those, the pupazzi?", "which ones?"),
    ):
        answer = told(logged, *thread)
        assert '"part-5.png"' in answer and '"part-0.png"' not in answer, answer


def test_plurals_that_change_the_last_letter_name_a_product(logged: Context) -> None:
    for question in ("quanti pupazzi scartati?", "How many pupazzi failed?"):
        assert answer_without_image(logged, question).answer.startswith(("4 di 5", "4 of 5")), question


@pytest.mark.parametrize(
    "question",
    [
        "Can lot Z-B ship tonight?",
        "Kann Los Z-B heute Abend raus?",
        "¿Puede salir el lote Z-B esta noche?",
        "O lote Z-B pode sair amanhã cedo?",
    ],
)
def test_when_a_lot_ships_is_not_when_it_was_inspected(logged: Context, question: str) -> None:
    answer = answer_without_image(logged, question).answer
    assert answer.startswith(("No. 1 of 5", "Nein. 1 von 5", "No. 1 de 5", "Não. 1 de 5")), answer
