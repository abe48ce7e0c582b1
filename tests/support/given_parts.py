"""Answers about a part whose verdict, notes and measures are given, without an image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agents.answers.compose import compose_answer
from agents.questions.understanding import understand
from agents.state import InspectionState
from anomaly_core.results import Decision
from tools.classify.scores import UNKNOWN
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

Notes = Mapping[str, Mapping[str, str]]
"""What notes say of each type, by field."""

NOTES: Notes = {
    "Crack": {"look": "thin dark line"},
    "Stain": {"cause": "dried water"},
    "Rim scratch": {"limit": "max 2 mm length"},
}
P_VALUES: Mapping[Decision, float] = {"fail": 0.01, "review": 0.1, "pass": 0.6}


def passages_of(notes: Notes) -> list[PassageRecord]:
    """Return the passages of a plate's notes."""
    return [
        PassageRecord(
            id=f"{name}#{field}", product="plate", defect=name, title=name, field=field, text=text,
            file="notes.md", offset=0, score=1.0, language="en",
        )
        for name, fields in notes.items()
        for field, text in fields.items()
    ]  # fmt: skip


LINE = LookRecord(shape="elongated", length_px=118.6, width_px=8.2, contrast=-60.0)
REGION = MeasuredRegion(
    id="region-1", bbox=(0, 0, 119, 8), cell="left", area_px=900, score=1, zone=None,
    text="an elongated dark area 119 px long and 8 px wide", look=LINE,
)  # fmt: skip
PASSAGES = passages_of(NOTES)
LIKELY = DefectRecord(
    name="Stain", score=0.82, status="likely", alternatives=[NamedScore(name="Rim scratch", score=0.1)]
)


def state_of(
    question: str, decision: Decision = "pass", notes: Notes = NOTES, **changed: Any
) -> InspectionState:
    """Return the state of a question about a plate of a verdict; changed: other values of the state."""
    bad, p_value = decision == "fail", P_VALUES[decision]
    given: dict[str, Any] = {
        "image": "part.png",
        "question": question,
        "product": ProductRecord(name="plate", similarity=0.9, inferred=True),
        "opened": OpenedRecord(image="part.png", sha256="ab" * 32, width=1000, height=1000),
        "language": LanguageRecord(model=None, margin=None, problem=""),
        "verdict": VerdictRecord(
            decision=decision, anomalous=bad, score=1 - p_value, p_value=p_value, uncertain=False,
            alpha=0.05, review=0.2,
        ),
        "regions": [REGION] if bad else [],
        "defect_type": DefectRecord(name=UNKNOWN, score=0.1),
        "templates": [],
        "expected": list(notes),
        "passages": passages_of(notes),
        "asked": understand(question, known=list(notes)),
    }  # fmt: skip
    return InspectionState(**{**given, **changed})  # type: ignore[typeddict-item]


def asked_of(question: str, decision: Decision = "pass", **changed: Any) -> tuple[str, bool | None]:
    """Return the answer to a question about a part of a verdict, and whether it affirms."""
    composed = compose_answer(state_of(question, decision, **changed))
    return composed.answer, composed.affirmed
