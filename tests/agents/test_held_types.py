"""No limit, cause or action of another thing is told where the notes hold none of what is asked about."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.app import Application
from agents.questions.learned.encoder import normalised
from agents.questions.slots.described import described_type
from agents.questions.slots.held import held_names, is_another, meant_type
from agents.questions.understanding import understand
from agents.settings import Settings
from knowledge.catalogue.entries import Entry

CONNECTOR = """Defect,Look,Cause,Effect,Severity,Action,Limit
Bent pin,pin leans and its tip is shifted,pushed by the gripper,short circuit,critical,straighten,max 0.3 mm
Missing pin,an empty chamber,magazine empty,no contact,critical,scrap the connector,not allowed
Scratch,thin bright line on the housing,rubs on the rail,cosmetic,minor,polish,max 5 mm
"""
TYPES = ["Bent pin", "Missing pin", "Scratch"]
SHIFTED_HOLES = [
    ("en", "limit for a shifted hole?"),
    ("de", "Grenzwert für eine versetzte Bohrung?"),
    ("it", "limite per un foro spostato?"),
    ("es", "¿límite para un agujero desplazado?"),
    ("fr", "limite pour un trou décalé ?"),
    ("pt", "limite para um furo deslocado?"),
    ("zh", "孔偏移的限值"),
    ("ja", "穴のずれの許容値"),
    ("ko", "구멍 어긋남 허용치"),
]
BENT_PINS = [
    ("en", "limit for a bent pin?"),
    ("de", "Grenzwert für einen verbogenen Pin?"),
    ("es", "¿límite para un pin doblado?"),
    ("fr", "limite pour une broche tordue ?"),
    ("pt", "limite para pinos tortos?"),
    ("zh", "针脚弯曲的限值"),
    ("ja", "ピンの曲がりの許容値"),
    ("ko", "핀 휨 허용치"),
]


@pytest.fixture(scope="module")
def connector(tmp_path_factory: pytest.TempPathFactory) -> Application:
    folder = tmp_path_factory.mktemp("connector")
    (folder / "connector.csv").write_text(CONNECTOR, encoding="utf-8")
    app = Application(Settings(store=folder / "store", encoder="tiny", text_encoder="tiny"))
    app.add_knowledge([folder / "connector.csv"], "connector")
    return app


@pytest.mark.parametrize(("language", "question"), SHIFTED_HOLES)
def test_a_shifted_hole_is_no_bent_pin(connector: Application, language: str, question: str) -> None:
    entries = [Entry("Bent pin", look="pin leans and its tip is shifted"), Entry("Scratch", look="a line")]
    assert described_type(question, language, entries) is None
    assert held_names(normalised(question), language, ["Bent pin"], TYPES) == []
    said = connector.ask_without_image(question)
    assert said.language == language
    assert "0.3" not in said.answer
    assert "5 mm" not in said.answer


@pytest.mark.parametrize(("language", "question"), BENT_PINS)
def test_a_bent_pin_is_one_in_any_language(connector: Application, language: str, question: str) -> None:
    assert held_names(normalised(question), language, ["Bent pin"], TYPES) == ["Bent pin"]
    assert "max 0.3 mm" in connector.ask_without_image(question).answer


@pytest.mark.parametrize(
    ("question", "silent"),
    [
        ("what is the limit for a bubble?", "The notes have no entry for that; they name Bent pin"),
        ("Wie schlimm ist eine Beule?", "Dazu haben die Notizen keinen Eintrag; sie nennen Bent pin"),
        ("¿qué causa el óxido?", "Las notas no tienen ninguna entrada sobre eso; nombran Bent pin"),
        ("毛刺怎么办", "资料中没有对应的条目；资料列出的有 Bent pin"),
    ],
)
def test_what_the_notes_do_not_hold_is_said_with_what_they_name(
    connector: Application, question: str, silent: str
) -> None:
    assert connector.ask_without_image(question).answer.startswith(silent)


def test_a_type_of_another_thing_is_told_as_not_certain(connector: Application) -> None:
    said = connector.ask_without_image("what causes a warped flange?").answer
    assert "not certain" in said or "no entry" in said
    assert not said.startswith("The notes say")


def test_the_thing_that_is_damaged_may_be_all_that_the_name_and_the_question_share() -> None:
    assert not is_another("misalignment", "offset hole", "孔偏移的限值", "zh")
    assert is_another("dent", "torn foil", "beule in der folie: grenzwert", "de")
    assert is_another("burr", "scratch", "limit for a burr", "en")


def test_a_type_is_meant_only_where_its_name_stands_out() -> None:
    assert meant_type("why is a pin too short?", "en", ["Zu kurzer Pin", "Fehlender Pin", "Riss"])
    assert meant_type("limit for a loose cable", "en", ["Zu kurzer Pin", "Fehlender Pin", "Riss"]) is None
    assert meant_type("limit?", "en", TYPES) is None


def test_the_word_for_a_limit_tells_no_sentence_of_the_notes(tmp_path: Path) -> None:
    (tmp_path / "plug.csv").write_text(
        "Fehler,Ursache,Maßnahme,Grenzwert\nKratzer,Reiben,unter Grenzwert freigeben,max. 5 mm\n"
        "Riss,Druck,Ausschuss,nicht zulässig\n",
        encoding="utf-8",
    )
    app = Application(Settings(store=tmp_path / "store", encoder="tiny", text_encoder="tiny"))
    app.add_knowledge([tmp_path / "plug.csv"], "plug")
    assert "freigeben" not in app.ask_without_image("Grenzwert für Lochversatz?").answer


@pytest.mark.parametrize(
    "question",
    [
        "could it be a scratch?",
        "kann das ein Kratzer sein?",
        "potrebbe essere un graffio?",
        "¿podría ser un arañazo?",
        "ça pourrait être une rayure ?",
        "pode ser um risco?",
        "会是划痕吗？",
        "긁힘일 수도 있나요?",
    ],
)
def test_whether_it_may_be_of_a_type_is_no_question_for_a_cause(question: str) -> None:
    one = understand(question, (), known=["scratch", "bent pin"], pictured=True).intents[0]
    assert (one.kind, one.type, one.closed) == ("type", "scratch", True)


@pytest.mark.parametrize(
    "question",
    [
        "could it be because of the tool?",
        "este arañazo, ¿podría ser del transporte?",
        "kommt der Kratzer vom Werkzeug?",
    ],
)
def test_a_supposed_cause_stays_one(question: str) -> None:
    assert understand(question, (), known=["scratch"], pictured=True).intents[0].kind == "cause"


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("de", "An welcher Stelle genau?"),
        ("de", "an welcher Ecke?"),
        ("fr", "À quel endroit ?"),
        ("en", "Where?"),
    ],
)
def test_a_place_describes_no_type(language: str, question: str) -> None:
    # By the sentence encoder alone "Stelle" is like "Delle".
    entries = [Entry("Delle", look="runde Stelle mit Schatten"), Entry("Kratzer", look="helle Linie")]
    assert described_type(question, language, entries) is None


def test_a_word_beside_a_place_describes_one() -> None:
    entries = [Entry("Delle", look="runde Stelle mit Schatten"), Entry("Kratzer", look="helle Linie")]
    assert described_type("Ist da eine Beule an der Ecke?", "de", entries) == "Delle"
