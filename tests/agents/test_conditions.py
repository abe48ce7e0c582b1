"""Lists of the catalogue with a condition: not allowed at all, of a severity, the most severe."""

from __future__ import annotations

import pytest

from agents.app import Application
from agents.questions.slots.conditions import Condition, condition_of
from agents.settings import Settings

DIAL = """Defect,Appearance,Severity,Action,Limit
Missing needle,"no black pointer on the dial",10,scrap,not allowed
Needle off zero,"black pointer is at another angle",9,re-zero,max 1 degree
Scratch,"thin straight grey line",3,polish,max 5 mm
Glass crack,"thin branching line",9,scrap,not allowed
Smeared print,"blurred grey print",5,raise the heat,not allowed
"""
NONE = {"Missing needle", "Glass crack", "Smeared print"}
SEVERE = {"Missing needle", "Needle off zero", "Glass crack"}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Application:
    folder = tmp_path_factory.mktemp("conditions")
    (folder / "dial.csv").write_text(DIAL)
    made = Application(Settings(store=folder / "store", encoder="tiny"))
    made.add_knowledge([folder / "dial.csv"], product="gauge")
    return made


@pytest.mark.parametrize(
    ("question", "types"),
    [
        ("Which gauge defects are not allowed at all?", NONE),
        ("Zeig mir alle Fehlerarten, die gar nicht erlaubt sind", NONE),
        ("Quels défauts ne sont pas admis du tout ?", NONE),
        ("¿Qué defectos no se admiten en absoluto?", NONE),
        ("Which gauge defects have a severity of 9 or more?", SEVERE),
        ("Welche Fehler haben Schwere 9 oder höher?", SEVERE),
        ("Quali difetti hanno gravità almeno 9?", SEVERE),
        ("哪些缺陷严重程度在9以上?", SEVERE),
        ("give me the three most severe gauge defects", SEVERE),
        ("Welche Fehler haben höchstens Schwere 5?", {"Scratch", "Smeared print"}),
    ],
)
def test_only_types_of_the_condition_are_listed(opened: Application, question: str, types: set[str]) -> None:
    told = opened.ask_without_image(question).answer
    every = {"Missing needle", "Needle off zero", "Scratch", "Glass crack", "Smeared print"}
    assert {
        name for name in every if f"{name}:" in told or f"{name}：" in told or f"{name} :" in told
    } == types


@pytest.mark.parametrize(
    ("text", "language", "condition"),
    [
        ("which defects are severe?", "en", None),
        ("show me the 3 worst parts of today", "en", None),
        ("is the scratch not allowed?", "en", None),
        ("as tres falhas? os 3 defeitos mais graves", "pt", Condition(number=3)),
    ],
)
def test_conditions(text: str, language: str, condition: Condition | None) -> None:
    assert condition_of(text, language) == condition
