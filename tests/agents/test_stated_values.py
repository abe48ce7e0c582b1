"""A value that a question states, held against the limit of the type that it is of, in nine languages."""

from __future__ import annotations

import pytest

from agents.app import Application
from agents.settings import Settings

PLATE = """# Fehlerkatalog Bremsbelag

## Ölfleck
- Aussehen: dunkler, runder, weicher Fleck
- Ursache: Ziehöl nach dem Waschen nicht entfernt
- Grenzwert: max. 20 mm²

## Lackabplatzer
- Aussehen: helle, unregelmäßige graue Stelle, blankes Metall sichtbar
- Auswirkung: Rost
- Schwere: 5
- Grenzwert: max. 3 mm

## Ohr verbogen
- Aussehen: Ohr rechts oder links steht schräg, Umriss weicht ab
- Auswirkung: Belag hängt im Sattel
- Grenzwert: max. 1 Grad
"""
DIAL = """Defect,Appearance,Root cause,Effect,Severity,Action,Limit
Missing needle,"no black pointer on the dial",press skipped,cannot be read,10,scrap the gauge,not allowed
Needle off zero,"black pointer is at another angle",pressed askew,wrong reading,9,re-zero,max 1 degree
Glass crack,"thin branching line from the edge",bezel crimped too hard,leakage,9,scrap,not allowed
Hair or fibre,"thin dark curved line",no ionised air,cosmetic complaint,3,open and blow out,max 2 mm
Dial rotated,"whole print is turned",locating pin broken,reading error,8,replace the pin,max 2 degrees
"""
BOARD = """Défaut,Aspect,Cause,Effet,Gravité,Action,Limite
Nœud mort,tache ronde brun foncé,branche morte,le nœud peut tomber,5,mastiquer,max 15 mm
Reste de colle,tache blanche irrégulière,encolleuse mal réglée,vernis,5,poncer,max 2 par lame
"""


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Application:
    """Notes on three products in three languages."""
    folder = tmp_path_factory.mktemp("stated")
    (folder / "plate.md").write_text(PLATE)
    (folder / "dial.csv").write_text(DIAL)
    (folder / "board.csv").write_text(BOARD)
    made = Application(Settings(store=folder / "store", encoder="tiny"))
    for name, product in (("plate.md", "belag"), ("dial.csv", "gauge"), ("board.csv", "chene")):
        made.add_knowledge([folder / name], product=product)
    return made


@pytest.mark.parametrize(
    ("question", "affirmed"),
    [
        ("Ist ein Ohr mit 2 Grad Verbiegung noch ok?", False),
        ("The dial is rotated by 3 degrees. Is that still acceptable?", False),
        ("Is a rotated dial of 1.5° ok?", True),
        ("Un orecchio piegato di 0,5 gradi va ancora bene?", True),
    ],
)
def test_a_stated_angle_is_held_against_a_limit_in_degrees(
    opened: Application, question: str, affirmed: bool
) -> None:
    told = opened.ask_without_image(question)
    assert told.affirmed is affirmed, told.answer
    assert "°" in told.answer


@pytest.mark.parametrize(
    ("question", "affirmed", "type_"),
    [
        ("hair under the glass, 1.5 mm long - still ok?", True, "Hair_or_fibre"),
        ("Can a hair of 2.5 mm pass?", False, "Hair_or_fibre"),
        ("Needle is 0.5 degrees off zero, acceptable?", True, "Needle_off_zero"),
        ("刹车片掉漆2毫米还能放行吗?", True, "Lackabplatzer"),
        ("刹车片油污15平方毫米可以接受吗?", True, "Ölfleck"),
        ("Un desconchón de pintura de 4 mm, ¿se acepta?", False, "Lackabplatzer"),
        ("3 restes de colle sur une lame, c'est bon ?", False, "Reste_de_colle"),
    ],
)
def test_a_stated_value_is_of_its_noun(
    opened: Application, question: str, affirmed: bool, type_: str
) -> None:
    told = opened.ask_without_image(question)
    assert told.affirmed is affirmed, told.answer
    assert f"{type_}#limit]" in told.answer


@pytest.mark.parametrize("question", ["Is a part of 40 mm good?", "Are the 3 parts ok?"])
def test_a_value_of_no_type_is_held_against_no_limit(opened: Application, question: str) -> None:
    told = opened.ask_without_image(question)
    assert told.affirmed is None
    assert "#limit]" not in told.answer
