"""What a sentence of the notes is about: its label, and without one its words."""

from __future__ import annotations

import pytest

from agents.answers.notes.analysis import Aspect, find_aspect
from tools.records import PassageRecord

ASPECTS: tuple[Aspect, ...] = ("cause", "effect", "action", "limit")


def aspects_of(sentence: str) -> list[Aspect]:
    passage = PassageRecord(
        id="n#1",
        product="cap",
        defect="Crack",
        title="Crack",
        text=sentence,
        file="n.md",
        offset=0,
        score=1.0,
    )
    return [aspect for aspect in ASPECTS if find_aspect([passage], aspect)]


@pytest.mark.parametrize(
    ("sentence", "aspects"),
    [
        ("Cause: the gelatine dried too fast.", ["cause"]),
        ("Ursache: Staub in der Form.", ["cause"]),
        ("原因：灰尘。", ["cause"]),
        ("Severity: critical.", ["effect"]),
        ("Gravità: alta.", ["effect"]),
        ("Action: rework is not possible; accept if shorter than 2 mm.", ["action", "limit"]),
        ("Action: clean the rail that causes it.", ["action"]),
        ("Limit: at most 2 mm.", ["limit"]),
        ("Look: a line that is caused by dust and must be seen in side light.", []),
        ("It is caused by dust.", ["cause"]),
        ("The part must be scrapped.", ["action"]),
    ],
)
def test_a_label_says_what_a_sentence_is_about(sentence: str, aspects: list[Aspect]) -> None:
    assert aspects_of(sentence) == aspects
