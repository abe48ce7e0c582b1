"""Types by what a field of the notes says, all that they say of one, and sizes that a question states."""

from __future__ import annotations

import pytest

from agents.app import Application
from agents.questions.learned.topics import asks_how_small
from agents.questions.lexicon.words import words_of
from agents.settings import Settings

BRACKET = """Fehler,Aussehen,Ursache,Auswirkung,Schwere,Maßnahme,Grenzwert,Zuständig
Kratzer,helle dünne Linie,Span,Optik,gering,Nacharbeit durch Bürsten erlaubt,max. 15 mm,Einrichter
Rost,brauner Fleck,Lagerung,Haftung verloren,mittel,Los sperren,nicht zulässig,Qualitätssicherung Frau Aydin
Langloch fehlt,glatt,Stempel gebrochen,nicht montierbar,kritisch,Presse sofort anhalten,nicht zulässig,Bau
Grat,heller Saum,Matrize stumpf,Verletzungsgefahr,mittel,Entgraten,"max. 0,3 mm",Werkzeugbau
Delle,runde Stelle,Späne im Gesenk,sicherheitsrelevant,gering,Gesenk ausblasen,max. 5 mm,
"""
BOARD = """Defect,Appearance,Root cause,Effect,Severity,Action,Limit,Responsible
scratched trace,thin line,press-fit force,corrosion,major,rework with varnish,max 5 mm long,Mrs. Okafor
reversed polarity,dark segment,reel turned,bursts,critical,stop the line,not allowed,line manager
"""


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Application:
    folder = tmp_path_factory.mktemp("plant")
    app = Application(Settings(store=folder / "store", encoder="tiny", text_encoder="tiny"))
    for product, notes in (("haltewinkel", BRACKET), ("board", BOARD)):
        file = folder / f"{product}.csv"
        file.write_text(notes, encoding="utf-8")
        app.add_knowledge([file], product)
    return app


@pytest.mark.parametrize(
    ("question", "told", "others"),
    [
        ("Which defects mean I have to stop the press?", ["Langloch fehlt"], ["scratched", "polarity"]),
        ("Bei welchen Fehlern muss ich das Los sperren?", ["Rost"], ["Langloch", "Kratzer"]),
        ("quels défauts sont graves pour la sécurité ?", ["Delle"], ["Rost", "polarity"]),
        ("which ones need the QA lady?", ["Frau Aydin"], ["Okafor", "Werkzeugbau"]),
        ("which of the board defects can be reworked?", ["scratched trace"], ["Kratzer", "polarity"]),
        ("Welche Fehler darf man nacharbeiten?", ["Kratzer (haltewinkel)", "scratched trace (board)"], []),
        ("どの不良でラインを止める必要がありますか？", ["reversed polarity"], ["Kratzer", "scratched"]),
    ],
)
def test_types_are_told_by_what_a_field_says_in_another_language_too(
    plant: Application, question: str, told: list[str], others: list[str]
) -> None:
    said = plant.ask_without_image(question)
    assert all(one in said.answer for one in told), said.answer
    assert not any(one in said.answer for one in others), said.answer


@pytest.mark.parametrize("question", ["which ones need a new roof?"])
def test_where_no_note_says_so_that_is_said(plant: Application, question: str) -> None:
    assert "[notes]" in plant.ask_without_image(question).answer


@pytest.mark.parametrize(
    "question",
    [
        "Tell me everything about rust",
        "what do you know about rust?",
        "was weißt du über Rost?",
        "tout sur la rouille",
        "cuéntame todo sobre el óxido",
        "dimmi tutto sulla ruggine",
        "o que você sabe sobre ferrugem?",
        "关于锈你都知道什么？",
        "錆について全部教えてください",
        "녹에 대해 다 알려줘",
    ],
)
def test_all_that_the_notes_say_of_a_type_is_told(plant: Application, question: str) -> None:
    answer = plant.ask_without_image(question).answer
    fields = ("look", "cause", "effect", "severity", "action", "limit", "action-2")
    assert all(f"[haltewinkel/Rost#{field}]" in answer for field in fields), answer


def test_all_of_a_common_word_is_of_each_product(plant: Application) -> None:
    answer = plant.ask_without_image("was weißt du über Kratzer?").answer
    assert (
        answer.startswith("Kratzer (haltewinkel), Aussehen:")
        and "scratched trace (board), Limit" not in answer
    )
    assert "scratched trace (board), Grenzwert" in answer


@pytest.mark.parametrize(
    ("question", "lead", "told"),
    [
        ("A board has a 3 mm scratch, pass or fail?", "Pass.", "within the limit of 5 mm"),
        ("A board has a 6 mm scratch, pass or fail?", "Fail.", "above the limit of 5 mm"),
        ("a dent of 7 mm, ok or not ok?", "Not ok.", "above the limit of 5 mm"),
        ("um risco de 18 mm no haltewinkel, passa ou reprova?", "Pelo indicado", "excede o limite de 15 mm"),
        ("una bava di 0,2 mm, passa o no?", "Sì.", "0.2 mm"),
        ("Ein Grat von 0,4, geht das?", "Nein.", "0.4 mm"),
    ],
)
def test_a_stated_size_is_held_against_the_limit(
    plant: Application, question: str, lead: str, told: str
) -> None:
    answer = plant.ask_without_image(question).answer
    assert answer.startswith(lead) and told in answer, answer


def test_no_number_is_carried_into_a_question_that_has_its_own(plant: Application) -> None:
    plant.ask_without_image("Wie groß darf eine Delle höchstens sein?", thread="t")
    assert "6 mm" in plant.ask_without_image("Meine ist 6 mm", thread="t").answer
    burr = plant.ask_without_image("Und ein Grat von 0,2?", thread="t")
    assert burr.affirmed is True and "0.2 mm" in burr.answer and "6 mm" not in burr.answer
    assert "0.4 mm" in plant.ask_without_image("und 0,4?", thread="t").answer


def test_the_limit_of_another_product_is_told_without_a_doubt(plant: Application) -> None:
    plant.ask_without_image("What's the maximum length of a scratch on the bracket?", thread="u")
    answer = plant.ask_without_image("and on the board?", thread="u").answer
    assert '"max 5 mm long"' in answer and "not certain" not in answer and "I took" not in answer


SMALL = [
    ("en", "can you detect cracks smaller than 0.1 mm?"),
    ("en", "what is the smallest defect you find?"),
    ("de", "ab welcher größe siehst du fehler?"),
    ("it", "da che dimensione rilevi un graffio?"),
    ("es", "¿puedes detectar grietas de menos de 0,1 mm?"),
    ("fr", "à partir de quelle taille vois-tu une rayure ?"),
    ("pt", "a partir de que tamanho você enxerga um defeito?"),
    ("zh", "最小能检测多大的缺陷"),
    ("ja", "どのくらい小さい欠陥まで検出できますか"),
    ("ko", "0.1mm보다 작은 균열도 찾을 수 있어?"),
]


@pytest.mark.parametrize(("language", "question"), SMALL)
def test_how_small_a_defect_is_found_is_of_the_tool(plant: Application, language: str, question: str) -> None:
    said = plant.ask_without_image(question)
    assert "iad enroll" in said.answer and said.affirmed is None, said.answer
    assert asks_how_small(words_of(language), question)


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("en", "is a scratch smaller than 2 mm allowed?"),
        ("en", "did you find scratches shorter than 2 mm today?"),
        ("de", "welcher kratzer war der kleinste?"),
        ("fr", "une rayure de moins de 2 mm, ça passe ?"),
        ("ja", "2ミリ以下の傷は許容されますか"),
    ],
)
def test_a_limit_or_the_log_is_no_question_of_the_tool(language: str, question: str) -> None:
    assert not asks_how_small(words_of(language), question)
