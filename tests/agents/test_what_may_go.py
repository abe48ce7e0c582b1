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


OF_ONE_LOT = [
    "Which parts of lot A2 can I ship?",
    "Which ones from lot A2 are we allowed to hand over to the customer?",
    "List the parts of lot A2 that are fit to ship.",
    "Welche Teile aus Los A2 kann ich ausliefern?",
    "Welche Teile von Los A2 kann ich verkaufen?",
    "Welche von Los A2 dürfen raus?",
    "Quali pezzi del lotto A2 posso spedire?",
    "¿Qué piezas del lote A2 puedo enviar?",
    "Quelles plaques du lot A2 puis-je expédier ?",
    "Quais peças do lote A2 posso entregar?",
    "A2批里哪些可以出货？",
    "ロットA2のどの部品を出荷できますか",
    "로트 A2 중 출하할 수 있는 부품은?",
]
"""Which parts of a lot may go out, whose second part failed."""
AS_A_WHOLE = [
    "Darf Los A2 zum Kunden?",
    "Can lot A2 go to the customer?",
    "Le lot A2 peut-il partir chez le client ?",
    "Il lotto A2 può andare al cliente?",
    "¿Puede ir el lote A2 al cliente?",
    "O lote A2 pode ir para o cliente?",
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
    assert "4 passed, 1 to review, 1 failed" in told, "those that may not go are told too"


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


@pytest.mark.parametrize("question", OF_ONE_LOT)
def test_of_a_lot_those_that_may_go_are_those_that_passed(lots: Context, question: str) -> None:
    answer = answer_without_image(lots, question).answer
    assert "part-2.png" in answer and "part-3.png" not in answer
    assert all(count in answer for count in "012"), "how many passed, wait and failed"


def test_those_of_a_lot_that_may_not_go_are_those_that_failed(lots: Context) -> None:
    for question in ("Which parts of lot A2 can't I ship?", "Which parts of lot A2 must be held back?"):
        answer = answer_without_image(lots, question).answer
        assert "part-3.png" in answer and "part-2.png" not in answer


def test_a_list_of_no_decision_says_what_was_decided_on_each(lots: Context) -> None:
    answer = answer_without_image(lots, "Which parts of lot A2 are for sale?").answer
    assert '"part-3.png" (failed)' in answer and '"part-2.png" (passed)' in answer


@pytest.mark.parametrize("question", AS_A_WHOLE)
def test_whether_a_lot_may_go_to_the_customer_is_answered_yes_or_no(lots: Context, question: str) -> None:
    assert answer_without_image(lots, question).affirmed is False
