"""First words that answer the question as put: tags, either-or, amounts, what is not measured, two images."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from agents.answers.compose import compose_answer
from agents.answers.image.two import about_two
from agents.answers.phrases import phrases_of
from agents.answers.topic import Topic
from agents.questions.form.tags import is_tagged, without_tag
from agents.questions.understanding import understand
from agents.state import InspectionState, Seen
from anomaly_core.results import Decision, Region
from anomaly_core.scoring.beside import beside_part
from tools.records import (
    DefectRecord,
    LanguageRecord,
    MeasuredRegion,
    OpenedRecord,
    PassageRecord,
    ProductRecord,
    VerdictRecord,
)


def state(question: str, decision: Decision = "fail", defect: str | None = None) -> InspectionState:
    bad = decision == "fail"
    p_value = {"fail": 0.01, "review": 0.1, "pass": 0.6}[decision]
    return InspectionState(
        image="part.png",
        question=question,
        product=ProductRecord(name="plate", similarity=0.9, inferred=True),
        opened=OpenedRecord(image="part.png", sha256="ab" * 32, width=90, height=90),
        language=LanguageRecord(model=None, margin=None, problem=""),
        verdict=VerdictRecord(
            decision=decision, anomalous=bad, score=1 - p_value, p_value=p_value, uncertain=False,
            alpha=0.05, review=0.2,
        ),
        regions=[
            MeasuredRegion(id="region-1", bbox=(0, 50, 9, 59), cell="left", area_px=81, score=1,
                text="a spot",)
        ] if bad else [],
        defect_type=None if defect is None else DefectRecord(name=defect, score=0.7),
        templates=[],
        expected=["Scratch", "Crack"],
        passages=[
            PassageRecord(
                id="note-1", product="plate", defect="Scratch", title="Scratch", field="cause",
                text="The brush of the polisher is worn.", file="notes.md", offset=0, score=1.0,
            )
        ],
    )  # fmt: skip


def answer(question: str, decision: Decision = "fail", defect: str | None = None) -> str:
    return compose_answer(state(question, decision, defect)).answer


@pytest.mark.parametrize(
    ("question", "sense"),
    [
        ("it's fine, isn't it?", "good"),
        ("there's a tiny spot at the left tip isnt there", "bad"),
        ("nothing at the left end, right?", "good"),
        ("ist doch kein Kratzer drauf, oder?", "good"),
        ("pas de rayure, hein ?", "good"),
        ("niente graffi, vero?", "good"),
        ("hay una grieta, ¿verdad?", "bad"),
        ("tá boa essa?", "good"),
        ("没有划痕吧？", "good"),
        ("傷はないよね？", "good"),
        ("긁힌 자국 없지?", "good"),
        ("so you didn't find a single scratch?", "good"),
        ("du hast keinen Kratzer gefunden?", "good"),
        ("non hai trovato nessun graffio?", "good"),
    ],
)
def test_a_tag_question_is_answered_yes_or_no(question: str, sense: str) -> None:
    (one,) = understand(question).intents
    assert (one.kind, one.sense, one.closed) == ("verdict", sense, True)


@pytest.mark.parametrize(
    "question", ["That's a reflection, not a dent.", "das ist kein Fehler, das ist ein Schatten", "你错了"]
)
def test_what_asks_nothing_corrects(question: str) -> None:
    assert understand(question).first.kind == "correction"


def test_a_tag_is_told_from_the_question_before_it() -> None:
    assert without_tag("it is fine, isn't it", "en") == "it is fine"
    assert not is_tagged("where is it", "en")
    assert not is_tagged("wo genau denn, oben oder unten", "de")


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("is it half empty?", "en"),
        ("ist die Flasche voll?", "de"),
        ("A garrafa está cheia?", "pt"),
        ("¿tiene demasiado jugo?", "es"),
        ("주스가 너무 많은 거 아니야?", "ko"),
        ("does the fruit on the label match the juice?", "en"),
        ("passt das Bild zum Saft?", "de"),
    ],
)
def test_of_a_bad_part_an_amount_can_not_be_told(question: str, language: str) -> None:
    composed = compose_answer(state(question))
    assert composed.answer.startswith(phrases_of(language)("That can't be told."))
    assert composed.affirmed is None


@pytest.mark.parametrize(
    ("question", "yes"),
    [
        ("is it full?", True),
        ("is it empty?", False),
        ("量は足りてる？", True),
        ("è vuota?", False),
    ],
)
def test_of_a_good_part_it_is_told_by_comparison(question: str, yes: bool) -> None:
    assert compose_answer(state(question, "pass")).affirmed is yes


@pytest.mark.parametrize(
    "question", ["how much juice is missing?", "Wieviel fehlt da?", "combien il en manque ?"]
)
def test_how_much_asks_for_no_number_of_defects(question: str) -> None:
    (one,) = understand(question).intents
    assert (one.kind, one.closed) == ("parts", False)


@pytest.mark.parametrize(
    "question",
    ["is it shifted to the left or to the right?", "ist es nach links oder rechts verschoben?",
     "l'étiquette est décalée à gauche ou à droite ?"],
)  # fmt: skip
def test_the_direction_of_a_shift_is_not_measured(question: str) -> None:
    language = understand(question).language
    first = phrases_of(language)("Which way something is shifted isn't measured.")
    assert answer(question).startswith(first)


@pytest.mark.parametrize(
    ("question", "first"),
    [("is it on the left or on the right?", "At the left."), ("ist es rechts oder links?", "Links."),
     ("¿está arriba o a la derecha?", phrases_of("es")("Neither of them."))],
)  # fmt: skip
def test_the_side_that_fits_is_said_first(question: str, first: str) -> None:
    assert answer(question).startswith(first)


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Show me", "appearance"),
        ("Zeig mal", "appearance"),
        ("mostrami la mappa di calore", "appearance"),
        ("给我看热力图", "appearance"),
        ("what would have to be different for it to pass?", "reasoning"),
        ("was müsste anders sein, damit es durchgeht?", "reasoning"),
        ("¿qué tendría que cambiar para que pase?", "reasoning"),
        ("can you read the number printed on it?", "verdict"),
        ("kannst du die Aufschrift lesen?", "verdict"),
        ("There is a dark speck above it. Does that count?", "verdict"),
        ("did the feeder jam?", "cause"),
        ("hat der Etikettierer geklemmt?", "cause"),
    ],
)
def test_what_else_is_asked(question: str, kind: str) -> None:
    assert understand(question).first.kind == kind


def test_it_says_what_it_does_not_do() -> None:
    assert answer("can you read the number printed on it?").startswith("No. Text and codes aren't read")
    assert "iad inspect part.png --out FOLDER" in answer("show me the heat map")
    assert answer("what would have to be different for it to pass?").startswith(
        "A part passes with a p-value of 20%"
    )
    assert answer("does it cross the joint?").startswith("That can't be told.")


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("could it have happened at the polisher?", "Possibly. If it is Scratch"),
        ("could it have happened at the oven?", "The notes name no such cause."),
        ("did the feeder jam?", "The notes name no such cause."),
    ],
)
def test_a_suggested_cause_is_held_against_the_notes(question: str, first: str) -> None:
    assert answer(question).startswith(first)


def test_three_questions_in_one_are_told_apart() -> None:
    kinds = [one.kind for one in understand("Is it full? and would you ship it?").intents]
    assert kinds[0] == "parts"
    assert len(kinds) == 2


def seen(number: int, given: InspectionState) -> Seen:
    return Seen(number=number, image=f"{number}.png", sha256="", store_version=1, found=dict(given))


@pytest.mark.parametrize(
    "question",
    ["are these two the same defect?", "ist das bei beiden derselbe Fehler?", "这两个是同一种缺陷吗？",
     "one of them has too much in it. which?", "are both shifted the same way?"],
)  # fmt: skip
def test_two_images_are_compared_with_each_other(question: str) -> None:
    one = understand(question, seen=[seen(1, state(""))], current=2).first
    assert (one.kind, one.other) == ("comparison", 1)
    assert understand(question, seen=[], current=1).first.other is None


@pytest.mark.parametrize(
    ("first", "second", "lead"),
    [("Scratch", "Scratch", "Yes."), ("Scratch", "Crack", "No."), ("Scratch", None, "That can't be told.")],
)
def test_the_same_defect_on_two_images(first: str | None, second: str | None, lead: str) -> None:
    question = "are these two the same defect?"
    other, here = state("", defect=first), state(question, defect=second)
    asked = understand(question, seen=[seen(1, other)], current=2)
    held: Any = {**here, "seen": [seen(1, other)]}
    told = about_two(Topic(held, asked, asked.first, 0, phrases_of("en")))
    assert told is not None
    assert told.lead == lead
    assert [one.partition(":")[0] for one in told.body] == ['"1.png"', '"part.png"']


def region(box: tuple[int, int, int, int]) -> Region:
    middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    return Region(box, middle, "center", 9, 1.0, np.zeros((200, 200), np.bool_))


def test_a_region_beside_the_part_is_told_from_one_on_it() -> None:
    pixels = np.full((200, 200, 3), 230, np.uint8)
    pixels[60:140, 40:160] = 60
    regions = [region((170, 180, 180, 190)), region((90, 90, 100, 100)), region((30, 58, 39, 62))]
    assert beside_part(pixels, regions) == [True, False, False]
    pixels[10:40, 150:190] = 60
    assert beside_part(pixels, regions) == [False, False, False]


def test_a_region_beside_the_part_is_said_to_be() -> None:
    given = state("where is it?")
    given["regions"] = [given["regions"][0].model_copy(update={"beside": True})]
    assert compose_answer(given).answer.startswith("At the left, beside the part")
    assert replace(region((0, 0, 1, 1)), beside=True).beside
