"""Questions about a product's zones, in nine languages: what is asked of them, and what a yes means."""

from __future__ import annotations

import pytest

from agents.answers.compose import compose_answer
from agents.answers.phrases import phrases_of
from agents.questions.slots.zones import in_zones
from agents.questions.understanding import understand
from agents.state import Asked, DialogueState, Observation
from tools.locations import ZONE
from tools.records import (
    EvidenceRecord,
    LanguageRecord,
    MeasuredRegion,
    OpenedRecord,
    ProductRecord,
    VerdictRecord,
)

ZONES = ["head", "legs", "right hand", "flange"]
ALONE = [
    ("and the head?", "head"),
    ("what about the legs?", "legs"),
    ("and the flange?", "flange"),
    ("und der Kopf?", "head"),
    ("e la testa?", "head"),
    ("¿y la cabeza?", "head"),
    ("et les jambes ?", "legs"),
    ("e a mão direita?", "right hand"),
    ("那头部呢？", "head"),
    ("では頭部は？", "head"),
    ("그럼 머리는요?", "head"),
]
OK = [
    ("is the right hand ok?", "right hand"),
    ("ist die rechte Hand in Ordnung?", "right hand"),
    ("la mano destra è a posto?", "right hand"),
    ('la zona "right hand" è ok?', "right hand"),
    ("¿la cabeza está bien?", "head"),
    ("la main droite est-elle bonne ?", "right hand"),
    ("a mão direita está boa?", "right hand"),
    ("右手合格吗？", "right hand"),
    ("右手は大丈夫ですか？", "right hand"),
    ("오른손은 괜찮아요?", "right hand"),
]


def asked(question: str) -> Asked:
    return in_zones(understand(question), ZONES)


def answered(question: str, tool: str = "describe_region", **values: object) -> tuple[str, bool | None]:
    """The answer about a failed part whose place stands out, and whether it affirms."""
    understood = asked(question)
    place = str(understood.first.place)
    measured = {"stands_out": True, "times_limit": 1.42}
    seen = [Observation(tool="describe_region", evidence=told("describe"), values=measured, intent=0)]
    if tool != "describe_region":
        seen.append(Observation(tool=tool, evidence=told("zoom"), values=values, intent=0))
    region = MeasuredRegion(
        id="region-1", bbox=(0, 0, 9, 9), cell="top", area_px=81, score=0.9, text="a spot",
        zone=place.removeprefix(ZONE),
    )  # fmt: skip
    composed = compose_answer(
        DialogueState(
            image="part.png",
            question=question,
            asked=understood,
            opened=OpenedRecord(image="part.png", sha256="0" * 64, width=100, height=100),
            product=ProductRecord(name="toy", similarity=0.9, inferred=True),
            language=LanguageRecord(model=None, margin=None, problem=""),
            verdict=VerdictRecord(
                decision="fail",
                anomalous=True,
                score=0.99,
                p_value=0.01,
                uncertain=False,
                alpha=0.05,
                review=0.2,
            ),
            regions=[region],
            defect_type=None,
            templates=[],
            expected=[],
            passages=[],
            seen=[],
            observations=seen,
        )
    )
    return composed.answer, composed.affirmed


def told(id_: str) -> EvidenceRecord:
    return EvidenceRecord(kind="region", id=id_, text="'zone head' names no place: give a region id")


@pytest.mark.parametrize(("question", "zone"), ALONE)
def test_a_zone_alone_asks_how_it_is(question: str, zone: str) -> None:
    (intent,) = asked(question).intents
    assert (intent.kind, intent.zone, intent.closed) == ("verdict", zone, False)
    answer, affirmed = answered(question)
    assert answer.startswith(phrases_of(understand(question).spoken)("NG."))
    assert affirmed is None


@pytest.mark.parametrize(("question", "zone"), OK)
def test_a_zone_that_exceeds_is_not_ok(question: str, zone: str) -> None:
    (intent,) = asked(question).intents
    assert (intent.kind, intent.zone, intent.sense) == ("verdict", zone, "good")
    assert answered(question)[1] is False


def test_a_second_zone_is_asked_what_the_first_is() -> None:
    first, second = asked("is the head ok, and the legs?").intents
    assert (second.kind, second.zone, second.closed, second.sense) == ("verdict", "legs", True, first.sense)


def test_a_side_is_no_hand() -> None:
    assert asked("is the right-hand side ok?").first.zone is None
    assert asked("la mano sinistra è a posto?").first.place == "left"


@pytest.mark.parametrize("values", [{}, {"p_value": None, "place": "zone legs", "cell": "top"}])
@pytest.mark.parametrize("question", ["look again at the legs please", "Sieh dir den Kopf nochmal an"])
def test_what_cannot_be_looked_at_again_is_told_as_it_was_measured(
    question: str, values: dict[str, object]
) -> None:
    answer, _ = answered(question, "zoom_region", **values)
    assert "names no place" not in answer
    assert "1.42" in answer
