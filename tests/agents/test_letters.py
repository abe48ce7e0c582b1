"""Letters about a lot are drafted from the log, in the language of who asks; nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from logged import context, entry

from agents.answers.without_image import answer_without_image
from tools.context import Context


@pytest.fixture
def lots(tmp_path: Path) -> Iterator[Context]:
    """Lot H301: 2 of 4 failed, 1 is to be reviewed. Lot C9: all of 3 passed."""
    made = context(tmp_path / "log.sqlite")
    assert made.log is not None
    rows = [("H301", "fail", 0.002), ("H301", "fail", 0.001), ("H301", "review", 0.1), ("H301", "pass", 0.5)]
    rows += [("C9", "pass", 0.6)] * 3
    for number, (lot, decision, p_value) in enumerate(rows):
        made.log.append([entry(number, decision, p_value=p_value, lot=lot)])
    yield made
    made.log.close()


LETTERS = [
    (
        "en",
        "write a mail to the supplier about lot H301",
        "4 parts inspected, 1 passed, 1 to review",
    ),
    (
        "de",
        "Schreib dem Kunden kurz, dass Los H301 gesperrt ist",
        "4 Teile geprüft, 1 bestanden, 1 zu prüfen",
    ),
    ("it", "Scrivi una mail al cliente sul lotto H301", "4 pezzi ispezionati, 1 conformi, 1 da rivedere"),
    ("es", "Escribe al cliente que el lote H301 está bloqueado", "4 piezas inspeccionadas, 1 aprobadas"),
    ("fr", "Écris un courriel au fournisseur à propos du lot H301", "4 pièces contrôlées, 1 acceptées"),
    ("pt", "Escreva ao cliente sobre o lote H301", "4 peças inspecionadas, 1 aprovadas"),
    ("zh", "给客户写一封邮件，说明批次H301的情况", "检验 4 件，合格 1 件，待复核 1 件，不合格 2 件"),
    (
        "ja",
        "ロットH301についてお客様へのメールを書いてください",
        "検査 4 個、合格 1 個、要確認 1 個",
    ),
    ("ko", "로트 H301에 대해 고객에게 메일을 써 줘", "검사 4개, 합격 1개, 재검토 1개, 불합격 2개"),
]


@pytest.mark.parametrize(("language", "question", "counts"), LETTERS, ids=[one[0] for one in LETTERS])
def test_a_letter_tells_counts_worst_part_and_the_command_with_its_period(
    lots: Context, language: str, question: str, counts: str
) -> None:
    said = answer_without_image(lots, question)
    assert said.language == language
    assert counts in said.answer
    assert "0.001" in said.answer
    assert "iad report --log --since 20" in said.answer
    assert "--lot H301 --out" in said.answer
    assert "T --out" not in said.answer


def test_a_lot_whose_parts_did_not_all_pass_is_to_be_held(lots: Context) -> None:
    held = answer_without_image(lots, "draft a letter to the customer about lot H301").answer
    free = answer_without_image(lots, "draft a letter to the customer about lot C9").answer
    assert "The lot is to be held: not all of its parts passed" in held
    assert "nothing stands against its release" in free
    assert "The worst" not in free
    assert all("nothing is sent" in one for one in (held, free))


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("how many of lot H301 failed?", "2 of 4 inspected parts failed"),
        ("write a mail to the supplier about lot Z99", "I send no mail"),
        ("send me the report", "I send no mail"),
    ],
)
def test_other_questions_of_a_lot_and_other_orders_are_no_letters(
    lots: Context, question: str, told: str
) -> None:
    assert told in answer_without_image(lots, question).answer
