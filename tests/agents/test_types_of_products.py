"""A common word for a defect is of each product that has such a type, and a thread keeps its product."""

from __future__ import annotations

import pytest

from agents.answers.catalogue.uncertain import listed_at_most
from agents.answers.phrases import phrases_of
from agents.app import Application
from agents.questions.lexicon.words import common_name
from agents.settings import Settings

BRACKET = """Fehler,Aussehen,Ursache,Maßnahme,Grenzwert,Zuständig
Kratzer,helle dünne Linie,Span im Werkzeug,bürsten,max. 15 mm lang,Einrichter
Riss,dunkle gezackte Linie,Radius zu klein,Ausschuss,nicht zulässig,Qualität
Loch zu klein,Bohrung kleiner als üblich,falscher Stempel,Stempel prüfen,max. 1 mm,Werkzeugbau
"""
BOARD = """Defect,Appearance,Root cause,Action,Limit,Responsible
scratched trace,thin line across the solder mask,depaneling cutter,varnish,max 5 mm long,Mrs. Okafor
cracked package,grey line across the chip,board bent,scrap the board,not allowed,Mrs. Okafor
dry joint,dull grey solder at a pin,oven too cold,reflow by hand,not allowed,rework
"""
VIAL = """Defect,Appearance,Root cause,Action,Limit,Responsible
underfill,liquid level too low,pump leaks,check dosing pump,max 1 mm below mark,Mr. Costa
fibre,thin dark curved line in the liquid,clothing,reject,not allowed,QA
"""


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Application:
    folder = tmp_path_factory.mktemp("plant")
    app = Application(Settings(store=folder / "store", encoder="tiny", text_encoder="tiny"))
    for product, notes in (("bracket", BRACKET), ("board", BOARD), ("vial", VIAL)):
        file = folder / f"{product}.csv"
        file.write_text(notes, encoding="utf-8")
        app.add_knowledge([file], product)
    return app


@pytest.mark.parametrize(
    "question",
    [
        "how long may a scratch be?",
        "Wie lang darf ein Kratzer sein?",
        "quanto può essere lungo un graffio?",
        "¿cuánto puede medir un arañazo?",
        "quelle longueur de rayure est permise ?",
        "qual o comprimento máximo de um risco?",
        "划痕最长允许多少？",
        "傷の許容長さは？",
        "긁힘 허용 길이는?",
        "is a 10 mm scratch ok?",
        "Ist ein Kratzer von 10 mm erlaubt?",
    ],
)
def test_the_limits_of_all_products_are_told_with_their_products(plant: Application, question: str) -> None:
    said = plant.ask_without_image(question)
    assert "(bracket)" in said.answer and "15 mm" in said.answer
    assert "(board)" in said.answer and "5 mm" in said.answer
    assert said.affirmed is None


@pytest.mark.parametrize(
    ("question", "told", "affirmed"),
    [
        ("is a crack allowed?", ("not allowed", "nicht zulässig"), False),
        ("what causes a scratch?", ("Span im Werkzeug", "depaneling cutter"), None),
        ("who is responsible for scratches?", ("Einrichter", "Okafor"), None),
        ("Was tun bei einem Kratzer?", ("bürsten", "varnish"), None),
        ("is a 1 mm scratch ok?", ("15 mm", "5 mm"), True),
    ],
)
def test_yes_or_no_is_said_where_it_holds_for_all_products(
    plant: Application, question: str, told: tuple[str, str], affirmed: bool | None
) -> None:
    said = plant.ask_without_image(question)
    assert all(one in said.answer for one in told), said.answer
    assert said.affirmed == affirmed


@pytest.mark.parametrize(
    ("question", "told", "silent"),
    [
        ("how long may a scratch on the bracket be?", "15 mm", "max 5 mm"),
        ("how long may a scratched trace be?", "max 5 mm", "15 mm"),
        ("how long may a scratch on the trace be?", "max 5 mm", "15 mm"),
    ],
)
def test_a_product_or_a_name_that_is_said_tells_which(
    plant: Application, question: str, told: str, silent: str
) -> None:
    answer = plant.ask_without_image(question).answer
    assert told in answer
    assert silent not in answer


@pytest.mark.parametrize(
    "question",
    [
        "Chi devo avvisare se il livello è troppo basso?",
        "el nivel está muy bajo, ¿qué hago?",
        "le niveau est trop bas, que faire ?",
        "液位太低怎么办？",
        "the level is too low, what do I do?",
    ],
)
def test_a_type_that_is_described_is_not_one_whose_name_has_a_like_word(
    plant: Application, question: str
) -> None:
    answer = plant.ask_without_image(question).answer
    assert "underfill" in answer
    assert "Loch zu klein" not in answer


def test_a_thread_of_one_product_tells_no_limit_of_another(plant: Application) -> None:
    plant.ask_without_image("what defects does the vial have?", thread="vial")
    said = plant.ask_without_image("how long may a scratch be?", thread="vial").answer
    assert "no entry" in said
    assert "mm" not in said
    plant.ask_without_image("what causes a dry joint on the board?", thread="board")
    said = plant.ask_without_image("and how long may a scratch be?", thread="board").answer
    assert "max 5 mm" in said
    assert "15 mm" not in said


def test_a_long_list_of_names_ends_with_the_command_that_shows_them() -> None:
    names = [f"type {number}" for number in range(1, 12)]
    told = listed_at_most(phrases_of("en"), names)
    assert told.startswith("type 1, type 2") and told.endswith("and 3 more (iad catalogue show PRODUCT)")
    assert "type 9" not in told
    assert "more" not in listed_at_most(phrases_of("en"), names[:8])


def test_a_common_name_is_one_word_for_a_defect_alone() -> None:
    assert common_name("Kratzer") == common_name("scratch") == "scratch"
    assert common_name("scratched trace") is None
