"""Which lots, products or parts may go out: those of which no part failed or waits for review."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from logged import context, entry

from agents.answers.without_image import answer_without_image
from agents.questions.understanding import understand
from tools.context import Context

LOTS = [
    "Which lots can I ship tonight?",
    "Which batches are ready to go out?",
    "Welche Chargen kann ich heute noch ausliefern?",
    "Quali lotti si possono spedire stasera?",
    "¿Qué lotes puedo liberar hoy?",
    "Quels lots peut-on expédier ce soir ?",
    "Quais lotes posso expedir hoje?",
    "今天哪些批次可以放行？",
    "今日出荷できるロットはどれ？",
    "오늘 출하할 수 있는 로트는?",
]
HELD = [
    "Which lots can't I ship tonight?",
    "Which lots do we have to block?",
    "Welche Lose darf ich heute nicht ausliefern?",
]
OTHERS = [
    "Which lots did we ship yesterday?",
    "Which lots had the most rejects?",
    "Can lot A1 ship?",
    "How many lots may be released?",
    "When must a lot be quarantined?",
]


@pytest.fixture
def lots(tmp_path: Path) -> Iterator[Context]:
    """Of lot A1 all passed, of A2 one failed, of A3 one waits for review."""
    made = context(tmp_path / "log.sqlite")
    assert made.log is not None
    of = {"A1": ("pass", "pass"), "A2": ("pass", "fail"), "A3": ("review", "pass")}
    rows = [(lot, decision) for lot, decisions in of.items() for decision in decisions]
    made.log.append(entry(number, decision, lot=lot) for number, (lot, decision) in enumerate(rows))
    yield made
    made.log.close()


@pytest.mark.parametrize("question", LOTS)
def test_lots_that_may_go_are_those_of_which_all_passed(lots: Context, question: str) -> None:
    answer = answer_without_image(lots, question).answer
    assert answer.startswith("A1.")
    assert "A2" not in answer and "A3" not in answer


@pytest.mark.parametrize("question", HELD)
def test_lots_that_may_not_go_are_the_others(lots: Context, question: str) -> None:
    assert answer_without_image(lots, question).answer.startswith(("A2, A3.", "A3, A2."))


def test_of_parts_those_that_passed_are_named(lots: Context) -> None:
    told = answer_without_image(lots, "Which parts may we release?").answer
    assert "4 of 6 inspected parts passed" in told


@pytest.mark.parametrize("question", OTHERS)
def test_other_questions_are_not_for_what_may_go(question: str) -> None:
    for one in understand(question, pictured=False).intents:
        assert one.log is None or one.log.figure != "lots" or not one.log.every
