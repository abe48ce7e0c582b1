"""Whether the photograph is good enough to be judged: by the problems measured of it, in nine languages."""

from __future__ import annotations

import pytest

from agents.answers.compose import compose_answer
from agents.answers.generated.guardrails import cited_ids
from agents.answers.phrases import phrases_of
from agents.questions.learned.languages import language_of
from agents.state import InspectionState
from anomaly_core.results import Decision
from tools.records import LanguageRecord, ProductRecord, VerdictRecord

QUESTIONS = [
    ("Is the photo good enough to judge?", "Over-exposed: 84% of the pixels are white"),
    ("can you judge this image at all?", "The part is too small"),
    ("Ist das Foto gut genug zum Beurteilen?", "Überbelichtet"),
    ("La foto è abbastanza buona per giudicare?", "Sovraesposta"),
    ("¿La foto es suficientemente buena para juzgar?", "Sobreexpuesta"),
    ("La photo est-elle assez bonne pour juger ?", "Surexposée"),
    ("A foto é boa o suficiente para avaliar?", "Superexposta"),
    ("照片够清晰可以判断吗？", "曝光过度"),
    ("この写真は判定するのに十分ですか？", "露出"),
    ("이 사진은 판정하기에 충분한가요?", "노출 과다"),
]
PROBLEMS = [
    "Over-exposed: 84% of the pixels are white, the good images allow at most 77%.",
    "The part is too small, or only partly in view: it covers 14.7% of the image.",
]


def state(question: str, decision: Decision, problems: list[str]) -> InspectionState:
    return InspectionState(
        image="part.png",
        question=question,
        product=ProductRecord(name="toy", similarity=0.9, inferred=True),
        language=LanguageRecord(model=None, margin=None, problem=""),
        verdict=VerdictRecord(
            decision=decision,
            anomalous=decision == "fail",
            score=0.9,
            p_value=0.01 if decision == "fail" else 0.5,
            uncertain=False,
            alpha=0.05,
            review=0.2,
            problems=problems,
        ),
        regions=[],
        defect_type=None,
        templates=[],
        expected=[],
        passages=[],
    )


@pytest.mark.parametrize("decision", ["fail", "review"])
@pytest.mark.parametrize(("question", "named"), QUESTIONS)
def test_a_bad_photograph_is_named_with_its_problems(question: str, named: str, decision: Decision) -> None:
    composed = compose_answer(state(question, decision, PROBLEMS))
    assert composed.affirmed is False
    assert composed.answer.startswith(phrases_of(language_of(question))("No."))
    assert named in composed.answer
    assert cited_ids(composed.answer) == ["quality", "quality"]
    assert "quality" in {one.id for one in composed.evidence}


@pytest.mark.parametrize(("question", "_"), QUESTIONS)
def test_a_good_photograph_of_a_bad_part_can_be_judged(question: str, _: str) -> None:
    composed = compose_answer(state(question, "fail", []))
    assert composed.affirmed is True
    assert composed.answer.startswith(phrases_of(language_of(question))("Yes."))
