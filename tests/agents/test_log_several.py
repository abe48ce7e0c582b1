"""Several things asked of the log in one question are all answered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from logged import context, entry

from agents.answers.without_image import answer_without_image
from agents.questions.understanding import understand
from tools.context import Context

PAIRS = [
    ("who inspected most of the screws, and at which line?", "operators", "stations"),
    ("which lot is worst and who inspected it?", "lots", "operators"),
    ("which station and which operator had most rejects?", "stations", "operators"),
    ("how many scratches today and on which station?", "count", "stations"),
    ("wer hat die meisten Schrauben geprüft und an welcher Linie?", "operators", "stations"),
    ("wer und an welcher Station hat am meisten aussortiert?", "operators", "stations"),
    ("wie viele Ausschuss und in welchem Los am meisten?", "count", "lots"),
    ("chi ha controllato più viti e su quale linea?", "operators", "stations"),
    ("quale lotto è peggiore e chi l'ha controllato?", "lots", "operators"),
    ("¿quién inspeccionó más tornillos y en qué línea?", "operators", "stations"),
    ("¿cuál es el peor lote y quién lo inspeccionó?", "lots", "operators"),
    ("qui a contrôlé le plus de vis, et sur quelle ligne ?", "operators", "stations"),
    ("combien de rayures aujourd'hui et à quelle station ?", "count", "stations"),
    ("quem inspecionou mais parafusos e em qual linha?", "operators", "stations"),
    ("qual é o pior lote e quem inspecionou?", "lots", "operators"),
    ("哪个批次最差，是谁检查的？", "lots", "operators"),
    ("ねじを一番多く検査したのは誰で、どのライン？", "operators", "stations"),
    ("一番悪いロットはどれで、誰が検査した？", "lots", "operators"),
    ("나사를 가장 많이 검사한 사람은 누구고 어느 라인이야?", "operators", "stations"),
    ("가장 나쁜 로트는 뭐고 누가 검사했어?", "lots", "operators"),
]
LAST = [
    "when was the last reject and who checked it?",
    "who found the last crack and when?",
    "wann war der letzte Ausschuss und wer hat ihn geprüft?",
    "quando è stato l'ultimo scarto e chi l'ha controllato?",
    "¿cuándo fue el último rechazo y quién lo revisó?",
    "quand était le dernier rebut et qui l'a contrôlé ?",
    "quando foi o último refugo e quem verificou?",
    "最后一个不良是什么时候，谁检查的？",
    "最後の不良はいつで、誰が検査した？",
    "마지막 불량은 언제고 누가 검사했어?",
]


@pytest.mark.parametrize(("question", "first", "second"), PAIRS, ids=[one[0] for one in PAIRS])
def test_each_figure_is_a_question_of_its_own(question: str, first: str, second: str) -> None:
    intents = understand(question, pictured=False).intents
    assert [one.log.figure for one in intents if one.log is not None] == [first, second]


@pytest.mark.parametrize("question", LAST)
def test_what_is_asked_of_the_last_part(question: str) -> None:
    (one,) = understand(question, pictured=False).intents
    assert one.log is not None
    assert one.log.figure == "last"


@pytest.mark.parametrize(
    ("question", "figure"),
    [
        ("which operator had most rejects last week?", "operators"),
        ("who inspected lot A17?", "operators"),
        ("how many rejects by lot?", "lots"),
        ("which lot had the most scratches?", "lots"),
        ("wer hat letzte Woche geprüft?", "operators"),
    ],
)
def test_one_thing_is_asked_once(question: str, figure: str) -> None:
    (one,) = understand(question, pictured=False).intents
    assert one.log is not None
    assert one.log.figure == figure


@pytest.fixture
def shifts(tmp_path: Path) -> Iterator[Context]:
    """Anna inspects eight screws at L2 and two at L1, Ben three at L1, of which the last failed."""
    made = context(tmp_path / "log.sqlite")
    assert made.log is not None
    rows = [("Anna", "L2", "A1", "pass")] * 8 + [("Anna", "L1", "A2", "pass")] * 2
    rows += [("Ben", "L1", "A2", "pass")] * 2 + [("Ben", "L1", "A3", "fail")]
    made.log.append(
        entry(number, decision, operator=operator, station=station, lot=lot)
        for number, (operator, station, lot, decision) in enumerate(rows)
    )
    yield made
    made.log.close()


def test_who_and_where(shifts: Context) -> None:
    told = answer_without_image(shifts, "which lot is worst and who inspected it?").answer
    assert told.startswith("A3.")
    assert "Ben" in told
    assert "Anna" not in told
    told = answer_without_image(shifts, "who inspected most of the screws, and at which line?").answer
    assert told.startswith("Anna")
    assert "Station L2: 0 of 8" in told
    assert "Station L1: 0 of 2" in told
    told = answer_without_image(shifts, "when was the last reject and who checked it?").answer
    assert told.startswith("2026-11-02")
    assert "It was inspected by Ben" in told
    told = answer_without_image(shifts, "wer hat den letzten Ausschuss geprüft, an welcher Station?").answer
    assert told.startswith("Ben.")
    assert "Station L1" in told
