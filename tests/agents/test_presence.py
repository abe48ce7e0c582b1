"""Whether something of the part is there, limits and sizes that a question states, and remedies."""

from __future__ import annotations

import pytest

from agents.answers.compose import compose_answer
from agents.answers.phrases import phrases_of
from agents.questions.slots.by_words import type_of_a_word
from agents.questions.slots.limits import asks_if_above, limit_of
from agents.questions.slots.zones import in_zones
from agents.questions.understanding import understand
from agents.state import DialogueState, Observation, Understanding
from tools.records import (
    EvidenceRecord,
    LanguageRecord,
    LookRecord,
    MeasuredRegion,
    OpenedRecord,
    PersonsWord,
    ProductRecord,
    VerdictRecord,
)

KNOWN = ("Missing date", "Smeared print", "Shifted print", "Rust")
THERE = [
    ("en", "is the head there?"),
    ("de", "Ist der Kopf dran?"),
    ("it", "La testa c'è?"),
    ("es", "¿está la cabeza?"),
    ("fr", "est-ce que la tête est là ?"),
    ("pt", "a cabeça está lá?"),
    ("zh", "头还在吗?"),
    ("ja", "頭部は付いていますか?"),
    ("ko", "머리가 있나요?"),
]


def first_of(question: str, *, pictured: bool = True) -> Understanding:
    return in_zones(understand(question, known=KNOWN, pictured=pictured), ("head", "label")).first


@pytest.mark.parametrize(("language", "question"), THERE)
def test_whether_a_thing_is_there_is_asked_of_its_zone(language: str, question: str) -> None:
    one = first_of(question)
    assert (one.kind, one.closed, one.zones) == ("parts", True, ["head"]), language


@pytest.mark.parametrize("question", ["Is there a date?", "date printed?", "is the keyway there?"])
def test_what_belongs_to_a_part_is_asked_for_without_a_zone(question: str) -> None:
    assert first_of(question).kind == "parts"


@pytest.mark.parametrize(
    "question",
    ["Is there a defect?", "is there a scratch?", "is there oil on the head?", "ist der Fehler noch da?",
     "c'è un difetto?", "¿está bien la pieza?", "tem algum defeito?", "問題はありますか", "문제 있어?"],
)  # fmt: skip
def test_whether_there_is_a_defect_is_no_question_for_what_belongs_there(question: str) -> None:
    assert first_of(question).kind != "parts"


def answered(
    question: str, times: float, *, decision: str = "pass", called: str | None = None
) -> tuple[str, bool | None]:
    """Return the answer about a figure whose head has a level, and what a person called the figure."""
    asked = in_zones(understand(question, known=KNOWN), ("head", "label"))
    person = None
    if called is not None:
        person = PersonsWord(
            verdict="anomalous", defect_type=called, at="2026-01-01T00:00:00+00:00", image="part.png", id="1"
        )
    stands_out = times > 1
    values = {"stands_out": stands_out, "times_limit": times, "bbox": [0, 0, 10, 10]}
    seen = Observation(
        tool="describe_region",
        values=values,
        evidence=EvidenceRecord(kind="region", id="describe-zone-head", text="the head"),
        intent=0,
    )
    look = LookRecord(shape="round", length_px=10.0, width_px=9.0, contrast=-12.0)
    region = MeasuredRegion(
        id="region-1", bbox=(0, 0, 10, 10), cell="top", area_px=80, score=0.9, text="a spot", look=look,
        zone="head",
    )  # fmt: skip
    state = DialogueState(
        image="part.png",
        question=question,
        asked=asked,
        product=ProductRecord(name="figure", similarity=0.9, inferred=True),
        language=LanguageRecord(model=None, margin=None, problem=""),
        verdict=VerdictRecord(
            decision=decision,
            anomalous=decision == "fail",
            score=0.9,
            p_value=0.3,
            uncertain=False,
            alpha=0.05,
            review=0.2,
            person=person,
        ),
        regions=[region] if decision == "fail" else [],
        opened=OpenedRecord(image="part.png", sha256="0", width=100, height=100),
        templates=[],
        expected=[],
        passages=[],
        observations=[seen],
    )
    composed = compose_answer(state)
    return composed.answer, composed.affirmed


@pytest.mark.parametrize(("language", "question"), THERE)
def test_a_thing_is_there_only_where_its_zone_is_as_on_good_parts(language: str, question: str) -> None:
    say = phrases_of(language)
    answer, affirmed = answered(question, 0.5)
    assert answer.startswith(say("Yes, by comparison with good parts."))
    assert affirmed is True
    answer, affirmed = answered(question, 1.4, decision="fail")
    assert answer.startswith(say("Not as on good parts."))
    assert affirmed is None
    answer, affirmed = answered(question, 1.2, decision="review")
    assert answer.startswith(say("To be reviewed."))
    answer, affirmed = answered(question, 0.5, called="Missing head")
    assert answer.startswith(say("Not as on good parts."))
    assert "Missing head" in answer
    assert affirmed is None


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("de", "geht das noch durch, grenze is doch 4 oder", 4.0),
        ("en", "limit is 4 right, does it pass?", 4.0),
        ("fr", "la limite c'est 3, on rejette ?", 3.0),
        ("it", "quindi scarto? limite 3", 3.0),
        ("es", "el límite es 3, ¿pasa?", 3.0),
        ("pt", "limite 3, passa?", 3.0),
        ("zh", "上限是4吧", 4.0),
        ("ja", "限度は3ですよね", 3.0),
        ("ko", "한도는 3이죠?", 3.0),
    ],
)
def test_a_number_without_a_unit_beside_a_word_for_a_limit_is_one(
    language: str, text: str, value: float
) -> None:
    found = limit_of(text, language)
    assert found is not None
    assert found.value == value


@pytest.mark.parametrize("text", ["limit for 3 scratches?", "max 4 parts failed", "what is the limit?"])
def test_another_number_is_no_limit(text: str) -> None:
    assert limit_of(text, "en") is None


def test_out_with_it_is_affirmed_above_the_limit() -> None:
    assert asks_if_above("also raus? limit 3 mm", "de")
    assert asks_if_above("do we reject it? the limit is 3 mm", "en")
    assert not asks_if_above("limit is 4 right, does it pass?", "en")
    assert not asks_if_above("over 2 mm is scrap. does it pass?", "en")
    (one,) = understand("also raus? limit 3 mm").intents
    assert (one.kind, one.closed) == ("size", True)


def test_a_type_is_named_by_a_word_of_its_name_alone() -> None:
    assert type_of_a_word("just shifted", "en", KNOWN) == "shifted print"
    assert type_of_a_word("nur öl", "de", ("Rost", "Ölfleck")) == "ölfleck"
    one = understand("smeared or just shifted", known=KNOWN).first
    assert (one.kind, one.choice) == ("type", ["smeared", "just shifted"])


@pytest.mark.parametrize(
    "question",
    ["What's the fix for rust?", "remedy for rust?", "Abhilfe bei Rost?", "rimedio contro la ruggine?",
     "¿qué remedio hay contra el óxido?", "le remède contre la rouille ?", "qual o remédio para ferrugem?",
     "生锈的对策是什么?", "さびの対策は?", "녹 조치는?"],
)  # fmt: skip
def test_a_remedy_is_an_action(question: str) -> None:
    assert first_of(question, pictured=False).kind == "action"
