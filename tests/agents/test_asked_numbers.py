"""Numbers that the asker gives: an offset, a rate, a lot's digits, a unit; and shares of what was counted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from given_parts import asked_of
from log_thread import told
from logged import append_rows, context

from agents.answers.without_image import answer_without_image
from tools.context import Context
from tools.records import SettingsRecord

KEYS = {
    "Key shifted": {"look": "a key beside its place", "limit": "max 0.5 mm"},
    "Scratch": {"look": "thin line", "limit": "max 5 mm"},
}
HOLES = {
    "Hole out of place": {"look": "a hole beside its place", "limit": "max 0.3 mm offset"},
    "Scratch": {"look": "thin line", "limit": "max 5 mm"},
}
OFFSETS = [
    "Would an offset of {} still be allowed?",
    "Sind {} Versatz noch erlaubt?",
    "Uno scostamento di {} va ancora bene?",
    "¿Un desplazamiento de {} se acepta todavía?",
    "Un décalage de {}, c'est encore acceptable ?",
    "{} de desvio ainda passa?",
    "偏移{}还可以吗?",
    "{}のズレはまだ許容ですか?",
    "{} 어긋난 건 아직 괜찮아?",
]


@pytest.mark.parametrize("notes", [KEYS, HOLES])
@pytest.mark.parametrize("question", OFFSETS)
def test_a_stated_offset_is_held_against_the_limit_of_the_notes(
    question: str, notes: dict[str, dict[str, str]]
) -> None:
    for amount, allowed in (("0.2 mm", True), ("0.6 mm", False)):
        answer, affirmed = asked_of(question.format(amount), "fail", notes=notes)
        assert affirmed is allowed, answer
        assert amount in answer
        assert "119" not in answer


def test_a_limit_for_an_offset_is_held_against_no_size() -> None:
    answer, affirmed = asked_of("Is it shifted by more than 0.3 mm?", "fail", notes=HOLES)
    assert affirmed is None, answer
    assert answer.startswith("That can't be told.")
    # The size of a place is another thing where there is no offset in the question.
    answer, affirmed = asked_of(
        "Is 0.3 mm still ok?", "fail", notes=HOLES, settings=SettingsRecord(mm_per_px=0.1)
    )
    assert affirmed is not True, answer


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """Lot H-2202: 4 of 8 failed; lot 7: one of two."""
    made = context(Path(tmp_path_factory.mktemp("log")) / "log.sqlite")
    append_rows(
        made,
        [("screw", "Ann", "line-1", "H-2202", one) for one in ["fail"] * 4 + ["pass"] * 4]
        + [("screw", "Ann", "line-1", "7", one) for one in ("fail", "pass")],
    )
    yield made
    assert made.log is not None
    made.log.close()


RATES = [
    "Is the reject rate of lot {} over 40 %?",
    "Liegt die Ausschussquote von Los {} über 40 %?",
    "Il tasso di scarto del lotto {} supera il 40%?",
    "¿La tasa de rechazo del lote {} supera el 40 %?",
    "Le taux de rebut du lot {} dépasse 40 % ?",
    "A taxa de rejeição do lote {} passa de 40%?",
    "批次{}的不良率超过40%了吗？",
    "ロット{}の不良率は40%を超えていますか？",
    "로트 {} 불량률이 40%를 넘어?",
]


@pytest.mark.parametrize("lot", ["H-2202", "7"])
@pytest.mark.parametrize("question", RATES)
def test_the_digits_of_a_lot_are_no_limit(logged: Context, question: str, lot: str) -> None:
    record = answer_without_image(logged, question.format(lot))
    assert record.affirmed is True, record.answer
    assert "50.0%" in record.answer or "50%" in record.answer


def test_a_code_alone_is_no_limit(logged: Context) -> None:
    record = answer_without_image(logged, "Le taux de rebut de H-2202 dépasse 40 % ?")
    assert record.affirmed is True, record.answer


@pytest.mark.parametrize(
    ("first", "share", "which"),
    [
        ("How many of lot H-2202 failed?", "and as a percentage?", "which were they?"),
        ("Wie viele aus Los H-2202 sind durchgefallen?", "und in Prozent?", "welche waren das?"),
        ("Quanti pezzi del lotto H-2202 sono stati scartati?", "e in percentuale?", "quali erano?"),
        ("¿Cuántas piezas del lote H-2202 fallaron?", "¿y en porcentaje?", "¿cuáles fueron?"),
        ("Combien de pièces du lot H-2202 sont rejetées ?", "et en pourcentage ?", "lesquelles étaient-ce ?"),
        ("Quantas peças do lote H-2202 foram reprovadas?", "e em percentagem?", "quais foram?"),
        ("批次H-2202有几个不合格？", "百分比呢？", "是哪些？"),
        ("ロットH-2202の不良は何個？", "割合では？", "どれでしたか？"),
        ("로트 H-2202 불량 몇 개야?", "퍼센트로는?", "어떤 거였어?"),
    ],
)
def test_a_share_is_of_what_was_counted(logged: Context, first: str, share: str, which: str) -> None:
    assert "50.0%" in told(logged, first, share)
    named = told(logged, first, share, which)
    assert all(f"part-{number}.png" in named for number in range(4)), named
    assert "part-4.png" not in named


@pytest.mark.parametrize(
    "question",
    [
        "How many cm long is it?",
        "Wie viel cm lang ist das?",
        "Quanti cm è lungo?",
        "¿Cuántos cm mide?",
        "Ça fait combien de cm de long ?",
        "Quantos cm de comprimento tem?",
        "长度是多少厘米？",
        "長さは何センチですか？",
        "길이가 몇 cm야?",
    ],
)
def test_a_length_is_told_in_the_unit_that_is_asked_for(question: str) -> None:
    answer, _ = asked_of(question, "fail", settings=SettingsRecord(mm_per_px=0.1))
    assert "1.19 cm" in answer, answer
