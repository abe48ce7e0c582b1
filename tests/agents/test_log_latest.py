"""The latest parts are listed, by names that tell them apart; the false-alarm rate in force is told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agents.answers.log.part_names import names_of
from agents.questions.log.history import log_question
from agents.questions.understanding import understand
from tools.history_record import LoggedRecord

NOW = datetime(2026, 11, 26, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "text", "number"),
    [
        ("en", "last 10 parts please", 10),
        ("en", "the last 3 capsules", 3),
        ("de", "die letzten 8 teile bitte", 8),
        ("fr", "donne-moi les 5 dernières pièces", 5),
        ("it", "dammi gli ultimi 5 pezzi", 5),
        ("es", "las últimas 6 piezas por favor", 6),
        ("pt", "manda as últimas 4 peças", 4),
        ("zh", "最近3个胶囊", 3),
        ("ja", "直近の5個をお願いします", 5),
        ("ko", "최근 6개 부탁해요", 6),
    ],
)
def test_the_latest_parts_are_listed(language: str, text: str, number: int) -> None:
    asked = log_question(text, language, NOW)
    assert (asked.figure, asked.number, asked.latest) == ("last", number, None)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "how many of the last 10 failed"),
        ("en", "how did the last 10 go"),
        ("de", "wie viele der letzten 8 teile sind ok"),
        ("es", "de las últimas 6 piezas, ¿alguna mala?"),
    ],
)
def test_of_the_latest_parts_what_is_asked_for_is_counted(language: str, text: str) -> None:
    asked = log_question(text, language, NOW)
    assert asked.latest is not None
    assert asked.figure != "last"


def logged(path: str) -> LoggedRecord:
    name = path.rsplit("/", 1)[-1]
    return LoggedRecord(name=name, at="", product="nut", decision="fail", p_value=0.01, type=None, path=path)


def test_parts_of_one_name_are_told_with_their_folders() -> None:
    rows = [logged("/a/poke/000.jpg"), logged("/a/crack/000.jpg"), logged("/a/crack/001.jpg")]
    assert names_of(rows) == ["poke/000.jpg", "crack/000.jpg", "001.jpg"]
    deeper = [logged("/a/one/bad/000.jpg"), logged("/a/two/bad/000.jpg"), logged("000.jpg")]
    assert names_of(deeper) == ["one/bad/000.jpg", "two/bad/000.jpg", "000.jpg"]


@pytest.mark.parametrize(
    "question",
    [
        "As an auditor I need to know what false alarm rate you work with.",
        "what is the false alarm rate?",
        "Mit welcher Fehlalarmrate arbeitest du?",
        "con che tasso di falsi allarmi lavori?",
        "¿con qué tasa de falsas alarmas trabajas?",
        "Quel est le taux de fausses alarmes ?",
        "誤報率はいくつですか？",
        "오경보율은 얼마예요?",
    ],
)
def test_the_rate_in_force_is_told_first(question: str) -> None:
    one = understand(question, pictured=False).first
    assert (one.kind, one.topic, one.log) == ("product", "rates", None)


@pytest.mark.parametrize(
    "question",
    [
        "how many false alarms were there?",
        "Wie viele Fehlalarme gab es?",
        "quanti falsi allarmi ci sono stati?",
    ],
)
def test_false_alarms_are_counted_where_their_number_is_asked_for(question: str) -> None:
    log = understand(question, pictured=False).first.log
    assert log is not None
    assert log.figure == "alarms"
