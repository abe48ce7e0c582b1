"""A size that a question beside an image states is held against the notes' limit, not against the part."""

from __future__ import annotations

import pytest
from given_parts import asked_of

from tools.records import SettingsRecord

NOTES = {
    "Burr": {"look": "jagged bright edge", "limit": "max 0.2 mm"},
    "Scratch": {"look": "thin line", "limit": "max 5 mm"},
    "Stain": {"look": "brown blotch", "limit": "max 0.5 mm²"},
}
SCALE = SettingsRecord(mm_per_px=0.1)
OF_SCRATCH = [
    "Would a scratch of {} still be acceptable?",
    "Wäre ein Kratzer von {} noch zulässig?",
    "Un graffio di {} sarebbe ancora accettabile?",
    "¿Un arañazo de {} sería todavía aceptable?",
    "Une rayure de {} serait-elle encore admise ?",
    "e se o risco tivesse {}, passava?",
    "如果划痕只有{},还可以接受吗?",
    "{}の傷ならまだ許容されますか?",
    "스크래치가 {}라면 아직 괜찮나요?",
]


@pytest.mark.parametrize("question", OF_SCRATCH)
def test_a_stated_size_of_a_type_is_held_against_its_limit(question: str) -> None:
    for amount, allowed in (("4 mm", True), ("8 mm", False)):
        answer, affirmed = asked_of(question.format(amount), "fail", notes=NOTES, settings=SCALE)
        assert affirmed is allowed, answer
        assert "5 mm" in answer and "11.9 mm" in answer


@pytest.mark.parametrize(
    "question", ["0,3 mm wären doch ok, oder?", "até 2 mm aceita-se, certo?", "is 2 mm still ok?"]
)
def test_a_number_that_is_asked_about_is_no_limit(question: str) -> None:
    answer, affirmed = asked_of(question, "fail", notes=NOTES, settings=SCALE)
    assert affirmed is None, answer
    assert "0.2 mm" in answer and "5 mm" in answer


def test_a_limit_that_is_given_still_is_one() -> None:
    answer, affirmed = asked_of("Is the scratch at most 2 mm, ok?", "fail", notes=NOTES, settings=SCALE)
    assert affirmed is False, answer
    assert "11.9 mm" in answer and "2 mm" in answer


@pytest.mark.parametrize(
    ("question", "longer"),
    [
        ("Is the scratch longer than 8 mm?", True),
        ("Ist der Kratzer länger als 8 mm?", True),
        ("La rayure est-elle plus longue que 8 mm ?", True),
        ("Il graffio è più lungo di 8 mm?", True),
        ("划痕比8毫米长吗?", True),
        ("傷は8mmより長い?", True),
        ("스크래치가 8mm보다 길어?", True),
        ("Is the scratch longer than 20 mm?", False),
    ],
)
def test_longer_than_the_limit_of_the_notes_is_of_the_part(question: str, longer: bool) -> None:
    notes = {"Scratch": {"look": "thin line", "limit": "max 8 mm"}}
    answer, affirmed = asked_of(question, "fail", notes=notes, settings=SettingsRecord(mm_per_px=0.1))
    assert affirmed is longer, answer
    assert "11.9" in answer, answer
