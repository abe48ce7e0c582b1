"""What a failed part may lack, how many of it, and places by a clock, by the edge and by zones' names."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from given_parts import state_of

from agents.answers.compose import compose_answer
from agents.answers.image.lacking import places_of
from agents.answers.phrases import phrases_of
from agents.questions.understanding import understand
from agents.state import Observation
from knowledge.catalogue.looks import Change
from tools.classify.classify import UNKNOWN
from tools.records import (
    DefectRecord,
    EvidenceRecord,
    LookRecord,
    MeasuredRegion,
    NamedScore,
    OpenedRecord,
    ProductRecord,
    SettingsRecord,
)

KNOWN = ("Missing ball", "Scratch", "Crack")
Box = tuple[int, int, int, int]
LEFT: Box = (10, 45, 20, 55)
MIDDLE: Box = (48, 48, 52, 52)


def region(number: int, box: Box, change: Change | None = None, zone: str | None = None) -> MeasuredRegion:
    look = LookRecord(
        shape="round",
        length_px=10.0,
        width_px=9.0,
        contrast=-30.0,
        change=change,
        shown=20.0 if change else None,
    )
    return MeasuredRegion(
        id=f"region-{number}",
        bbox=box,
        cell="left",
        area_px=80,
        score=0.9,
        text="a spot",
        look=look,
        zone=zone,
    )


def answer(
    question: str,
    *boxes: Box,
    change: Change | None = None,
    defect: str = UNKNOWN,
    others: Sequence[tuple[str, float]] = (("Scratch", 0.3), ("Missing ball", 0.2)),
    zones: Sequence[str] = (),
    zone: str | None = None,
    layout: Sequence[str] | None = None,
) -> str:
    """Return the answer about a ring of 100 x 100 pixels that differs from good ones in boxes, if in any.

    layout: kinds of the findings of its layout; it has none if None.
    """
    asked = understand(question, known=KNOWN)
    values: list[tuple[str, dict[str, object]]] = [
        ("measure_part", {"box": [0, 0, 100, 100], "area_px": 7800}),
        ("count_components", {"count": 1 if layout is None else 7}),
        (
            "check_layout",
            {"learned": layout is not None, "count": 7, "findings": [{"kind": one} for one in layout or ()]},
        ),
    ]
    observations = [
        Observation(
            tool=tool,
            values=one,
            evidence=EvidenceRecord(kind="score", id=tool, text="seen"),
            intent=0,
        )
        for tool, one in values
    ]
    kind = DefectRecord(
        name=defect,
        score=0.7,
        status="unknown" if defect == UNKNOWN else "likely",
        alternatives=[NamedScore(name=name, score=score) for name, score in others],
    )
    state = state_of(
        question,
        "fail" if boxes else "pass",
        {},
        asked=asked,
        product=ProductRecord(name="ring", similarity=0.9, inferred=True),
        opened=OpenedRecord(image="part.png", sha256="0", width=100, height=100),
        regions=[region(number, box, change, zone) for number, box in enumerate(boxes, 1)],
        defect_type=kind,
        settings=SettingsRecord(zones=list(zones)),
        expected=list(KNOWN),
        observations=observations,
    )
    return compose_answer(state).answer


ALL_THERE = [
    ("en", "are all the balls in there?"),
    ("de", "sind alle Kugeln drin?"),
    ("fr", "toutes les billes sont là ?"),
    ("es", "¿están todas las bolas?"),
    ("it", "ci sono tutte le sfere?"),
    ("pt", "as esferas estão todas aí?"),
    ("zh", "钢球齐全吗？"),
    ("ja", "ボールは全部ありますか"),
    ("ko", "볼이 다 있나요?"),
]
ONE_MISSING = [
    ("en", "is a ball missing?"),
    ("de", "fehlt da was vom Druck?"),
    ("fr", "il manque une bille ?"),
    ("es", "¿falta una bola?"),
    ("it", "manca una sfera?"),
    ("pt", "falta uma esfera?"),
    ("zh", "少了什么吗？"),
    ("ja", "ボールが抜けてない？"),
    ("ko", "볼이 빠졌나요?"),
]


@pytest.mark.parametrize(("language", "question"), ALL_THERE)
def test_that_all_is_there_is_never_affirmed_of_a_part_that_differs(language: str, question: str) -> None:
    say = phrases_of(language)
    assert answer(question, LEFT).startswith(say("Possibly not."))
    likely = answer(question, LEFT, change="missing", others=[("Missing ball", 0.4), ("Scratch", 0.3)])
    assert likely.startswith(say("Probably not."))
    assert answer(question, LEFT, defect="Missing ball").startswith(say("Probably not."))
    assert answer(question).startswith(say("Yes, by comparison with good parts."))


@pytest.mark.parametrize(("language", "question"), ONE_MISSING)
def test_the_first_word_fits_a_question_whether_something_is_missing(language: str, question: str) -> None:
    say = phrases_of(language)
    open_ = answer(question, LEFT)
    assert open_.startswith(say("Possibly."))
    assert "[region-1]" in open_
    assert "Missing ball" in open_
    assert answer(question, LEFT, defect="Missing ball").startswith(say("Probably."))
    other = answer(question, LEFT, defect="Crack")
    assert other.startswith(say("Probably not."))
    assert "Crack" in other
    assert answer(question).startswith(say("No, by comparison with good parts."))


def test_a_type_of_another_thing_says_less_of_what_is_gone() -> None:
    say = phrases_of("en")
    assert answer("is a ball missing?", LEFT, change="missing", defect="Crack").startswith(say("Possibly."))
    assert answer("are all pieces in?", LEFT, layout=["missing"]).startswith(say("Probably not."))


def test_colours_that_differ_are_no_finding_of_a_layout() -> None:
    told = answer("are all the balls in there?", LEFT)
    assert "layout" not in told
    assert "arrangement" not in told


HOW_MANY = [
    ("en", "how many balls are missing?"),
    ("de", "wie viele Kugeln fehlen?"),
    ("fr", "combien de billes manquent ?"),
    ("es", "¿cuántas bolas faltan?"),
    ("it", "quante sfere mancano?"),
    ("pt", "quantas esferas faltam?"),
    ("zh", "少了几颗钢球？"),
    ("ja", "ボールは何個欠けていますか？"),
    ("ko", "볼이 몇 개 빠졌어요?"),
]


@pytest.mark.parametrize(("language", "question"), HOW_MANY)
def test_places_are_counted_and_not_what_is_missing_there(language: str, question: str) -> None:
    say = phrases_of(language)
    (one,) = understand(question, known=KNOWN).intents
    assert one.kind == "parts"
    assert answer(question, LEFT).startswith(say("Possibly one."))
    touching = answer(question, LEFT, (19, 40, 30, 46))
    assert touching.startswith(say("Possibly one."))
    assert "[region-1, region-2]" in touching
    assert answer(question, LEFT, MIDDLE).startswith(say("Possibly {count}.", count=2))
    assert answer(question, LEFT, defect="Crack").startswith(say("Probably none."))
    assert answer(question).startswith(say("None."))


def test_what_a_layout_lacks_is_counted() -> None:
    assert answer("how many pieces are missing?", LEFT, layout=["missing", "moved"]).startswith("1. ")


def test_the_amount_of_a_liquid_is_no_number_of_things() -> None:
    assert "isn't measured" in answer("how much juice is missing?", LEFT)


def test_regions_that_touch_are_of_one_place() -> None:
    boxes: list[Box] = [(0, 0, 10, 10), (30, 0, 40, 10), (10, 5, 20, 10), (19, 9, 31, 20)]
    regions = [region(number, box) for number, box in enumerate(boxes)]
    assert [len(place) for place in places_of(regions)] == [4]
    assert [[one.id for one in place] for place in places_of(regions[:3])] == [
        ["region-0", "region-2"],
        ["region-1"],
    ]


HOURS = [
    ("en", "where exactly, what oclock"),
    ("de", "auf wie viel Uhr sitzt der Fehler?"),
    ("fr", "à quelle heure se situe le défaut ?"),
    ("es", "¿a qué hora del reloj está el defecto?"),
    ("it", "a che ora dell'orologio si trova?"),
    ("pt", "em que posição do relógio está?"),
    ("zh", "缺陷在几点钟方向？"),
    ("ja", "何時の方向ですか？"),
    ("ko", "몇 시 방향이에요?"),
]


@pytest.mark.parametrize(("language", "question"), HOURS)
def test_a_place_is_told_by_the_hours_of_a_clock(language: str, question: str) -> None:
    say = phrases_of(language)
    told = "At {hours} o'clock as the image shows it, 12 at the top [{id}]."
    assert answer(question, LEFT).startswith(say(told, hours="9", id="place"))
    assert answer(question, (60, 5, 70, 15)).startswith(say(told, hours="1", id="place"))
    middle = say("In the middle, so at no hour of a clock [{id}].", id="place")
    assert answer(question, MIDDLE).startswith(middle)


@pytest.mark.parametrize(
    "question",
    ["um wieviel Uhr wurde das Teil geprüft?", "what happened at 3 o'clock?", "is it at 3 o'clock?"],
)
def test_hours_of_the_day_and_named_ones_are_no_question_for_a_place_by_the_clock(question: str) -> None:
    assert understand(question).first.measured != "clock"


EDGE_OR_MIDDLE = [
    ("en", "is the spot at the edge or in the middle?"),
    ("de", "sitzt der Fleck am Rand oder in der Mitte?"),
    ("fr", "la tache est au bord ou au centre ?"),
    ("es", "¿la mancha está en el borde o en el centro?"),
    ("it", "la macchia è vicino al bordo o al centro?"),
    ("pt", "a mancha fica na borda ou no centro?"),
    ("zh", "污点在边缘还是中间？"),
    ("ja", "汚れは端ですか、中央ですか？"),
    ("ko", "얼룩이 가장자리에 있나요, 가운데에 있나요?"),
]


@pytest.mark.parametrize(("language", "question"), EDGE_OR_MIDDLE)
def test_edge_or_middle_is_chosen_by_how_far_out_it_lies(language: str, question: str) -> None:
    say = phrases_of(language)
    assert answer(question, LEFT).startswith(say("Nearer to the edge."))
    assert answer(question, MIDDLE).startswith(say("Nearer to the middle."))


ZONES = ["inner ring", "outer ring"]


def test_alternatives_of_place_are_zones_that_are_set_or_none_of_these_names() -> None:
    question = "scratch on the inner or the outer ring?"
    assert answer(question, LEFT, zones=ZONES, zone="inner ring").startswith("In the zone inner ring.")
    assert answer(question, LEFT, zones=ZONES).startswith("Neither of them.")
    assert answer(question, LEFT).startswith("No zone of these names is set")
    assert answer("傷は内輪と外輪のどちらですか？", LEFT).startswith("そのような名前の領域は設定されていない")


@pytest.mark.parametrize(
    "question",
    ["which ball is missing?", "die wievielte Kugel fehlt?", "quelle bille manque ?", "¿qué bola falta?",
     "quale sfera manca?", "qual esfera falta?", "第几个药片颜色不对", "何番目のボールですか？",
     "몇 번째 볼이 빠졌나요?"],
)  # fmt: skip
def test_which_of_several_alike_is_asked_for_a_place(question: str) -> None:
    asked = understand(question, known=KNOWN)
    assert [one.kind for one in asked.intents] == ["place"]
    unnumbered = phrases_of(asked.language)(
        "Which of several alike it is isn't counted; its place and the product's named zones tell it [score]."
    )
    assert unnumbered in answer(question, LEFT)


def test_why_it_says_reject_asks_for_no_text() -> None:
    kinds = [one.kind for one in understand("wieso steht da Ausschuss, fehlt ne Kugel?", known=KNOWN).intents]
    assert kinds == ["reasoning", "parts"]
