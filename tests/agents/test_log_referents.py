"""What was named before in a thread of the log: "that lot", "there", "he", which of two, and by chance."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from log_thread import told
from logged import context, entry

from agents.answers.without_image import answer_in_thread
from agents.questions.log.referents import chance_in
from tools.context import Context
from tools.differences import by_chance


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """Parts 0 to 9 are Ann's at line-1 in lot A1, one fails; 10 to 19 Bob's at line-2 in A2, of which nine
    fail; 20 to 29 Cid's at line-1 in A1, two fail."""
    made = context(Path(tmp_path_factory.mktemp("log")) / "log.sqlite")
    assert made.log is not None
    rows = [("screw", "Ann", "line-1", "A1", at < 1) for at in range(10)]
    rows += [("plate", "Bob", "line-2", "A2", at < 9) for at in range(10)]
    rows += [("screw", "Cid", "line-1", "A1", at < 2) for at in range(10)]
    made.log.append(
        entry(number, "fail" if bad else "pass", product=product, operator=operator, station=station, lot=lot)
        for number, (product, operator, station, lot, bad) in enumerate(rows)
    )
    yield made
    made.log.close()


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("Which lot is the worst so far, and why?", "List the rejects of that lot"),
        ("Which station is worst?", "Which parts were rejected there?"),
        ("Which operator has most rejects?", "Show me his rejects"),
        ("Welches Los ist das schlechteste?", "Zeig mir die Ausschussteile dieses Loses"),
        ("Welche Station ist die schlechteste?", "Welche Teile sind dort durchgefallen?"),
        ("Qual è il lotto peggiore?", "Quali pezzi di quel lotto sono stati scartati?"),
        ("¿Cuál es el peor lote?", "¿Qué piezas de ese lote fueron rechazadas?"),
        ("Quel est le pire lot ?", "Quelles pièces de ce lot-là ont été rejetées ?"),
        ("Qual é o pior lote?", "Quais peças desse lote foram reprovadas?"),
        ("哪个批次最差？", "该批次哪些零件不合格？"),
        ("最悪のロットはどれ？", "そのロットの不良品はどれですか"),
        ("어느 로트가 제일 나빠?", "그 로트에서 어떤 부품이 불합격이야?"),
    ],
)
def test_what_an_answer_names_first_is_meant_next(logged: Context, first: str, then: str) -> None:
    answer = told(logged, first, then)
    assert '"part-18.png"' in answer, answer
    assert all(f'"part-{number}.png"' not in answer for number in (0, 19, 20, 21))


def test_what_was_named_stays_named(logged: Context) -> None:
    thread = ["Which lot is the worst?", "List the rejects of that lot", "Who inspected that lot?"]
    assert told(logged, *thread).startswith("Bob: 10 inspections")
    assert told(logged, *thread, "And at which station?").startswith("line-2.")
    assert told(logged, "How did line-2 do?", "How many failed there?").startswith("9 of 10 ")
    # What is named anew is not what was named.
    assert told(logged, "Which lot is the worst?", "How many of lot A1 failed?").startswith("3 of 20 ")
    assert told(logged, "Which station is worst?", "How many rejects are there?").startswith("12 of 30 ")


COMPARED = [
    ("How many did Ann inspect?", "And Bob?", "Who has more scrap?", "Is that difference significant?"),
    ("Wie viele hat Ann geprüft?", "Und Bob?", "Wer hat die höhere Ausschussquote?",
     "Ist der Unterschied signifikant?"),
    ("Quanti pezzi ha controllato Ann?", "E Bob?", "Chi dei due ha più scarti?",
     "La differenza è significativa?"),
    ("¿Cuántas piezas revisó Ann?", "¿Y Bob?", "¿Quién tiene la tasa de rechazo más alta?",
     "¿La diferencia es significativa?"),
    ("Combien de pièces Ann a-t-elle contrôlées ?", "Et Bob ?", "Qui a le taux de rebut le plus élevé ?",
     "La différence est-elle significative ?"),
    ("Quantas peças Ann inspecionou?", "E Bob?", "Quem tem a taxa de refugo mais alta?",
     "A diferença é significativa?"),
    ("Ann检了多少件？", "Bob呢？", "谁的不良率更高？", "这个差异显著吗？"),
    ("Annさんは何個検査しましたか", "Bobさんは？", "不良率が高いのはどちらですか", "その差は有意ですか"),
    ("Ann은 몇 개 검사했어?", "Bob은?", "누가 불량률이 더 높아?", "그 차이는 유의한가요?"),
]  # fmt: skip
YES = ["Yes.", "Ja.", "Sì.", "Sí.", "Oui.", "Sim.", "是。", "はい。", "예."]


@pytest.mark.parametrize(("thread", "yes"), list(zip(COMPARED, YES, strict=True)), ids=YES)
def test_those_named_before_are_compared_and_tested(
    logged: Context, thread: tuple[str, ...], yes: str
) -> None:
    compared, tested = told(logged, *thread[:3]), told(logged, *thread)
    assert compared.startswith("Bob."), compared
    assert "Cid" not in compared + tested
    assert tested.startswith(yes), tested
    assert "p = 0.0011" in compared
    assert "p = 0.0011" in tested


def test_chance_is_possible_where_nothing_speaks_against_it(logged: Context) -> None:
    thread = ["How many did Ann inspect?", "And Cid?"]
    assert told(logged, *thread, "Is the difference just chance?").startswith("Possibly. The difference of")
    assert told(logged, *thread, "Which of them is worse?", "Is it significant?").startswith("No. The diff")
    alone = told(logged, "Is the difference between Ann and Cid significant?")
    assert alone.startswith("No. The difference of the shares is within chance"), alone
    # All operators, where none was named.
    every = told(logged, "Who has the highest reject rate?", "Is that difference significant?")
    assert every.startswith("Yes. The shares differ by more than chance"), every
    assert all(name in every for name in ("Ann", "Bob", "Cid"))


def test_several_shares_are_tested_at_once() -> None:
    assert by_chance([(1, 10), (9, 10), (2, 10)]) is None
    p = by_chance([(1, 10), (9, 10), (2, 10)], of_several=True)
    assert p is not None
    assert p < 0.002
    assert by_chance([(1, 10), (9, 10), (2, 10)], of_several=True) == p
    assert by_chance([(5, 10), (5, 10), (5, 10)], of_several=True) == pytest.approx(1.0)
    assert by_chance([(0, 10), (0, 10), (0, 10)], of_several=True) == 1.0
    assert by_chance([(10, 10), (10, 10), (10, 10)], of_several=True) == 1.0
    assert by_chance([(1, 10), (0, 0)]) is None


def test_other_questions_ask_for_no_chance() -> None:
    assert chance_in("what is the difference between a crack and a scratch?", "en") is None
    assert chance_in("was ist der unterschied zu gestern?", "de") is None


@pytest.mark.parametrize(
    "question",
    [
        "What was the most frequent place of the defects?",
        "Was ist die häufigste Stelle der Fehler?",
        "Qual è il punto più frequente dei difetti?",
        "¿Cuál es el lugar más frecuente de los defectos?",
        "Quel est l'endroit le plus fréquent des défauts ?",
        "Qual é o lugar mais frequente dos defeitos?",
        "缺陷最常见的位置是什么？",
        "欠陥の最も多い場所は？",
        "결함이 가장 많은 위치는?",
    ],
)
def test_the_most_frequent_place_is_a_place(logged: Context, question: str) -> None:
    _, asked = answer_in_thread(logged, question)
    log = asked.first.log
    assert log is not None
    assert log.figure == "places"
