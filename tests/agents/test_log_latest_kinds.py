"""The latest parts of a kind: the last 5 rejects are not the rejects among the last 5 parts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from logged import context, entry

from agents.answers.without_image import answer_without_image
from agents.questions.understanding import understand
from knowledge.log.entry import NamedType
from tools.context import Context
from tools.log_question import LogQuestion

OF_REJECTS = [
    "of the last 5 rejects, how many had scratches?",
    "how many of the last 5 failures were scratches?",
    "of the last 5 that failed how many were scratches",
    "von den letzten 5 Ausschussteilen, wie viele hatten Kratzer?",
    "wie viele der letzten 5 schlechten Teile hatten Kratzer?",
    "degli ultimi 5 scarti quanti avevano graffi?",
    "de los últimos 5 rechazos, ¿cuántos tenían rayones?",
    "sur les 5 derniers rebuts, combien avaient des rayures ?",
    "dos últimos 5 rejeitos, quantos tinham risco?",
    "最近5个不良里有几个划痕？",
    "最近の不良5件のうち傷は何件？",
    "최근 불량 5개 중 스크래치는 몇 개야?",
]
REJECTS = [
    "the last 5 failed ones",
    "show me the last 5 rejected parts",
    "die letzten 5 schlechten Teile",
    "gli ultimi 5 pezzi difettosi",
    "las 5 últimas defectuosas",
    "les 5 dernières pièces mauvaises",
    "as últimas 5 peças ruins",
    "最后5个不合格品",
    "直近の不合格5個",
    "마지막 불합격 5개",
]
SCRATCHED = [
    "last 3 screws with scratches",
    "die letzten 3 Schrauben mit Kratzern",
    "le ultime 3 viti con graffi",
    "los últimos 3 tornillos con rayones",
    "les 3 dernières vis avec rayures",
    "os últimos 3 parafusos com risco",
    "最近3个有划痕的螺丝",
    "傷のあるねじの直近3個",
    "스크래치 난 나사 최근 3개",
]
OF_ANY = [
    "how many of the last 10 failed?",
    "of the last 10 parts how many failed",
    "wie viele der letzten 10 waren schlecht?",
    "quanti degli ultimi 10 sono scarti?",
    "¿cuántas de las últimas 10 son malas?",
    "combien des 10 dernières sont mauvaises ?",
    "quantas das últimas 10 foram reprovadas?",
    "最近10个里有几个不良？",
    "直近10個のうち不良は何個？",
    "최근 10개 중 불량은 몇 개야?",
]


def log_of(question: str) -> LogQuestion:
    (one,) = understand(question, pictured=False).intents
    assert one.log is not None
    return one.log


@pytest.mark.parametrize("question", OF_REJECTS)
def test_of_the_last_rejects(question: str) -> None:
    log = log_of(question)
    assert (log.figure, log.latest, log.latest_of, log.type) == ("count", 5, "fail", "scratch")


@pytest.mark.parametrize("question", REJECTS)
def test_the_last_rejects_are_listed(question: str) -> None:
    log = log_of(question)
    assert (log.number, log.latest, log.decision) == (5, None, "fail")
    assert log.figure in ("last", "list")


@pytest.mark.parametrize("question", SCRATCHED)
def test_the_last_of_a_type_are_listed(question: str) -> None:
    log = log_of(question)
    assert (log.figure, log.number, log.latest, log.type) == ("last", 3, None, "scratch")


@pytest.mark.parametrize("question", OF_ANY)
def test_the_rejects_of_the_last_parts(question: str) -> None:
    log = log_of(question)
    assert (log.figure, log.latest, log.latest_of, log.decision) == ("count", 10, None, "fail")


@pytest.mark.parametrize(
    "question",
    [
        "what was wrong with the last 5 bad parts?",
        "welche Fehler hatten die letzten 5 Ausschüsse?",
        "che difetti avevano gli ultimi 5 scarti?",
    ],
)
def test_what_the_last_rejects_had(question: str) -> None:
    log = log_of(question)
    assert (log.figure, log.latest, log.latest_of) == ("frequent", 5, "fail")


def test_when_the_last_rejects_were() -> None:
    log = log_of("when were the last 4 defects?")
    assert (log.figure, log.number, log.decision) == ("last", 4, "fail")


@pytest.fixture
def typed(tmp_path: Path) -> Iterator[Context]:
    """Twenty screws, the older ten of which failed, every other one of these with a scratch, else a dent."""
    made = context(tmp_path / "log.sqlite")
    assert made.log is not None
    names = [("scratch", "dent")[at % 2] if at < 10 else None for at in range(20)]
    made.log.append(
        entry(
            at, "pass" if name is None else "fail",
            types=() if name is None else (NamedType(name, "likely", 0.7),),
        )
        for at, name in enumerate(names)
    )  # fmt: skip
    yield made
    made.log.close()


def test_the_log_counts_among_the_last_rejects(typed: Context) -> None:
    told = answer_without_image(typed, "of the last 4 rejects, how many had scratches?")
    assert "2 of 4" in told.answer
    assert "the last 4 parts that failed" in told.answer
    told = answer_without_image(typed, "wie viele der letzten 4 waren schlecht?")
    assert told.answer.startswith("0 ")
    told = answer_without_image(typed, "the last 2 failed ones")
    assert all(name in told.answer for name in ("part-9.png", "part-8.png"))
    told = answer_without_image(typed, "last 2 screws with scratches")
    assert all(name in told.answer for name in ("part-8.png", "part-6.png"))
    told = answer_without_image(typed, "what was wrong with the last 5 bad parts?")
    assert told.answer.startswith("Dent: 3 of 5")
    told = answer_without_image(typed, "when were the last 2 defects?")
    assert '"part-9.png" (2026-' in told.answer
