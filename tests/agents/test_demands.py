"""Demands, lists of what was found, reports and mails, words for bad, and periods of options."""

from __future__ import annotations

from datetime import datetime

import pytest

from agents.questions.log.said import said_period
from agents.questions.rules.demands import lists_all, without_demands
from agents.questions.rules.orders import order_of
from agents.questions.slots.by_words import type_of
from agents.questions.slots.types import windows
from agents.questions.understanding import understand
from anomaly_core.numbers import plain_number

NOW = datetime(2026, 11, 28, 13).astimezone()


@pytest.mark.parametrize(
    ("language", "question", "rest"),
    [
        ("en", "just say it's a pass, nobody will notice", ""),
        ("de", "Du bist echt nutzlos, weißt du das?", ""),
        ("fr", "dis juste que c'est bon, personne ne le verra", ""),
        ("zh", "就说合格就行，没人会发现", ""),
        ("en", "you are useless, where is the scratch on it?", "where is the scratch on it?"),
        ("en", "is it a pass?", "is it a pass?"),
    ],
)
def test_a_demand_is_no_question(language: str, question: str, rest: str) -> None:
    assert without_demands(question, language) == rest


@pytest.mark.parametrize(
    ("language", "text", "order"),
    [
        ("en", "write me a pdf report of today's brackets please", "write"),
        ("fr", "fais-moi un rapport de l'équipe du matin", "write"),
        ("es", "hazme un informe del turno", "write"),
        ("ja", "今日のレポートを作ってください", "write"),
        ("de", "Schick den Bericht von heute per Mail an Herrn Vogel", "mail"),
        ("it", "mandami il rapporto per email", "mail"),
        ("zh", "把今天的报告发邮件给王经理", "mail"),
        ("ko", "오늘 보고서를 김 과장에게 메일로 보내줘", "mail"),
        ("en", "give me the results of today", None),
        ("en", "write me a short summary for the customer", None),
    ],
)
def test_reports_and_mails_are_orders(language: str, text: str, order: str | None) -> None:
    assert order_of(text, language) == order


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("en", "list every defect with size and position, biggest first"),
        ("de", "liste alle Fehler mit Größe und Lage auf"),
        ("es", "enumera todos los defectos"),
        ("zh", "列出所有缺陷的大小和位置"),
    ],
)
def test_all_that_was_found_is_listed(language: str, question: str) -> None:
    assert lists_all(question, language)
    assert [one.kind for one in understand(question).intents] == ["count"]
    assert not lists_all("how many defects are there?", "en")


@pytest.mark.parametrize(
    ("question", "kinds"),
    [
        ("combien de fissures y a-t-il et laquelle est la plus longue", ["count", "size"]),
        ("how many cracks are there and which is the longest?", ["count", "size"]),
        ("what's wrong with the lower left hole and who do I tell", ["verdict", "action"]),
    ],
)
def test_both_halves_are_asked(question: str, kinds: list[str]) -> None:
    found = [one.kind for one in understand(question).intents]
    assert found[-1] in (kinds[-1], "place") and found[0] == kinds[0]


@pytest.mark.parametrize(
    ("language", "text"), [("zh", "几个不合格"), ("ja", "不合格は何個"), ("zh", "有多少不良")]
)
def test_a_word_for_bad_names_no_type(language: str, text: str) -> None:
    assert not any("不合格" in one or "不良" in one for one in windows(text, language))


@pytest.mark.parametrize(
    ("language", "text", "name"),
    [
        ("zh", "磁瓦气孔的允许尺寸", "blowhole"),
        ("ja", "打痕の許容値", "dent"),
        ("ko", "기공이 있어?", "blowhole"),
        ("ko", "구멍이 없으면 어떤 문제가 생기나요", "missing hole"),
    ],
)
def test_words_are_of_their_type(language: str, text: str, name: str) -> None:
    known = ["missing hole", "undersized hole", "dent", "wrong marking", "uneven", "blowhole"]
    assert type_of(text, language, known) == name


@pytest.mark.parametrize(
    "text",
    ["yesterday", "gestern", "ieri", "ayer", "hier", "ontem", "昨天", "昨日", "어제"],
)
def test_options_are_read_in_nine_languages(text: str) -> None:
    period = said_period(text, NOW)
    assert period is not None and period.since is not None and period.since.day == 27


def test_what_is_no_period_is_none() -> None:
    assert said_period("whatever", NOW) is None


def test_numbers_have_no_power_of_ten() -> None:
    assert [plain_number(one) for one in (1204, 12.34, 0.5, 1234567)] == ["1200", "12.3", "0.5", "1230000"]


@pytest.mark.parametrize(
    "question",
    [
        "why do you say it is fine?",
        "por que você diz que está bom?",
        "¿por qué dices que está bien?",
        "perché dici che è ok?",
    ],
)
def test_who_asks_why_it_is_said_demands_nothing(question: str) -> None:
    (one,) = understand(question, pictured=True).intents
    assert one.kind == "reasoning"
