"""Questions of the log by operator, station and lot, in nine languages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from logged import context, entry

from agents.answers.without_image import answer_without_image
from knowledge.log.scripts import spelled_in
from tools.context import Context


@pytest.fixture
def shift(tmp_path: Path) -> Iterator[Context]:
    """Of ben 2 of 2 failed (lot B1, line-1), of kim 3 of 6 (B2, line-2), of maria none of 2 (B3, line-3)."""
    made = context(tmp_path / "log.sqlite")
    assert made.log is not None
    of = {"ben": ("B1", "line-1", "ff"), "kim": ("B2", "line-2", "fffppp"), "maria": ("B3", "line-3", "pp")}
    rows = [
        (operator, lot, station, "fail" if letter == "f" else "pass")
        for operator, (lot, station, letters) in of.items()
        for letter in letters
    ]
    made.log.append(
        entry(number, decision, operator=operator, lot=lot, station=station)
        for number, (operator, lot, station, decision) in enumerate(rows)
    )
    yield made
    made.log.close()


RATES = [
    "Which operator had the highest reject rate?",
    "Welcher Bediener hat die höchste Ausschussquote?",
    "Quale operatore ha il tasso di scarto più alto?",
    "¿Qué operador tiene la mayor tasa de rechazo?",
    "Quel opérateur a le taux de rebut le plus élevé ?",
    "Qual operador tem a maior taxa de rejeição?",
    "哪个操作员的不良率最高？",
    "どの作業者の不良率が一番高いですか？",
    "어느 작업자의 불량률이 가장 높아?",
]
MOST = [
    "Who had the most rejects?",
    "Wer hat den meisten Ausschuss?",
    "Chi ha avuto più scarti?",
    "¿Quién tuvo más rechazos?",
    "Qui a eu le plus de rebuts ?",
    "Quem teve mais rejeições?",
    "谁的不合格品最多？",
    "不良が一番多い作業者は誰ですか？",
    "누가 가장 불량이 많았어?",
]


@pytest.mark.parametrize(("questions", "first"), [(RATES, "ben. Ben ("), (MOST, "kim. Kim (")])
def test_operators_are_ranked_by_share_or_number(shift: Context, questions: list[str], first: str) -> None:
    for question in questions:
        reply = answer_without_image(shift, question)
        assert reply.answer.startswith(first), (question, reply.answer)
        assert "100.0%" in reply.answer
        assert "ben" not in reply.evidence[0].text


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("Which operator had the lowest reject rate?", "maria. "),
        ("Who has the best yield?", "maria. "),
        ("Who has the worst yield?", "ben. "),
        ("Which station had the highest reject rate?", "line-1. "),
        ("Welche Station hat die beste Ausbeute?", "line-3. "),
        ("Which lot had the best yield?", "B3. "),
        ("Which lot had the lowest yield?", "B1. "),
        ("Which lot had the most rejects?", "B2. "),
        ("Which lot had the fewest rejects?", "B3. "),
        ("who inspected lot B2?", "Kim: 6 inspections"),
        ("Which lots have we inspected?", "B2, B1, B3. "),
        ("Welche Lose haben wir geprüft?", "B2, B1, B3. "),
        ("Which lots had rejects?", "B2, B1. "),
        ("which lot does part-0.png belong to?", "B1. "),
        ("Zu welchem Los gehört part-0.png?", "B1. "),
    ],
)
def test_which_group_is_told_first(shift: Context, question: str, first: str) -> None:
    assert answer_without_image(shift, question).answer.startswith(first)


def test_named_operators_alone_are_compared(shift: Context) -> None:
    told = answer_without_image(shift, "Wer hat am meisten Ausschuss gehabt, Maria oder Ben?").answer
    assert told.startswith("ben. Ben (im Protokoll): 2 von 2 Teilen durchgefallen (100.0%)"), told
    assert "Maria (im Protokoll): 0 von 2" in told
    assert "Kim" not in told


@pytest.mark.parametrize(
    "question",
    [
        "Which station has no rejects?",
        "An welcher Station gab es keinen Ausschuss?",
        "Quale stazione è senza scarti?",
        "¿Qué estación no tiene rechazos?",
        "Quel poste est sans rebut ?",
        "Qual estação está sem rejeições?",
        "哪个工位没有不良？",
        "不良がなかったのはどのステーション？",
        "불량이 없는 라인은 어느 라인이야?",
    ],
)
def test_a_station_without_rejects_is_told(shift: Context, question: str) -> None:
    answer = answer_without_image(shift, question).answer
    assert answer.startswith("line-3. "), answer


@pytest.mark.parametrize(
    ("text", "name", "spelled"),
    [
        ("キムさんは何個検査した?", "kim", True),
        ("ベンとマリア", "ben", True),
        ("マリアの不良", "Maria", True),
        ("ジョーさん", "jo", True),
        ("김 씨는 몇 개", "kim", True),
        ("벤은 몇 개", "ben", True),
        ("한스가 검사한", "hans", True),
        ("조가 검사", "jo", True),
        ("조사한 부품", "jo", False),
        ("ロットの不良", "kim", False),
        ("how many", "kim", False),
    ],
)
def test_a_name_is_known_in_another_script(text: str, name: str, spelled: bool) -> None:
    assert spelled_in(text, name) is spelled


def test_a_person_whom_the_log_does_not_know_is_not_everybody(shift: Context) -> None:
    assert answer_without_image(shift, "キムさんは何個検査した？").answer.startswith("6 個を検査しました")
    unknown = {
        "How many did Mr. Miller inspect?": "The log holds no operator Miller; it holds ben",
        "Wie viele hat Frau Weber geprüft?": "Im Protokoll gibt es keinen Bediener Weber",
        "Quanti pezzi ha controllato il signor Rossi?": "Nel registro non c'è nessun operatore Rossi",
        "¿Cuántas piezas inspeccionó la señora Ruiz?": "En el registro no hay ningún operario Ruiz",
        "Combien de pièces monsieur Dupont a-t-il contrôlées ?": "Le journal ne contient aucun opérateur",
        "Quantas peças a senhora Costa inspecionou?": "O registro não tem nenhum operador Costa",
        "王师傅检查了多少个零件？": "记录中没有操作员 王",
        "田中さんは何個検査した？": "記録に作業者 田中 はありません",
        "박 씨는 몇 개 검사했어?": "기록에 작업자 박이(가) 없습니다",
    }
    for question, first in unknown.items():
        answer = answer_without_image(shift, question).answer
        assert answer.startswith(first), (question, answer)
