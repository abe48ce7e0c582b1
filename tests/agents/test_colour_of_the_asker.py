"""A colour that the asker names is of the types that look so, by its shape where several do."""

from __future__ import annotations

import pytest

from agents.questions.slots.described import named_by_look, of_its_colour
from knowledge.catalogue.entries import Entry

SLATE = [
    Entry(type="Pyrite", look="small golden yellow round spots"),
    Entry(type="Striscia di ruggine", look="striscia marrone verticale"),
    Entry(type="Hole", look="small dark round opening"),
    Entry(type="Colore diverso", look="tutta la lastra marrone invece di grigio blu"),
    Entry(type="Moss", look="green irregular patch"),
]
STREAK = [
    ("en", "where does this brown streak come from?"),
    ("de", "Woher kommt die braune Linie?"),
    ("it", "da dove viene la linea marrone?"),
    ("es", "¿de dónde sale la línea marrón?"),
    ("fr", "d'où vient la ligne brune ?"),
    ("pt", "de onde vem a linha castanha?"),
    ("zh", "这条褐色的是怎么形成的?"),
    ("ja", "この茶色い線の原因は?"),
    ("ko", "이 갈색 선은 왜 생겼어?"),
]
WHOLE = [
    ("en", "the whole plate is brown, what now?"),
    ("de", "Das ganze Teil ist braun, was tun?"),
    ("es", "La pieza marrón, ¿qué hago con ella?"),
]


@pytest.mark.parametrize(("language", "question"), STREAK, ids=[one[0] for one in STREAK])
def test_a_brown_streak_is_no_pyrite_and_no_other_colour(language: str, question: str) -> None:
    assert named_by_look(question, language, SLATE) == "Striscia di ruggine"


@pytest.mark.parametrize(("language", "question"), WHOLE, ids=[one[0] for one in WHOLE])
def test_a_part_that_is_brown_is_no_streak(language: str, question: str) -> None:
    assert named_by_look(question, language, SLATE) == "Colore diverso"


def test_a_colour_alone_is_of_each_that_has_it() -> None:
    found = of_its_colour("what made it so brown?", "en", SLATE)
    assert found == ["Striscia di ruggine", "Colore diverso"]
    assert of_its_colour("what made it so purple?", "en", SLATE) == []
