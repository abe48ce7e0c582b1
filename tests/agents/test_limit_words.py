"""Limits in the words of whoever holds a part against them."""

from __future__ import annotations

import pytest

from agents.questions.understanding import understand

LIMITS = [
    ("reject if over .5 mm?", 0.5),
    ("is it under the 2 mm mark", 2),
    ("does it stay below 3mm", 3),
    ("tolerance 0,4 mm, ok?", 0.4),
    ("must not go past 1.5 mm", 1.5),
    ("max 40 px wide ok?", 40),
    ("2 mm tops, does it fit?", 2),
    ("no bigger than a millimetre?", 1),
    ("customer takes 3 percent", 3),
    ("we reject from 2 mm", 2),
    ("1 mm limit, passes?", 1),
    ("does it break the 2 mm rule", 2),
    ("is it smaller than two mm?", 2),
    ("limit's 0.8 mm", 0.8),
    ("darf max. 2 mm haben", 2),
    ("bis 1,5 mm ist ok, passt das?", 1.5),
    ("Grenze 0,8 mm, drüber?", 0.8),
    ("kleiner als 3 mm?", 3),
    ("unter einem Millimeter?", 1),
    ("ab 2 mm ist Ausschuss, und der hier?", 2),
    ("Kunde erlaubt 3 Prozent", 3),
    ("über 40 px?", 40),
    ("nicht mehr als zwei Millimeter?", 2),
    ("sta sotto i 2 mm?", 2),
    ("supera il millimetro?", 1),
    ("limite 0,8 mm", 0.8),
    ("oltre 3 mm si scarta, questo?", 3),
    ("rientra nei 2 mm?", 2),
    ("da 2 mm in su è scarto", 2),
    ("tolleriamo il 3 per cento", 3),
    ("più grande di due millimetri?", 2),
    ("¿pasa de 2 mm?", 2),
    ("máximo 1,5 mm, vale?", 1.5),
    ("tope de 3 mm", 3),
    ("menos de un milímetro?", 1),
    ("está dentro de 0,5 mm?", 0.5),
    ("a partir de 2 mm se rechaza", 2),
    ("el cliente admite 3 por ciento", 3),
    ("límite 0,8 mm", 0.8),
    ("ça dépasse 2 mm ?", 2),
    ("maxi 1,5 mm, ça passe ?", 1.5),
    ("moins d'un millimètre ?", 1),
    ("la limite c'est 0,8 mm", 0.8),
    ("à partir de 2 mm on jette", 2),
    ("le client tolère 3 pour cent", 3),
    ("c'est en dessous de 3 mm ?", 3),
    ("ça tient dans les 2 mm ?", 2),
    ("passa de 2 mm?", 2),
    ("máximo 1,5 mm, serve?", 1.5),
    ("até 3 mm pode", 3),
    ("menos de um milímetro?", 1),
    ("acima de 2 mm é refugo, e essa?", 2),
    ("o cliente aceita 3 por cento", 3),
    ("limite 0,8 mm", 0.8),
    ("超2毫米了吗", 2),
    ("不能大于1.5mm", 1.5),
    ("控制在0.8毫米以内", 0.8),
    ("有没有过2mm", 2),
    ("两毫米以下算合格吧", 2),
    ("上限3毫米", 3),
    ("客户允许3%", 3),
    ("小于1毫米吗", 1),
    ("2mm起报废", 2),
    ("2mm超えてる?", 2),
    ("1.5mm以下ならOK?", 1.5),
    ("0.8mmまで許容", 0.8),
    ("上限3mm", 3),
    ("1ミリ未満?", 1),
    ("2mm以上は不良", 2),
    ("客先は3%まで", 3),
    ("2ミリに収まってる?", 2),
    ("規格0.5mm内か", 0.5),
    ("2mm 넘어?", 2),
    ("1.5mm 이하면 괜찮아?", 1.5),
    ("0.8mm까지 허용", 0.8),
    ("상한 3mm", 3),
    ("1밀리 미만이야?", 1),
    ("2mm 이상이면 불량", 2),
    ("고객은 3% 까지", 3),
    ("2밀리 안에 들어와?", 2),
    ("기준 0.5mm 초과?", 0.5),
    ("how far is the crack from the edge, 2 mm?", None),
    ("wie viele ab 5.11. durchgefallen", None),
    ("da quando abbiamo graffi di 2 mm", None),
]


@pytest.mark.parametrize(("text", "value"), LIMITS, ids=[one[0] for one in LIMITS])
def test_limits_as_they_are_said(text: str, value: float | None) -> None:
    found = [one.limit.value for one in understand(text).intents if one.limit is not None]
    assert found[:1] == ([] if value is None else [value])


@pytest.mark.parametrize(
    "question",
    ["is it more than 5 mm from the edge?", "ist es weniger als 5 mm vom Rand?",
     "¿está a más de 5 mm del borde?", "è a più di 50 mm dal bordo?"],
)  # fmt: skip
def test_a_limit_from_an_edge_is_one_of_the_distance(question: str) -> None:
    first = understand(question).first
    assert (first.kind, first.measured) == ("size", "distance")
    assert first.limit is not None
    assert first.closed


@pytest.mark.parametrize(
    "question", ["o risco passa dos 10 mm?", "¿el rayón pasa de los 10 mm?", "le défaut dépasse les 10 mm ?"]
)
def test_what_passes_a_length_has_it_as_its_limit(question: str) -> None:
    limit = understand(question).first.limit
    assert limit is not None
    assert (limit.value, limit.unit) == (10, "mm")
