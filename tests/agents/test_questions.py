"""What a question asks for, by rule."""

from __future__ import annotations

import pytest

from agents.questions.understanding import kind_of_question
from agents.state import Intent

TABLE: list[tuple[str, Intent]] = [
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
    ("What object does the picture show?", "object"),
    ("Which kind of part is being inspected?", "object"),
    ("What can be seen in the image?", "object"),
    ("What does a good screw look like?", "normal"),
    ("How should an intact tile look?", "normal"),
    ("What is normal for a screw?", "normal"),
    ("What is it made of?", "normal"),
    ("Is this normal?", "detection"),
    ("What does it look like?", "description"),
    ("Which part of the image is damaged?", "location"),
    ("Whereabouts is it damaged?", "location"),
    ("Describe the defect", "description"),
    ("How large is the scratch?", "description"),
    ("Why is there a scratch?", "analysis"),
    ("What causes this defect?", "analysis"),
    ("Should I repair it?", "analysis"),
    ("Tell me a story", "analysis"),
    ("", "analysis"),
]


@pytest.mark.parametrize(("question", "asked"), TABLE)
def test_kind(question: str, asked: Intent) -> None:
    assert kind_of_question(question) == asked
    assert kind_of_question(question.upper()) == asked
