"""Parts in review and parts that a person called defective: each question is answered for what it asks."""

from __future__ import annotations

import pytest

from agents.answers.compose import compose_answer
from agents.answers.image.verdict import UNMEASURED
from agents.answers.notes.limits import NO_OFFSET
from agents.answers.phrases import phrases_of
from agents.questions.understanding import understand
from agents.state import InspectionState, Observation
from anomaly_core.results import Decision
from knowledge.catalogue.limits import parse_limit
from tools.records import (
    EvidenceRecord,
    LanguageRecord,
    LookRecord,
    MeasuredRegion,
    OpenedRecord,
    PassageRecord,
    PersonsWord,
    ProductRecord,
    VerdictRecord,
)

SEEN = MeasuredRegion(
    id="region-1", bbox=(60, 0, 100, 20), cell="top right", area_px=800, score=1, text="a round dark area",
    look=LookRecord(shape="round", length_px=40, width_px=20, contrast=-30, colour=None),
)  # fmt: skip
RUST = PassageRecord(
    id="plate/rust#look", product="plate", defect="rust", title="rust", field="look",
    text="brown patchy area", file="notes.md", offset=0, score=1.0, language="en",
)  # fmt: skip


def state(question: str, decision: Decision, person: str | None = None, **given: object) -> InspectionState:
    p_value = {"fail": 0.01, "review": 0.1, "pass": 0.6}[decision]
    said = person and PersonsWord(id="c1", verdict=person, image="a.png", at="2026-01-01T00:00:00+00:00")
    found = {
        "image": "a.png",
        "question": question,
        "product": ProductRecord(name="plate", similarity=0.9, inferred=True),
        "opened": OpenedRecord(image="a.png", sha256="ab" * 32, width=200, height=200),
        "language": LanguageRecord(model=None, margin=None, problem=""),
        "verdict": VerdictRecord(
            decision=decision, anomalous=decision == "fail", score=1 - p_value, p_value=p_value,
            uncertain=False, alpha=0.05, review=0.2, person=said or None,
        ),
        "regions": [] if decision == "pass" else [SEEN],
        "defect_type": None,
        "templates": [],
        "expected": [],
        "passages": [],
        "asked": understand(question),
        "observations": [],
    }  # fmt: skip
    return InspectionState(**{**found, **given})  # type: ignore[typeddict-item]


def answer(question: str, decision: Decision, person: str | None = None, **given: object) -> str:
    return compose_answer(state(question, decision, person, **given)).answer


@pytest.mark.parametrize(
    ("question", "first", "held"),
    [
        ("How deep is it?", "A depth can't be measured on an image [size].", "40 px long"),
        ("How long is it?", "40 px long", "is for a person to decide [region-1]"),
        ("Where is it?", "At the top right", "is for a person to decide [region-1]"),
        ("Wo ist der Fehler?", "Oben rechts", "entscheidet ein Mensch [region-1]"),
        ("Is it longer than 10 px?", "To be reviewed.", "It measures 40 px, and the limit is 10 px [size]."),
        ("Any cracks?", "To be reviewed.", "At the top right"),
        ("What is wrong with it?", "To be reviewed.", "a round dark area"),
    ],
)
def test_a_part_in_review_is_answered_for_its_most_unusual_place(
    question: str, first: str, held: str
) -> None:
    told = answer(question, "review")
    assert told.startswith(first)
    assert held in told


def test_what_is_asked_of_a_part_in_review_stays_neither_yes_nor_no() -> None:
    for question in ("Is it at the top?", "Is it within the limit of 100 px?", "Is it a crack?"):
        composed = compose_answer(state(question, "review"))
        assert composed.affirmed is None
        assert not composed.answer.startswith(("Yes", "No."))


@pytest.mark.parametrize(
    "question",
    [
        "Is it within tolerance of 0.5 mm?",
        "Ist er länger als 10 mm?",
        "Is it at the left?",
        "Où est le défaut ?",
        "How many defects are there?",
        "What does it look like?",
        "瑕疵有多长?",
    ],
)
def test_nothing_measured_of_what_a_person_called_defective_is_no_answer_to_its_size(question: str) -> None:
    composed = compose_answer(state(question, "pass", "anomalous"))
    said, unseen = composed.evidence, phrases_of(understand(question).language)(UNMEASURED)
    assert said
    assert composed.affirmed is None
    assert unseen in composed.answer


@pytest.mark.parametrize(
    ("decision", "person", "held"),
    [
        ("review", None, "Whether it has a defect is not certain yet."),
        ("pass", "anomalous", "The part does not meet the standard of the good ones."),
        ("fail", "good", "The part meets the standard of the good ones."),
        ("pass", None, "We found no defect."),
    ],
)
def test_a_customer_is_not_told_that_a_doubtful_part_is_without_defect(
    decision: Decision, person: str | None, held: str
) -> None:
    told = answer("Summarise the result for the customer.", decision, person)
    assert held in told
    assert ("We found no defect." in told) is (decision == "pass" and person is None)


@pytest.mark.parametrize(
    ("question", "sense"),
    [
        ("Are the holes all the same?", "good"),
        ("Sind die Löcher alle gleich?", "good"),
        ("I fori sono tutti uguali?", "good"),
        ("¿Los agujeros son todos iguales?", "good"),
        ("Les trous sont-ils tous identiques ?", "good"),
        ("Os furos são todos iguais?", "good"),
        ("孔都一样吗？", "good"),
        ("구멍 위치가 맞아?", "good"),
        ("Stimmt die Position vom Loch?", "good"),
    ],
)
def test_alike_and_in_its_place_is_good(question: str, sense: str) -> None:
    (intent,) = understand(question).intents
    assert (intent.kind, intent.sense) == ("verdict", sense)


@pytest.mark.parametrize(
    ("colour", "length", "first"),
    [("orange", 40.0, "Possibly."), (None, 40.0, "Probably not."), ("blue", 40.0, "Probably not.")],
)
def test_a_shape_alone_speaks_against_no_type_whose_colour_was_measured(
    colour: str | None, length: float, first: str
) -> None:
    look = LookRecord(shape="elongated", length_px=length, width_px=4, contrast=-30, colour=colour)
    note = RUST.model_copy(update={"text": "brown dark irregular spot"})
    seen = SEEN.model_copy(update={"look": look})
    told = answer("Is it rust?", "fail", regions=[seen], passages=[note])
    assert told.startswith(first)


def test_a_limit_of_an_offset_is_not_held_against_a_length() -> None:
    assert [one.dimension for one in parse_limit("max. 0,3 mm Versatz")] == ["offset"]
    assert [one.dimension for one in parse_limit("max 0.3 mm misalignment; 2 mm long")] == [
        "offset",
        "length",
    ]
    assert answer("How far is it shifted?", "fail").startswith(NO_OFFSET)


def test_what_the_notes_know_to_be_missing_is_no_defect_to_count() -> None:
    known = ["missing tablet", "crack in tablet", "black speck"]
    kinds = {
        question: understand(question, known=known).intents[0].kind
        for question in ("How many tablets are in it?", "How many black specks are there?")
    }
    assert list(kinds.values()) == ["parts", "count"]


@pytest.mark.parametrize("question", ["Does it touch the left edge?", "Tocca il bordo sinistro?"])
def test_what_touches_something_is_asked_for_its_place(question: str) -> None:
    assert understand(question).intents[0].kind == "place"


@pytest.mark.parametrize(
    "question", ["Is the colour ok?", "Ist die Farbe in Ordnung?", "La couleur est-elle bonne ?"]
)
def test_whether_a_colour_is_good_is_told_by_comparison(question: str) -> None:
    say = phrases_of(understand(question).language)
    assert say("Colours are judged only by comparison with good parts as an image [score].") in answer(
        question, "pass"
    )


@pytest.mark.parametrize(
    ("box", "first"), [((0, 10, 200, 90), "Possibly."), ((0, 100, 200, 190), "No defect was found there.")]
)
def test_a_defect_that_reaches_into_a_place_is_not_elsewhere(box: tuple[int, ...], first: str) -> None:
    question = "Is the bottom ok?"
    measured = EvidenceRecord(kind="region", id="describe-bottom", text="bottom: measured")
    values = {"bbox": box, "times_limit": 1.2, "stands_out": False}
    seen = [Observation(tool="describe_region", evidence=measured, values=values, intent=0)]
    told = answer(question, "fail", observations=seen)
    assert told.startswith(first)
    assert ("elsewhere" in told) is (first != "Possibly.")


@pytest.mark.parametrize(
    "question",
    [
        "Why is it good although there is a stain?",
        "What is this stain?",
        "Is that serious or only cosmetic?",
        "Warum ist es gut, obwohl ein Fleck drauf ist?",
        "C'est quoi cette tache ?",
    ],
)
def test_what_a_person_accepted_is_said_where_its_defect_is_asked_for(question: str) -> None:
    found = state(question, "pass", "good")
    said = PersonsWord(
        id="c1", verdict="good", image="a.png", at="2026-01-01T00:00:00+00:00", note="allowed here"
    )
    verdict = found["verdict"].model_copy(update={"person": said})
    answer = compose_answer({**found, "verdict": verdict}).answer
    assert "a.png" in answer and "allowed here" in answer
