"""What becomes of a part: the verdict before what is to be done, and what notes on several types agree on."""

from __future__ import annotations

import pytest
from given_parts import asked_of, passages_of, state_of

from agents.answers.compose import compose_answer
from tools.classify.scores import UNKNOWN
from tools.records import DefectRecord, NamedScore

SCRAPPED = {
    "Chip": {"action": "Scrap."},
    "Bent cage": {"action": "Scrap and re-align the riveting die."},
    "Scratch": {"action": "Polish and release."},
}
UNSURE = DefectRecord(
    name=UNKNOWN,
    score=0.1,
    alternatives=[NamedScore(name="Chip", score=0.24), NamedScore(name="Bent cage", score=0.2)],
)


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("Can this be reworked?", "Probably not."),
        ("Kann man das nacharbeiten?", "Eher nicht."),
        ("On peut la réparer ?", "Probablement pas."),
    ],
)
def test_types_whose_notes_agree_answer_together(question: str, first: str) -> None:
    answer, affirmed = asked_of(question, "fail", notes=SCRAPPED, defect_type=UNSURE)
    assert answer.startswith(first), answer
    assert affirmed is None
    assert "Polish" not in answer


def test_types_whose_notes_differ_do_not() -> None:
    kind = UNSURE.model_copy(
        update={"alternatives": [NamedScore(name=one, score=0.2) for one in ("Chip", "Scratch")]}
    )
    answer, _ = asked_of("Can this be reworked?", "fail", notes=SCRAPPED, defect_type=kind)
    assert not answer.startswith("Probably not."), answer


def test_the_verdict_comes_before_what_is_to_be_done() -> None:
    state = state_of("can we polish it off n ship?", "fail", SCRAPPED, defect_type=UNSURE)
    assert [one.kind for one in state["asked"].intents] == ["action", "verdict"]
    answer = compose_answer(state).answer
    assert answer.startswith("No. There is a defect"), answer
    assert "Scrap" in answer
    assert len(passages_of(SCRAPPED)) == 3
