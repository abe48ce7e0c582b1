"""Whether a part is good apart from its strongest defect."""

from __future__ import annotations

import pytest
from given_parts import REGION, asked_of

from anomaly_core.results import Decision

ANOTHER = REGION.model_copy(update={"id": "region-2", "cell": "top right", "bbox": (80, 0, 90, 8)})

FINE = [
    ("en", "Is everything else fine?", "Yes. Besides the strongest place, at the left, nothing exceeds"),
    ("de", "Ist der Rest in Ordnung?", "Ja. Außer der auffälligsten Stelle"),
    ("it", "Il resto va bene?", "Sì. A parte il punto più evidente"),
    ("es", "¿Lo demás está bien?", "Sí. Aparte del lugar más llamativo"),
    ("fr", "Le reste est bon ?", "Oui. À part l'endroit le plus marqué"),
    ("pt", "O resto está bom?", "Sim. Além do ponto mais evidente"),
    ("zh", "其他地方正常吗？", "是。除最明显的一处"),
    ("ja", "残りは大丈夫ですか？", "はい。最も目立つ箇所"),
    ("ko", "나머지는 괜찮아요?", "예. 가장 뚜렷한 곳"),
]


@pytest.mark.parametrize(("question", "begins"), [one[1:] for one in FINE], ids=[one[0] for one in FINE])
def test_the_rest_is_good_where_nothing_else_stands_out(question: str, begins: str) -> None:
    answer, affirmed = asked_of(question, "fail", regions=[REGION])
    assert answer.startswith(begins), answer
    assert affirmed is True


@pytest.mark.parametrize("decision", ["fail", "review"])
def test_another_place_is_told(decision: Decision) -> None:
    fine = asked_of("Is everything else fine?", decision, regions=[REGION, ANOTHER])
    more = asked_of("Anything else wrong?", decision, regions=[REGION, ANOTHER])
    assert fine[0].startswith("No. Besides the strongest place") and fine[1] is False
    assert more[0].startswith("Yes. Besides the strongest place") and more[1] is True
    assert "another one stands out: " in fine[0] and "[region-2]" in fine[0]


def test_nothing_is_told_of_a_rest_where_the_part_is_good() -> None:
    assert "Besides" not in asked_of("Is the rest ok?", "pass", regions=[])[0]
