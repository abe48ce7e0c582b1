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
    "Is there any lot that is good to go out?",
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
    "Any lots I'd be embarrassed to send out?",
    "Which lots would you rather not ship?",
    "What lots would be risky to ship?",
    "Which lots should I be worried about?",
    "Welche Lose wären mir beim Kunden peinlich?",
    "¿Qué lotes me daría vergüenza enviar?",
    "Quels lots aurais-je honte de livrer ?",
    "有没有发出去会丢人的批次？",
    "出荷したら恥ずかしいロットはある？",
]
"""The same, and those that somebody fears for."""
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
    reply = answer_without_image(lots, question)
    lead = reply.answer.split(".")[0].split("。")[0]
    assert "A1" in lead and "A2" not in reply.answer and "A3" not in reply.answer
    assert lead != "A1", "what these lots are is said, should the question have meant others"


@pytest.mark.parametrize("question", HELD)
def test_lots_that_may_not_go_are_the_others(lots: Context, question: str) -> None:
    answer = answer_without_image(lots, question).answer
    lead = answer.split(".")[0].split("。")[0]
    assert "A2" in lead and "A3" in lead and "A1" not in answer and lead != "A2, A3"


def test_of_parts_those_that_passed_are_named(lots: Context) -> None:
    told = answer_without_image(lots, "Which parts may we release?").answer
    assert "4 of 6 inspected parts passed" in told


@pytest.mark.parametrize("question", OTHERS)
def test_other_questions_are_not_for_what_may_go(question: str) -> None:
    for one in understand(question, pictured=False).intents:
        assert one.log is None or one.log.figure != "lots" or not one.log.every


GOOD = [
    "Which lots are good?",
    "Which batches are clean?",
    "Which lots passed?",
    "Welche Lose sind in Ordnung?",
    "Quels lots sont bons ?",
    "哪些批次合格？",
    "良品のロットはどれ？",
]


@pytest.mark.parametrize("question", GOOD)
def test_a_good_lot_is_one_of_which_all_passed(lots: Context, question: str) -> None:
    answer = answer_without_image(lots, question).answer
    assert "A1" in answer and "A2" not in answer and "A3" not in answer


def test_of_lots_without_rejects_those_that_wait_are_told(lots: Context) -> None:
    answer = answer_without_image(lots, "Which lots are free of rejects?").answer
    assert answer.startswith("A1, A3.") and "Lot A3: 0 of 2 parts failed (0.0%), 1 to be reviewed" in answer


def test_products_are_asked_for_by_their_decision(lots: Context) -> None:
    assert answer_without_image(lots, "Which products failed?").answer.startswith("screw.")
    [one] = understand("Which products passed?", pictured=False).intents
    assert one.log is not None and one.log.figure == "products"
