"""Answers about a part whose verdict, notes and measures are given, without an image."""

from __future__ import annotations

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

NOTES = {
    "Crack": ("look", "thin dark line"),
    "Stain": ("cause", "dried water"),
    "Rim scratch": ("limit", "max 2 mm length"),
}

LINE = LookRecord(shape="elongated", length_px=118.6, width_px=8.2, contrast=-60.0)


REGION = MeasuredRegion(
    id="region-1", bbox=(0, 0, 119, 8), cell="left", area_px=900, score=1, zone=None,
    text="an elongated dark area 119 px long and 8 px wide", look=LINE,
)  # fmt: skip
PASSAGES = [
    PassageRecord(
        id=f"{name}#{field}", product="plate", defect=name, title=name, field=field, text=text,
        file="notes.md", offset=0, score=1.0, language="en",
    )
    for name, (field, text) in NOTES.items()
]  # fmt: skip
LIKELY = DefectRecord(
    name="Stain", score=0.82, status="likely", alternatives=[NamedScore(name="Rim scratch", score=0.1)]
)


def asked_of(question: str, decision: Decision = "pass", **changed: Any) -> tuple[str, bool | None]:
    """Return the answer to a question about a part of a verdict, and whether it affirms."""
    bad = decision == "fail"
    p_value = 0.01 if bad else 0.6
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
        "expected": list(NOTES),
        "passages": PASSAGES,
        "asked": understand(question, known=list(NOTES)),
    }  # fmt: skip
    composed = compose_answer(InspectionState(**{**given, **changed}))  # type: ignore[typeddict-item]
    return composed.answer, composed.affirmed
