"""Whether a defect of no certain type is the one that a question names: what speaks for and against it."""

from __future__ import annotations

import pytest

from agents.answers.compose import compose_answer
from agents.state import InspectionState
from tools.records import (
    DefectRecord,
    LanguageRecord,
    LookRecord,
    MeasuredRegion,
    NamedScore,
    OpenedRecord,
    PassageRecord,
    ProductRecord,
    VerdictRecord,
)

LOOKS = {"Rust": "dark spots on the surface", "Thread damage": "bright area on the thread"}


def answer(question: str) -> str:
    """Return the answer about a round spot in the thread that is much brighter than its surroundings."""
    state = InspectionState(
        image="part.png",
        question=question,
        product=ProductRecord(name="screw", similarity=0.9, inferred=True),
        opened=OpenedRecord(image="part.png", sha256="ab" * 32, width=400, height=400),
        language=LanguageRecord(model=None, margin=None, problem=""),
        verdict=VerdictRecord(
            decision="fail", anomalous=True, score=0.99, p_value=0.01, uncertain=False, alpha=0.05, review=0.2
        ),
        regions=[
            MeasuredRegion(
                id="region-1", bbox=(100, 100, 120, 120), cell="top left", area_px=400, score=1,
                zone="thread", text="a round bright area",
                look=LookRecord(shape="round", length_px=20, width_px=20, contrast=50),
            )
        ],
        defect_type=DefectRecord(
            name="unknown defect", score=0.1,
            alternatives=[NamedScore(name="Thread damage", score=0.5), NamedScore(name="Rust", score=0.1)],
        ),
        templates=[],
        expected=list(LOOKS),
        passages=[
            PassageRecord(
                id=f"{name}#look", product="screw", defect=name, title=name, field="look", text=text,
                file="notes.md", offset=0, score=1.0,
            )
            for name, text in LOOKS.items()
        ],
    )  # fmt: skip
    return compose_answer(state).answer


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("is it rust?", "Probably not."),
        ("ist das Rost?", "Eher nicht."),
        ("è ruggine?", "Probabilmente no."),
        ("c'est de la rouille ?", "Probablement pas."),
        ("锈吗？", "多半不是。"),
    ],
)
def test_a_look_that_does_not_fit_speaks_against_the_type(question: str, first: str) -> None:
    told = answer(question)
    assert told.startswith(first), told
    assert LOOKS["Rust"] in told


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("ist es ein Gewindeschaden?", "Möglicherweise."),
        ("ねじ山の損傷ですか？", "可能性があります。"),
    ],
)
def test_the_nearest_type_in_its_zone_is_possible(question: str, first: str) -> None:
    assert answer(question).startswith(first), answer(question)


def test_of_a_type_without_an_entry_nothing_can_be_told() -> None:
    assert answer("is it delamination?").startswith("That can't be told.")


@pytest.mark.parametrize("question", ["What is this dark rust?", "Was ist dieser dunkle Rost?"])
def test_a_word_that_points_at_what_looks_otherwise_names_no_type(question: str) -> None:
    told = answer(question)
    assert "Rust#look" not in told
    # What it is, or how it looks: the question may be read as either.
    assert "Thread damage" in told or "runde helle Stelle" in told
