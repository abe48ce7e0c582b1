"""Questions that hold the log against a number, or list parts of it, in nine languages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from logged import context, entry

from agents.answers.without_image import answer_without_image
from tools.context import Context


@pytest.fixture
def ten(tmp_path: Path) -> Iterator[Context]:
    """Lot A18: 4 of 10 failed (two of a p-value below 0.01), 2 are to be reviewed."""
    made = context(tmp_path / "log.sqlite")
    assert made.log is not None
    rows = [("fail", 0.001)] * 2 + [("fail", 0.02)] * 2 + [("review", 0.1)] * 2 + [("pass", 0.5)] * 4
    made.log.append(
        entry(number, decision, p_value=p_value, lot="A18") for number, (decision, p_value) in enumerate(rows)
    )
    yield made
    made.log.close()


OVER = [
    "Is the reject rate above 20%?",
    "Ist die Ausschussquote über 20%?",
    "Il tasso di scarto è superiore al 20%?",
    "¿La tasa de rechazo es mayor del 20%?",
    "Le taux de rebut dépasse-t-il 20 % ?",
    "A taxa de rejeição está acima de 20%?",
    "不良率超过20%了吗？",
    "不良率は20%を超えていますか？",
    "불량률이 20%를 넘어?",
]
BELOW = [
    "Is the reject rate below 5%?",
    "Liegt die Ausschussquote unter 5 %?",
    "Il tasso di scarto è sotto il 5%?",
    "¿La tasa de rechazo está por debajo del 5%?",
    "Le taux de rebut est-il inférieur à 5 % ?",
    "A taxa de rejeição está abaixo de 5%?",
    "不良率低于5%吗？",
    "不良率は5%未満ですか？",
    "불량률이 5% 미만이야?",
]


@pytest.mark.parametrize(("questions", "affirmed"), [(OVER, True), (BELOW, False)], ids=["over", "below"])
def test_a_rate_is_held_against_a_number(ten: Context, questions: list[str], affirmed: bool) -> None:
    for question in questions:
        reply = answer_without_image(ten, question)
        assert (reply.affirmed, "40.0%" in reply.answer) == (affirmed, True), (question, reply.answer)


@pytest.mark.parametrize(
    ("question", "affirmed"),
    [
        ("Is the yield at least 40%?", True),
        ("Is the yield at most 30 percent?", False),
        ("is the yield 40%?", True),
        ("is the yield 35%?", False),
        ("Did more than 3 parts fail?", True),
        ("Did more than 20 parts fail?", False),
        ("Sind weniger als 10 Teile durchgefallen?", True),
        ("Did any part fail?", True),
    ],
)
def test_counts_and_both_bounds(ten: Context, question: str, affirmed: bool) -> None:
    reply = answer_without_image(ten, question)
    assert reply.affirmed is affirmed, reply.answer


EXCESS = {
    "Is 40% rejects too much?": "No limit for that is known [log]. 40.0% failed",
    "is 35% yield normal for us?": "No limit for that is known [log]. 40.0% passed",
    "Sind 40% Ausschuss zu viel?": "Ein Grenzwert dafür ist nicht bekannt [log]. 40.0% durchgefallen",
    "Il 40% di scarti è troppo?": "Non è noto alcun limite per questo [log]. 40.0%",
    "¿Es demasiado un 40% de rechazos?": "No se conoce ningún límite para eso [log]. 40.0%",
    "40 % de rebuts est-ce trop ?": "Aucune limite n'est connue pour cela [log]. 40.0%",
    "40% de refugo é demais?": "Não se conhece nenhum limite para isso [log]. 40.0%",
    "40%的不良率太高吗？": "没有已知的限值 [log]。40.0%",
    "不良率40%は高すぎますか？": "それについての基準値は分かっていません [log]。40.0%",
    "불량률 40%는 너무 높아?": "그에 대한 기준값은 알려져 있지 않습니다 [log]. 40.0%",
}


@pytest.mark.parametrize(("question", "first"), EXCESS.items())
def test_what_is_too_much_no_log_says(ten: Context, question: str, first: str) -> None:
    reply = answer_without_image(ten, question)
    assert reply.answer.startswith(first), reply.answer
    assert reply.affirmed is None


@pytest.mark.parametrize(
    "question",
    [
        "If alpha had been 0.01 how many would have failed?",
        "Wie viele wären bei Alpha 0,01 durchgefallen?",
        "Con alfa 0.01 quanti pezzi sarebbero stati scartati?",
        "Si alpha fuera 0,01, ¿cuántas piezas habrían fallado?",
        "Avec un alpha de 1 %, combien de pièces auraient échoué ?",
        "Se o alpha fosse 0,01, quantas peças teriam sido reprovadas?",
        "如果alpha是0.01，会有几个不合格？",
        "アルファが0.01だったら不良はいくつ？",
        "알파가 0.01이었다면 몇 개가 불합격이야?",
    ],
)
def test_a_supposed_alpha_is_held_against_the_p_values(ten: Context, question: str) -> None:
    reply = answer_without_image(ten, question)
    figures = reply.answer.split("[log]")[0]
    assert all(part in figures for part in ("2", "10", "0.01")), reply.answer
    assert " 4 " not in figures


@pytest.mark.parametrize(
    "question",
    [
        "What are the failed parts of lot A18?",
        "Welches sind die Ausschussteile von Los A18?",
        "Quali sono i pezzi scartati del lotto A18?",
        "¿Cuáles son las piezas rechazadas del lote A18?",
        "Quelles sont les pièces rebutées du lot A18 ?",
        "Quais são as peças reprovadas do lote A18?",
        "A18批次的不合格品是什么？",
        "ロットA18の不合格品は何ですか？",
        "A18 로트에서 불합격된 부품은 뭐야?",
    ],
)
def test_which_parts_failed_is_answered_by_names(ten: Context, question: str) -> None:
    answer = answer_without_image(ten, question).answer
    assert answer.startswith('"part-3.png", "part-2.png", "part-1.png", "part-0.png" [log]'), answer


@pytest.mark.parametrize(
    "question",
    [
        "How many parts were neither passed nor failed?",
        "Wie viele Teile sind weder bestanden noch durchgefallen?",
        "Quanti pezzi non sono né buoni né scartati?",
        "¿Cuántas piezas no fueron ni aprobadas ni rechazadas?",
        "Combien de pièces ne sont ni conformes ni rejetées ?",
        "Quantas peças não foram nem aprovadas nem reprovadas?",
        "既没合格也没不合格的有几个？",
        "合格でも不合格でもない部品はいくつ？",
        "합격도 불합격도 아닌 부품은 몇 개야?",
    ],
)
def test_neither_passed_nor_failed_is_to_be_reviewed(ten: Context, question: str) -> None:
    answer = answer_without_image(ten, question).answer
    assert answer.startswith("2"), answer
    assert " 4 " not in answer.split("[log]")[0]
