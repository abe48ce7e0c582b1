"""The checks of answers: each can find an answer right, and each can find it wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from answer_checks import (
    Note,
    chosen_letter,
    citation_problems,
    contradicts,
    describes,
    is_right,
    named_cells,
    named_defects,
)
from answers import Asked, asked_text, share, summary

from tools.records import (
    AnswerRecord,
    EvidenceRecord,
    FilesRecord,
    ModelsRecord,
    ProductRecord,
    RegionRecord,
    TimingsRecord,
)

YES = "There is a defect at the top left: dark [region-1]."
TWO = "There are 2 defects, at the top left and at the center; the strongest is dark [region-1]."
NO = "Nothing exceeds what good parts show [score]."
NOTES = {
    "screw/scratch#1": Note("screw", "scratch_head", "A line on the head. It may rust."),
    "screw/good#1": Note("screw", "good", "A screw has a thread."),
    "bolt/scratch#1": Note("bolt", "scratch_head", "A line on the bolt."),
}
FACTS = {"product": "screw"}
IMAGE = {"anomalous": True, "label": "scratch_head", "cells": ["top left", "top"], "main": "top left"}


def record(
    answer: str, *, anomalous: bool = True, box: tuple[int, int, int, int] = (2, 2, 8, 8)
) -> AnswerRecord:
    regions = [RegionRecord(bbox=box, cell="top left", area_px=36, score=0.9)] if anomalous else []
    evidence = [
        EvidenceRecord(kind="score", id="score", text="anomaly score 0.9, p-value 0.01"),
        EvidenceRecord(kind="score", id="describe-region-1", text="region-1, at the top left: dark"),
        EvidenceRecord(kind="region", id="region-1", text=f"at the top left, box {list(box)}, 36 px: dark"),
        EvidenceRecord(kind="knowledge", id="screw/stain#1", text="A stain."),
        *(EvidenceRecord(kind="knowledge", id=name, text=note.text) for name, note in NOTES.items()),
    ]
    return AnswerRecord(
        image="part.png", sha256="0", product=ProductRecord(name="screw", similarity=0.9, inferred=True),
        decision="fail" if anomalous else "pass", reasons=[], anomalous=anomalous, score=0.9, p_value=0.01,
        alpha=0.05, review=0.2, uncertain=False, regions=regions, defect_type=None,
        answer=answer, analysis="", evidence=evidence, files=FilesRecord(),
        models=ModelsRecord(encoder="tiny", decoder="few-shot"), timings_ms=TimingsRecord(), question="?",
        thread="t", language="en", understood=[], affirmed=None,
    )  # fmt: skip


def put(kind: str, wording: str = "open", **more: Any) -> dict[str, Any]:
    return {"type": kind, "wording": wording, "text": "What is it?", **more}


def test_words_are_read_as_they_are_written() -> None:
    assert named_cells(YES) == ["top left"]
    assert named_cells(TWO) == ["top left", "center"]
    assert named_cells("At the left edge all is well, at the right not.") == ["right"]
    assert named_cells(NO) == []
    assert chosen_letter(f"{YES} The answer is option C: Top left [region-1].") == "C"
    assert chosen_letter(f"{NO} Were there the defect, it would be option B: Top [score].") == "B"
    assert chosen_letter(YES) is None
    assert named_defects("Probably scratch head [type].") == {"scratch head"}
    assert named_defects("The type is not certain [type]. If it is thread top, this holds") == {"thread top"}


RIGHT = [
    (put("Anomaly Detection"), YES, NO),
    (put("Anomaly Detection", "choice", options={"A": "Yes.", "B": "No."}, answer="A"),
     "The answer is option A: Yes [score].", "The answer is option B: No [score]."),
    (put("Defect Classification"), "Probably scratch head [type].",
     "Probably thread top [type]. Less likely: scratch head [type]."),
    (put("Defect Localization"), YES, YES.replace("top left", "bottom")),
    (put("Defect Localization"), TWO, TWO.replace("at the top left and at the center", "at the center")),
    (put("Defect Analysis"), f'{YES} Effect: "It may rust." [screw/scratch#1].',
     f'{YES} Effect: "A line on the bolt." [bolt/scratch#1].'),
    (put("Defect Analysis"), f'{YES} Effect: "It may rust." [screw/scratch#1].', f"{YES} [screw/scratch#1]"),
    (put("Object Classification"), "The image shows the product screw [score].", "The product is a bolt."),
    (put("Object Analysis"), 'The notes say: "A screw has a thread." [screw/good#1].',
     'The notes say: "A line on the head." [screw/scratch#1].'),
]  # fmt: skip


@pytest.mark.parametrize(("question", "good", "bad"), RIGHT)
def test_right_is_told_from_wrong(question: dict[str, Any], good: str, bad: str) -> None:
    assert is_right(question, IMAGE, record(good), FACTS, NOTES, None, None)
    assert not is_right(question, IMAGE, record(bad), FACTS, NOTES, None, None)


@pytest.mark.parametrize("kind", ["Defect Localization", "Defect Classification", "Defect Analysis"])
def test_nothing_about_a_defect_is_right_where_the_verdict_missed_it(kind: str) -> None:
    answer = f'{YES} Probably scratch head [type]. "It may rust." [screw/scratch#1]'
    assert is_right(put(kind), IMAGE, record(answer), FACTS, NOTES, None, None)
    assert not is_right(put(kind), IMAGE, record(answer, anomalous=False), FACTS, NOTES, None, None)


def test_a_description_is_of_the_masked_place_and_tone() -> None:
    pixels = np.full((30, 30, 3), 120, np.uint8)
    mask = np.zeros((30, 30), np.bool_)
    mask[3:7, 3:7] = True
    pixels[mask] = 60
    dark = f"{YES} A dark area, 60 grey levels darker than its surroundings [describe-region-1]."
    assert describes(record(dark), pixels, mask)
    assert not describes(record(dark.replace("darker", "brighter")), pixels, mask)
    assert not describes(record(dark, box=(20, 20, 28, 28)), pixels, mask)
    assert not describes(record("There is a defect at the top left [score]."), pixels, mask)
    question = put("Defect Description")
    assert is_right(question, IMAGE, record(dark), FACTS, NOTES, pixels, mask)
    with pytest.raises(ValueError, match="mask"):
        is_right(question, IMAGE, record(dark), FACTS, NOTES, None, None)


MISQUOTED = "quotes what its note does not say"
CITED = [
    (f"{YES} It is high [score].", {"scratch_head"}, []),
    (f'{YES} Effect: "It may rust." [screw/scratch#1].', {"scratch head"}, []),
    ('The notes say: "A screw has a thread." [screw/good#1].', None, []),
    ("No.", set(), ["cites nothing"]),
    (f"{YES} It is high [scores].", set(), ["cites what is not there"]),
    (f"{YES} See [screw/stain#1].", {"stain"}, ["cites a passage that no note has"]),
    (f"{YES} See [bolt/scratch#1].", {"scratch_head"}, ["cites a note of another product"]),
    (f"{YES} See [screw/scratch#1].", {"thread top"}, ["cites a note of another defect"]),
    (f"{YES} See [screw/scratch#1].", None, ["cites a note of another defect"]),
    (f"{YES} See [screw/good#1].", {"scratch_head"}, ["cites a note of another defect"]),
    (f'{YES} Effect: "It will rust." [screw/scratch#1].', {"scratch_head"}, [MISQUOTED]),
    (f'{YES} "A screw has a thread." [screw/scratch#1].', {"scratch_head"}, [MISQUOTED]),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "defects", "problems"), CITED)
def test_citations_are_real_and_relevant(answer: str, defects: set[str] | None, problems: list[str]) -> None:
    assert citation_problems(record(answer), NOTES, "screw", defects) == problems


def test_shown_evidence_must_hold_the_note_s_own_words() -> None:
    notes = {**NOTES, "screw/good#1": Note("screw", "good", "Other words.")}
    found = citation_problems(record("It has a thread [screw/good#1]."), notes, "screw", None)
    assert found == ["shows other words than the note's"]


AGAINST = [
    (YES, True, False),
    (NO, False, False),
    (NO, True, True),
    (YES, False, True),
    (f"{YES} But the part is good [score].", True, True),
    (f"{NO} There is a defect at the left [score].", False, True),
    ("The image shows the product screw [score].", True, False),
    (f"{NO} Were there the defect, it would be option A: A crack is there [score].", False, False),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "anomalous", "against"), AGAINST)
def test_contradictions_are_found(answer: str, anomalous: bool, against: bool) -> None:
    assert contradicts(record(answer, anomalous=anomalous), put("Defect Localization")) is against


def test_an_option_against_the_verdict_is_a_contradiction() -> None:
    asked = put("Anomaly Detection", "choice", options={"A": "Yes.", "B": "No."}, answer="A")
    assert not contradicts(record(f"{YES} The answer is option A: Yes [score]."), asked)
    assert contradicts(record(f"{YES} The answer is option B: No [score]."), asked)
    asked["text"] = "Is it free of defects?"
    assert contradicts(record(f"{YES} The answer is option A: Yes [score]."), asked)


def row(**fields: Any) -> Asked:
    given = {
        "set": "screw", "label": "scratch_head", "anomalous": True, "type": "Defect Localization",
        "wording": "open", "verdict": True, "right": True, "all_places": True, "problems": [],
        "contradicts": False, "file": "x.png", "text": "Where?", "answer": YES,
    }  # fmt: skip
    return Asked(**{**given, **fields})


def test_a_summary_counts_places_of_correctly_detected_anomalies_alone() -> None:
    rows = [
        row(),
        row(right=False, all_places=False),
        row(verdict=False, right=False),
        row(verdict=None, right=False),
        row(wording="choice"),
        row(problems=["cites nothing"], contradicts=True, answer='"A note\'s own words" [x]'),
    ]
    found = summary(rows)
    places = found["localisation of correctly detected anomalies"]
    assert (places["open"]["right"], places["open"]["of"]) == (2, 3)
    assert (places["choice"]["right"], places["both"]["of"]) == (1, 4)
    assert found["types"]["Defect Localization"]["open"]["of"] == 5
    assert found["unanswered"] == 1
    assert found["citations"]["problems"] == {"cites nothing": 1}
    assert found["contradictions"]["count"] == 1
    assert "own words" not in str(found)
    assert share([]) == {"right": 0, "of": 0}


def test_options_stand_below_the_question() -> None:
    assert asked_text({"text": "Where?", "options": {"A": "Left", "B": "Top"}}) == "Where?\nA: Left\nB: Top"
    assert asked_text({"text": "Where?"}) == "Where?"
