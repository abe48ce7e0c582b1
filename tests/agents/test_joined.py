"""Several things that a question names in one breath, joined by a particle, "and" or commas."""

from __future__ import annotations

import pytest

from agents.questions.understanding import understand
from tools.records import Kind


@pytest.mark.parametrize(
    ("question", "kinds"),
    [
        ("原因と対策を教えて", ["cause", "action"]),
        ("傷の位置と大きさを教えて", ["place", "size"]),
        ("種類と位置と大きさは?", ["type", "place", "size"]),
        ("位置和大小", ["place", "size"]),
        ("위치와 크기 알려주세요", ["place", "size"]),
        ("판정과 근거", ["verdict", "reasoning"]),
        ("Ursache und Abhilfe?", ["cause", "action"]),
        ("Fehlerart, Lage, Größe", ["type", "place", "size"]),
        ("causa e rimedio?", ["cause", "action"]),
        ("cause et remède ?", ["cause", "action"]),
    ],
)
def test_each_thing_is_asked_for(question: str, kinds: list[Kind]) -> None:
    assert [one.kind for one in understand(question).intents] == kinds


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("傷と汚れはありますか", "verdict"),
        ("傷と打痕の違いは?", "catalogue"),
        ("前の画像と比べて", "comparison"),
        ("合格と判断した根拠は何ですか?", "reasoning"),
        ("이 이미지와 이전 이미지를 비교해줘", "comparison"),
    ],
)
def test_a_particle_that_joins_no_two_questions(question: str, kind: Kind) -> None:
    assert [one.kind for one in understand(question).intents] == [kind]
