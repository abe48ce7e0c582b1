"""Limits, scales, lengths, regions and images that a question names, by words and signs."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from agents.answers.compose import compose_answer
from agents.questions.understanding import understand
from agents.state import Asked, InspectionState, Seen, Turn
from tools.records import LanguageRecord, MeasuredRegion, OpenedRecord, ProductRecord, VerdictRecord

SEEN = [
    Seen(number=number, image=f"part_{number}.png", sha256=str(number), store_version=1, found={})
    for number in (1, 2, 3)
]
TURN = Turn(number=1, image=3, question="", kind="place", region=1, answer="")


TABLE: dict[str, list[Any]] = tomllib.loads(
    Path(__file__).with_name("named_numbers.toml").read_text(encoding="utf-8")
)


def asked_of(question: str) -> Asked:
    return understand(question, [TURN], SEEN, 3)


@pytest.mark.parametrize(("question", "value", "unit"), TABLE["limits"])
def test_a_limit_is_read(question: str, value: float, unit: str) -> None:
    limits = [one.limit for one in asked_of(question).intents if one.limit is not None]
    assert limits
    assert (round(limits[0].value, 2 if unit == "percent" else 6), limits[0].unit) == (value, unit)


@pytest.mark.parametrize(("question", "scale"), TABLE["scales"])
def test_a_scale_is_read(question: str, scale: float) -> None:
    intents = asked_of(question).intents
    assert next(one.scale_px_per_mm for one in intents if one.scale_px_per_mm) == pytest.approx(
        scale, rel=1e-3
    )
    assert not any(one.limit or one.known_length_mm for one in intents)


@pytest.mark.parametrize(("question", "length"), TABLE["lengths"])
def test_the_length_of_the_part_is_read(question: str, length: float) -> None:
    intents = asked_of(question).intents
    assert next(one.known_length_mm for one in intents if one.known_length_mm) == pytest.approx(length)
    assert not any(one.limit for one in intents)


@pytest.mark.parametrize(("question", "number"), TABLE["regions"])
def test_a_region_is_named_by_its_number(question: str, number: int) -> None:
    intents = asked_of(question).intents
    assert [one.region for one in intents if one.region] == [number]
    assert not any(one.image or one.other for one in intents)


@pytest.mark.parametrize(("question", "number"), TABLE["images"])
def test_an_image_is_named_by_its_order(question: str, number: int) -> None:
    assert number in [one.image or one.other for one in asked_of(question).intents]


@pytest.mark.parametrize("question", TABLE["nothing"])
def test_what_names_none_of_them(question: str) -> None:
    for one in asked_of(question).intents:
        assert (one.region, one.image, one.limit, one.scale_px_per_mm) == (None, None, None, None)
        assert one.known_length_mm is None


def test_a_limit_a_scale_and_the_length_of_the_part_in_one_question() -> None:
    (one,) = asked_of("1 mm is 48 px, is the crack above 0.5 mm?").intents
    assert one.limit is not None
    assert (one.limit.value, one.scale_px_per_mm) == (0.5, 48)
    (one,) = asked_of("Die Schraube ist 40 mm lang. Ist der Kratzer über 2 mm?").intents
    assert one.limit is not None
    assert (one.limit.value, one.known_length_mm) == (2, 40)
    (one,) = asked_of("is the scratch on the 40 mm long screw above 2 mm?").intents
    assert one.limit is not None
    assert one.limit.value == 2


def answered(question: str) -> InspectionState:
    return InspectionState(
        image="part.png",
        question=question,
        product=ProductRecord(name="plate", similarity=0.9, inferred=True),
        language=LanguageRecord(model=None, margin=None, problem=""),
        verdict=VerdictRecord(
            decision="fail", anomalous=True, score=0.99, p_value=0.01, uncertain=False, alpha=0.05, review=0.2
        ),
        opened=OpenedRecord(image="part.png", sha256="0" * 64, width=200, height=200, note=None),
        regions=[
            MeasuredRegion(
                id="region-1", bbox=(0, 0, 9, 9), cell="left", area_px=81, score=0.9, text="a spot"
            ),
            MeasuredRegion(
                id="region-2", bbox=(100, 0, 180, 20), cell="right", area_px=900, score=0.8, text="a spot"
            ),
        ],
        defect_type=None,
        templates=[],
        expected=[],
        passages=[],
    )


@pytest.mark.parametrize(
    ("question", "affirmed", "told"),
    [
        ("at 5 px per mm, is it at most 20 mm²?", False, "36 mm², and the limit is 20 mm²"),
        ("bei 5 px pro mm: höchstens 50 mm², passt das?", True, "36 mm²"),
        ("a 5 px per mm, supera i 20 millimetri quadrati?", True, "36 mm²"),
        ("每毫米5个像素,面积不能超过20平方毫米,合格吗", False, "36 mm²"),
        ("at most 500 square pixels, ok?", False, "900 px², and the limit is 500 px²"),
        ("at most 2 mm², does it pass?", None, "No scale is known"),
    ],
)
def test_an_area_is_held_against_a_limit_of_areas(question: str, affirmed: bool | None, told: str) -> None:
    reply = compose_answer(answered(question))
    assert told in reply.answer, reply.answer
    assert reply.affirmed is affirmed


@pytest.mark.parametrize(
    ("question", "affirmed"),
    [
        ("it may be no more than 50 px, does it pass?", False),
        ("more than 50 px is scrap. Is it ok?", False),
        ("nicht mehr als 50 Pixel erlaubt, passt das?", False),
        ("划痕不能超过50像素,这个行不行", False),
        ("non più di 50 pixel, va bene?", False),
        ("is it more than 50 px?", True),
        ("ist er länger als 50 Pixel?", True),
        ("passe-t-elle les 100 pixels maxi, c'est bon ?", True),
    ],
)
def test_a_denied_more_asks_whether_it_is_within(question: str, affirmed: bool) -> None:
    assert compose_answer(answered(question)).affirmed is affirmed


@pytest.mark.parametrize(
    "question",
    [
        "how big is the last one of them?",
        "wie groß ist die letzte davon?",
        "quelle taille fait le dernier d'entre eux ?",
        "¿qué tamaño tiene la última mancha?",
        "最后一个有多大",
    ],
)
def test_the_last_of_the_regions_is_that_with_the_highest_number(question: str) -> None:
    assert "[region-2]" in compose_answer(answered(question)).answer


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("is the 6th image ok?", "holds no image 6; it has seen 3"),
        ("ist das 6. Bild in Ordnung?", "kein Bild 6"),
        ("la 6e image est-elle bonne ?", "pas d'image 6"),
        ("第6张图合格吗", "没有图片 6"),
        ("is other_9.png ok?", '"other_9.png" has not been looked at'),
        ("how big is number 7?", "There is no region-7"),
    ],
)
def test_what_the_conversation_does_not_hold_is_said(question: str, told: str) -> None:
    given = answered(question)
    asked = understand(question, [TURN], SEEN, 3)
    given.update({"asked": asked, "seen": SEEN})  # type: ignore[misc]
    reply = compose_answer(given)
    assert told in reply.answer, reply.answer
    assert reply.affirmed is None
