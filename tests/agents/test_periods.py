"""Periods that questions name, and two of them compared, in nine languages."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from idle import seconds_if_idle
from logged import START, bulk, context, entry

from agents.answers.without_image import answer_without_image
from agents.questions.form.polarity import asks_openly
from agents.questions.log.compared import compared_periods
from agents.questions.log.history import log_question
from agents.questions.log.periods import period_of
from agents.questions.understanding import understand
from knowledge.log.entry import timestamp
from tools.context import Context
from tools.history import look_up

NOW = datetime(2026, 11, 26, 10, 30).astimezone()
"""A Thursday."""


PERIODS = [
    ("en", "today", "11-26 00:00", None),
    ("en", "yesterday", "11-25 00:00", "11-26 00:00"),
    ("en", "this week", "11-23 00:00", None),
    ("en", "last week", "11-16 00:00", "11-23 00:00"),
    ("en", "this morning", "11-26 00:00", None),
    ("en", "in the last hour", "11-26 09:30", None),
    ("en", "since monday", "11-23 00:00", None),
    ("en", "since 14:00", "11-25 14:00", None),
    ("en", "since 9 am", "11-26 09:00", None),
    ("en", "in the last 3 days", "11-23 10:30", None),
    ("en", "in the past two weeks", "11-12 10:30", None),
    ("en", "on 2026-11-24", "11-24 00:00", "11-25 00:00"),
    ("en", "from 2026-11-20 to 2026-11-22", "11-20 00:00", "11-23 00:00"),
    ("en", "from yesterday 14:00 to today 09:00", "11-25 14:00", "11-26 09:00"),
    ("en", "until wednesday", None, "11-26 00:00"),
    ("de", "heute", "11-26 00:00", None),
    ("de", "heute vormittag", "11-26 00:00", None),
    ("de", "seit montag", "11-23 00:00", None),
    ("de", "seit 14 uhr", "11-25 14:00", None),
    ("de", "in den letzten drei tagen", "11-23 10:30", None),
    ("de", "letzte woche", "11-16 00:00", "11-23 00:00"),
    ("it", "stamattina", "11-26 00:00", None),
    ("it", "da lunedì", "11-23 00:00", None),
    ("it", "negli ultimi 3 giorni", "11-23 10:30", None),
    ("it", "dalle 14:00", "11-25 14:00", None),
    ("es", "la semana pasada", "11-16 00:00", "11-23 00:00"),
    ("es", "desde el lunes", "11-23 00:00", None),
    ("es", "en los últimos tres días", "11-23 10:30", None),
    ("fr", "hier", "11-25 00:00", "11-26 00:00"),
    ("fr", "depuis lundi", "11-23 00:00", None),
    ("fr", "les 3 derniers jours", "11-23 10:30", None),
    ("fr", "depuis 14h", "11-25 14:00", None),
    ("pt", "ontem", "11-25 00:00", "11-26 00:00"),
    ("pt", "desde segunda-feira", "11-23 00:00", None),
    ("pt", "nos últimos 3 dias", "11-23 10:30", None),
    ("zh", "昨天", "11-25 00:00", "11-26 00:00"),
    ("zh", "从周一以来", "11-23 00:00", None),
    ("zh", "最近三天", "11-23 10:30", None),
    ("zh", "下午2点以后", "11-25 14:00", None),
    ("ja", "先週", "11-16 00:00", "11-23 00:00"),
    ("ja", "月曜日から", "11-23 00:00", None),
    ("ja", "過去3日間", "11-23 10:30", None),
    ("ja", "14時以降", "11-25 14:00", None),
    ("ko", "오늘 오전", "11-26 00:00", None),
    ("ko", "월요일부터", "11-23 00:00", None),
    ("ko", "최근 3일간", "11-23 10:30", None),
    ("ko", "14시부터", "11-25 14:00", None),
]


@pytest.mark.parametrize(("language", "text", "since", "until"), PERIODS)
def test_periods(language: str, text: str, since: str | None, until: str | None) -> None:
    period, _ = period_of(text, language, NOW)
    assert period is not None
    shown = [None if at is None else at.strftime("%m-%d %H:%M") for at in (period.since, period.until)]
    assert shown == [since, until]


def test_what_is_no_period() -> None:
    for text in (
        "which parts failed",
        "compare it with the last one",
        "the crack is 14.00 mm long",
        "2026-13-40",
    ):
        assert period_of(text, "en", NOW)[0] is None, text


COMPARED = [
    ("en", "did we have more rejects today than yesterday?", "today", "yesterday"),
    ("en", "compare this week with last week", "this week", "last week"),
    ("en", "were there more failures last week than this week?", "last week", "this week"),
    ("en", "compared to yesterday, do we have more rejects today?", "today", "yesterday"),
    ("en", "is it worse since monday than before?", "11-23 00:00", "11-19 13:30"),
    ("en", "more rejects in the last 3 days than before?", "11-23 10:30", "11-20 10:30"),
    ("en", "is the reject rate higher than last month?", "this month", "last month"),
    ("en", "were there more cracks on tuesday than on monday?", "11-24 00:00", "11-23 00:00"),
    ("en", "was it better yesterday?", "yesterday", "today"),
    ("de", "hatten wir heute mehr ausschuss als gestern?", "today", "yesterday"),
    ("de", "vergleiche den ausschuss von gestern mit heute", "yesterday", "today"),
    ("de", "ist es seit montag schlechter als davor?", "11-23 00:00", "11-19 13:30"),
    ("de", "welche woche war schlechter, diese oder letzte woche?", "this week", "last week"),
    ("it", "abbiamo avuto più scarti oggi di ieri?", "today", "yesterday"),
    ("it", "è peggio da lunedì rispetto a prima?", "11-23 00:00", "11-19 13:30"),
    ("es", "¿hubo más rechazos hoy que ayer?", "today", "yesterday"),
    ("es", "compara esta semana con la pasada", "this week", "last week"),
    ("fr", "a-t-on eu plus de rebuts aujourd'hui qu'hier ?", "today", "yesterday"),
    ("fr", "est-ce pire depuis lundi qu'avant ?", "11-23 00:00", "11-19 13:30"),
    ("pt", "tivemos mais refugos hoje do que ontem?", "today", "yesterday"),
    ("pt", "a taxa de refugo está maior do que na semana passada?", "this week", "last week"),
    ("zh", "今天的不良比昨天多吗？", "today", "yesterday"),
    ("zh", "从周一以来比之前更差吗？", "11-23 00:00", "11-19 13:30"),
    ("ja", "今日は昨日より不良が多いですか？", "today", "yesterday"),
    ("ja", "昨日より今日は不良が多いですか？", "today", "yesterday"),
    ("ko", "오늘 불량이 어제보다 많아?", "today", "yesterday"),
    ("ko", "불량률이 지난주보다 높아?", "this week", "last week"),
]


@pytest.mark.parametrize(("language", "text", "first", "second"), COMPARED, ids=[one[1] for one in COMPARED])
def test_two_periods_are_compared(language: str, text: str, first: str, second: str) -> None:
    found = compared_periods(text, language, NOW, implied=True)
    assert found is not None
    periods = (found.first, found.second)
    shown = [one.name or (one.since and one.since.strftime("%m-%d %H:%M")) for one in periods]
    assert shown == [first, second]
    # "Que" and the like, where they are no question words, ask for more than yes or no nowhere.
    assert asks_openly(found.rest, language) is text.startswith("welche")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "how many failed from yesterday 14:00 to today 09:00"),
        ("en", "which lot was worse yesterday?"),
        ("en", "what was the worst part yesterday?"),
        ("en", "how many failed yesterday and today?"),
        ("it", "quali sono i pezzi peggiori di ieri?"),
        ("de", "wie viele von gestern sind durchgefallen?"),
    ],
)
def test_one_period_is_not_compared(language: str, text: str) -> None:
    assert compared_periods(text, language, NOW, implied=True) is None


def test_beside_an_image_worse_than_yesterday_may_be_of_another_one() -> None:
    assert understand("is it worse than yesterday's?").first.kind == "comparison"
    assert understand("did we have more rejects today than yesterday?").first.kind == "history"


def test_shares_are_compared_and_chance_is_told_apart(tools: Context) -> None:
    reply = answer_without_image(tools, "Did we have more rejects today than yesterday?")
    assert reply.affirmed is True
    assert reply.answer.startswith(
        "Yes. Today: 2 of 5 parts failed (40.0%), 1 to be reviewed (20.0%) [log]. Yesterday: 1 of 2 parts "
        "failed (50.0%), 0 to be reviewed (0.0%) [log]. The difference of the shares is within chance "
        "(Fisher's exact test, p = 1) [log]."
    ), reply.answer
    worse = answer_without_image(tools, "Was it worse yesterday than today?")
    assert worse.answer.startswith("No clear difference. Yesterday: 1 of 2 "), worse.answer
    assert worse.affirmed is None
    better = answer_without_image(tools, "Is it worse today than yesterday?")
    assert (better.affirmed, better.answer[:4]) == (False, "No. ")
    empty = answer_without_image(tools, "Compare this week with the week of 2026-01-01 for lot B99")
    assert empty.answer.startswith("The log holds no lot B99"), empty.answer
    of_type = answer_without_image(tools, "Were there more dents today than yesterday?")
    assert of_type.answer.startswith("No. Today: 0 of 5 parts had dent (0.0%) [log]."), of_type.answer
    of_lot = answer_without_image(tools, "今天A17批次的不良比昨天多吗？")
    assert of_lot.answer.startswith("是。今天：5 件中 2 件不合格（40.0%）"), of_lot.answer


def test_a_difference_beyond_chance_is_told_of_periods_and_of_lots(tmp_path: Path) -> None:
    made = context(tmp_path / "log.sqlite")
    assert made.log is not None
    today = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    at = {"L1": today, "L2": today - timedelta(days=1)}
    made.log.append(
        entry(100 * number + k, "fail" if k < failed else "pass", lot=lot, at=timestamp(at[lot]))
        for number, (lot, failed) in enumerate((("L1", 4), ("L2", 40)))
        for k in range(100)
    )
    for question, first, higher in (
        ("Is it worse today than yesterday?", "No. Today: 4 of 100", "Yesterday"),
        ("Was it worse yesterday or today?", "Yesterday. Yesterday: 40 of 100", "Yesterday"),
        ("Ist die Ausbeute heute besser als gestern?", "Ja. Heute: 96 von 100", "Heute"),
        ("Is lot L2 worse than L1?", "Yes. Lot L2: 40 of 100", "L2"),
        ("Which lot is worse, L1 or L2?", "L2. Lot L2: 40 of 100", "L2"),
    ):
        answer = answer_without_image(made, question).answer
        assert answer.startswith(first), answer
        assert f": {higher} (" in answer, answer
    made.log.close()


@pytest.mark.slow
def test_two_periods_of_a_large_log_are_compared_as_quickly(tmp_path: Path) -> None:
    large = context(tmp_path / "log.sqlite")
    assert large.log is not None
    large.log.append(bulk(100_000))
    asked = log_question("more rejects last week than the week before?", "en", START + timedelta(days=92))
    found = look_up(large, asked)
    assert found.chance is not None and all(one.counts.all for one in found.groups)
    assert seconds_if_idle(lambda: look_up(large, asked), 0.2) < 0.2
    large.log.close()
