"""Questions about the notes of several products: whose type is meant, and which field is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.app import Application
from agents.questions.rules.corrects import of_a_correction
from agents.settings import Settings

NOTES = """Product,Defect,Look,Cause,Effect,Severity,Action,Limit,Responsible
vial,underfill,liquid level low,dosing pump leaks,too little dose,critical,reject,max 1 mm,Mr Costa
vial,glass crack,thin branching line,thermal shock,not sterile,critical,reject,not allowed,Dr Lindner
vial,particle,small dark spot,stopper sheds,injection risk,critical,reject,not allowed,Dr Lindner
vial,discoloration,yellow liquid,oxidation,potency lost,critical,block the lot,not allowed,Dr Weiss
vial,raised stopper,dark gap below the cap,too much silicone,leak,critical,reject,not allowed,Dr Weiss
vial,air bubble,bright ring in the liquid,filling too fast,none,minor,wait 10 minutes,allowed,
bracket,Grat,heller Saum am Loch,Schneidspalt zu groß,Verletzung,mittel,Entgraten,max. 0.3 mm,Herr Brandl
bracket,Delle,runde Stelle,Späne im Gesenk,nur Optik,gering,Gesenk ausblasen,max. 5 mm,
bracket,Anlauffarbe,bläuliche Verfärbung,Kühlung ausgefallen,Gefüge verändert,mittel,Härte messen,,
"""


@pytest.fixture(scope="module")
def products(tmp_path_factory: pytest.TempPathFactory) -> Application:
    folder = tmp_path_factory.mktemp("products")
    (folder / "notes.csv").write_text(NOTES, encoding="utf-8")
    app = Application(Settings(store=folder / "store", encoder="tiny", text_encoder="tiny"))
    app.add_knowledge([folder / "notes.csv"])
    return app


@pytest.mark.parametrize(
    "question",
    [
        "what is the cause of a burr?",
        "what causes burrs?",
        "Was ist die Ursache von Grat?",
        "qual è la causa della bava?",
        "¿cuál es la causa de la rebaba?",
        "quelle est la cause des bavures?",
        "Qual a causa da rebarba?",
        "o que causa rebarbas?",
        "毛刺的原因是什么？",
        "バリの原因は？",
        "버의 원인이 뭐예요?",
    ],
)
def test_a_type_that_one_product_has_tells_whose_it_is(products: Application, question: str) -> None:
    assert "[bracket/Grat#cause]" in products.ask_without_image(question).answer


@pytest.mark.parametrize("question", ["which vial defects are critical?", "which defects are critical?"])
def test_a_list_is_told_whole(products: Application, question: str) -> None:
    answer = products.ask_without_image(question).answer
    for name in ("underfill", "glass_crack", "particle", "discoloration", "raised_stopper"):
        assert f"[vial/{name}#severity]" in answer
    assert "air bubble" not in answer


def test_of_a_long_list_the_rest_is_named(tmp_path: Path) -> None:
    rows = [f"valve,fault {letter},a mark,critical" for letter in "abcdefghij"]
    (tmp_path / "notes.csv").write_text("\n".join(["Product,Defect,Look,Severity", *rows]), encoding="utf-8")
    app = Application(Settings(store=tmp_path / "store", encoder="tiny", text_encoder="tiny"))
    app.add_knowledge([tmp_path / "notes.csv"])
    answer = app.ask_without_image("which valve defects are critical?").answer
    assert answer.endswith("The notes also name fault i and fault j [notes].")


@pytest.mark.parametrize(
    ("question", "cited"),
    [
        ("from what size is a dent scrap?", "bracket/Delle#limit"),
        ("Ab wann ist eine Delle Ausschuss?", "bracket/Delle#limit"),
        ("da quando un'ammaccatura è scarto?", "bracket/Delle#limit"),
        ("¿a partir de cuándo es chatarra una abolladura?", "bracket/Delle#limit"),
        ("à partir de quelle taille une bosse est-elle rebutée ?", "bracket/Delle#limit"),
        ("a partir de que tamanho um amassado é refugo?", "bracket/Delle#limit"),
        ("凹痕多大算报废？", "bracket/Delle#limit"),
        ("へこみは何ミリから不良ですか？", "bracket/Delle#limit"),
        ("찍힘은 몇 mm부터 불량인가요?", "bracket/Delle#limit"),
        ("how big can a dent be?", "bracket/Delle#limit"),
        ("what's behind a burr?", "bracket/Grat#cause"),
        ("Anlauffarbe - was steckt da dahinter?", "bracket/Anlauffarbe#cause"),
        ("cosa c'è dietro una bava?", "bracket/Grat#cause"),
        ("¿qué hay detrás de la rebaba?", "bracket/Grat#cause"),
        ("qu'y a-t-il derrière les bavures ?", "bracket/Grat#cause"),
        ("o que está por trás da rebarba?", "bracket/Grat#cause"),
        ("毛刺背后是什么？", "bracket/Grat#cause"),
        ("バリの背景は？", "bracket/Grat#cause"),
        ("버의 배경은?", "bracket/Grat#cause"),
        ("What does the Maßnahme say for the air bubble?", "vial/air_bubble#action"),
        ("찍힘 조치는?", "bracket/Delle#action"),
        ("Zuständig für Grat?", "bracket/Grat#action-2"),
        ("who is responsible for underfill?", "vial/underfill#action-2"),
    ],
)
def test_the_field_that_is_asked_is_told_first(products: Application, question: str, cited: str) -> None:
    answer = products.ask_without_image(question).answer
    assert answer.index("[") == answer.index(f"[{cited}]")


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("is a glass crack a reason to reject?", "Yes."),
        ("Ist underfill ein Grund zum Aussortieren?", "In den Notizen"),
        ("glass crack è un motivo di scarto?", "Sì."),
        ("¿la decoloración es motivo de rechazo?", "Sí."),
        ("la décoloration est-elle un motif de rejet ?", "Oui."),
        ("a descoloração é motivo de rejeição?", "Sim."),
        ("变色是报废的理由吗？", "是。"),
        ("変色は廃棄の理由になりますか？", "はい。"),
        ("변색은 폐기 사유인가요?", "예."),
    ],
)
def test_a_reason_to_reject_is_no_cause(products: Application, question: str, first: str) -> None:
    assert products.ask_without_image(question).answer.startswith(first)


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("who fixes the dosing pump?", '"Mr Costa" [vial/underfill#action-2]'),
        ("Wer kümmert sich beim bracket um den Schneidspalt?", '"Herr Brandl" [bracket/Grat#action-2]'),
        ("why would the potency be lost?", '"oxidation" [vial/discoloration#cause]'),
    ],
)
def test_words_of_one_entry_tell_the_field_that_is_asked(
    products: Application, question: str, told: str
) -> None:
    assert told in products.ask_without_image(question).answer


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "p109 is actually good"),
        ("en", "h109 is fine, that's only oil, how do I tell the system?"),
        ("de", "h109 ist in Ordnung, wie sage ich dir das?"),
        ("it", "p109 è buono"),
        ("es", "p109 está bien, ¿cómo te lo digo?"),
        ("fr", "p109 est bon en fait"),
        ("pt", "a p109 está boa"),
        ("zh", "p109其实是好的"),
        ("ja", "p109は良品です"),
        ("ko", "p109는 양품이에요"),
    ],
)
def test_who_says_how_a_part_is_gets_the_command(language: str, said: str) -> None:
    found = of_a_correction(said, language)
    assert found is not None and found.topic == "correct"


@pytest.mark.parametrize(
    "asked", ["is p109 good?", "p109?", "p109 good or bad", "who said h109 is fine?", "lot C9 is bad"]
)
def test_a_question_for_a_part_is_no_correction(asked: str) -> None:
    assert of_a_correction(asked, "en") is None


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("can i get a pdf of todays results", "FILE.pdf"),
        ("kann ich die Ergebnisse von heute als PDF haben?", "DATEI.pdf"),
        ("can I have today's results as an Excel sheet", "FILE.xlsx"),
        ("how much does one rejected vial cost us?", "what anything costs"),
        ("how much does a scrapped bracket cost us?", "what anything costs"),
    ],
)
def test_the_format_and_the_cost_that_are_asked(products: Application, question: str, told: str) -> None:
    assert told in products.ask_without_image(question).answer


def test_who_is_responsible_stands_apart_from_what_to_do(products: Application) -> None:
    entry = next(one for one in products.catalogue.show("vial") if one.type == "underfill")
    assert (entry.action, entry.responsible, entry.limit) == ("reject", "Mr Costa", "max 1 mm")


@pytest.mark.parametrize(
    "question",
    ["is a blurry letter grounds for rejecting it?", "Ist ein unscharfer Buchstabe ein Sperrgrund?"],
)
def test_a_type_without_a_limit_that_may_be_meant_is_named(tmp_path: Path, question: str) -> None:
    notes = "Product,Defect,Look,Severity\ncapsule,Faulty imprint,letters blurred or missing,minor\n"
    (tmp_path / "notes.csv").write_text(notes, encoding="utf-8")
    app = Application(Settings(store=tmp_path / "store", encoder="tiny", text_encoder="tiny"))
    app.add_knowledge([tmp_path / "notes.csv"])
    assert "[capsule/Faulty_imprint#look]" in app.ask_without_image(question).answer
