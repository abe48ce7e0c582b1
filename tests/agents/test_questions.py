"""What a question asks for, by rule."""

from __future__ import annotations

import pytest

from agents.questions import Asked, kind_of_question

TABLE: list[tuple[str, Asked]] = [
    ("Is there any anomaly in the image?", "detection"),
    ("Is this part ok?", "detection"),
    ("Where is the defect?", "location"),
    ("In which corner is the scratch?", "location"),
    ("How many defects are there?", "count"),
    ("What kind of defect is it?", "type"),
    ("Which type of damage do you see?", "type"),
    ("How sure are you?", "confidence"),
    ("What is the p-value?", "confidence"),
    ("Show me a good part", "template"),
    ("What is this product?", "object"),
    ("Describe the defect", "description"),
    ("How large is the scratch?", "description"),
    ("Why is there a scratch?", "analysis"),
    ("What causes this defect?", "analysis"),
    ("Should I repair it?", "analysis"),
    ("Tell me a story", "analysis"),
    ("", "analysis"),
]


@pytest.mark.parametrize(("question", "asked"), TABLE)
def test_kind(question: str, asked: Asked) -> None:
    assert kind_of_question(question) == asked
    assert kind_of_question(question.upper()) == asked
