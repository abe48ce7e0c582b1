"""Compounds with a product and a type of defect in them, and languages whose words do not stand apart."""

from __future__ import annotations

import pytest

from agents.questions.slots.compounds import in_parts
from agents.questions.understanding import understand

TYPED = [
    ("wie viele Schraubenkratzer gab es heute?", "scratch"),
    ("Fliesenrisse diese Woche?", "crack"),
    ("gab es heute Gehäusekratzer?", "scratch"),
    ("wie viele Lackkratzer gestern?", "scratch"),
    ("Glasbrüche heute?", "break"),
    ("Kantenrisse heute?", "crack"),
    ("Flaschenflecken heute?", "stain"),
    ("combien de micro-rayures aujourd'hui ?", "scratch"),
    ("¿cuántas microgrietas hoy?", "crack"),
    ("quantas microtrincas hoje?", "crack"),
    ("how many microcracks today?", "crack"),
    ("今天螺丝划痕有几个？", "scratch"),
    ("今日のねじ傷は何件？", "scratch"),
    ("오늘 나사스크래치 몇 개야?", "scratch"),
]


@pytest.mark.parametrize(("question", "name"), TYPED)
def test_a_type_within_a_compound(question: str, name: str) -> None:
    assert understand(question, pictured=False).first.type == name


@pytest.mark.parametrize(
    ("text", "apart"),
    [
        ("Spielzeugfehler heute", "Spielzeug fehler heute"),
        ("Umriss und Grundriss", "Umriss und Grundriss"),
        ("ein Messfehler, ein Tippfehler", "ein Messfehler, ein Tippfehler"),
        ("Ölflecken und Luftblasen", "Ölflecken und Luftblasen"),
        ("ein Vorsprung am Rand", "ein Vorsprung am Rand"),
    ],
)
def test_what_is_taken_apart(text: str, apart: str) -> None:
    assert in_parts(text, "de").lower() == apart.lower()


def test_names_stay_whole() -> None:
    assert in_parts("wie viele Haarrisse?", "de", ["Haarrisse"]) == "wie viele Haarrisse?"
