"""A question's word for a type is held against what is damaged, and what is asked about is told first."""

from __future__ import annotations

from pathlib import Path

import pytest
from plates import part

from agents.answers.meant import with_entries
from agents.app import Application
from agents.questions.slots.doubted import held_against, may_mean, narrowed
from agents.questions.understanding import understand
from agents.settings import Settings
from knowledge.catalogue.entries import Entry

ENTRIES = [
    Entry("Crack in bottle", look="thin dark line in the glass"),
    Entry("Torn label", look="jagged notch at the edge of the label"),
    Entry("Wrong cap", look="cap of another colour"),
    Entry("Missing cap", look="the neck is open"),
    Entry("Crooked cap", look="the cap sits at an angle"),
    Entry("Stain", look="dark spot"),
]
NOTES = """Defect,Look,Cause,Effect,Severity,Action,Limit,Responsible
Crack in bottle,thin dark line in the glass,cooled too fast,bursts,critical,pass if short,max 3 mm,Ms Tan
Torn label,jagged notch at the label's edge,blade blunt,looks shabby,minor,relabel,not allowed,Mr Ito
Missing cap,neck is open,cap feeder empty,contents spoil,critical,refill the feeder,not allowed,Ms Roy
Wrong cap,cap of another colour,reel mixed up,complaint,major,stop the line,not allowed,QA desk
"""


@pytest.fixture(scope="module")
def bottles(tmp_path_factory: pytest.TempPathFactory) -> tuple[Application, Path]:
    folder = tmp_path_factory.mktemp("bottles")
    (folder / "bottle.csv").write_text(NOTES, encoding="utf-8")
    app = Application(Settings(store=folder / "store", encoder="tiny", text_encoder="tiny"))
    app.enroll("bottle", [part(folder / f"good-{seed}.png", seed) for seed in range(6)])
    app.add_knowledge([folder / "bottle.csv"], "bottle")
    return app, part(folder / "bad.png", 9, blot=True)


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("en", "the label has a crack, what now?"),
        ("de", "Etikett eingerissen, was tun?"),
        ("it", "l'etichetta è crepata, cosa faccio?"),
        ("es", "la etiqueta está agrietada, ¿qué hago?"),
        ("fr", "l'étiquette est fissurée, que faire ?"),
        ("pt", "o rótulo está trincado, o que faço?"),
        ("zh", "标签破裂了怎么办"),
        ("ja", "ラベルにひびが入った、どうする？"),
        ("ko", "라벨에 금이 갔어요, 어떻게 해요?"),
    ],
)
def test_a_word_for_a_type_is_not_enough_where_another_thing_is_damaged(language: str, question: str) -> None:
    assert held_against(question, language, "Crack in bottle", ENTRIES)[0] == "Torn label"
    assert narrowed(question, language, "crack", ENTRIES)[0] == "Torn label"


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("en", "cracked bottle, what now?"),
        ("de", "Flasche gerissen, was tun?"),
        ("it", "la bottiglia è crepata"),
        ("es", "la botella está agrietada"),
        ("fr", "la bouteille est fissurée"),
        ("pt", "a garrafa está trincada"),
        ("zh", "瓶子有裂纹"),
        ("ja", "瓶にひびが入った"),
        ("ko", "병에 금이 갔어요"),
    ],
)
def test_the_type_of_what_is_damaged_stays(language: str, question: str) -> None:
    assert held_against(question, language, "Crack in bottle", ENTRIES) == ["Crack in bottle"]


def test_what_no_word_names_has_entries_that_are_near_and_a_plain_question_has_none() -> None:
    for language, question in [
        ("es", "¿a quién aviso si hay un tapón equivocado?"),
        ("it", "chi avviso se c'è un tappo sbagliato?"),
        ("de", "wem melde ich einen falschen Deckel?"),
        ("pt", "quem aviso se há uma tampa errada?"),
        ("ja", "キャップが違うとき誰に連絡？"),
        ("ko", "잘못된 뚜껑은 누구에게 알려요?"),
    ]:
        assert may_mean(question, language, ENTRIES)[0] == "Wrong cap", question
    for language, question in [
        ("en", "who do I have to tell?"),
        ("it", "e adesso che faccio?"),
        ("de", "Woher kommt das?"),
        ("ja", "原因は？"),
    ]:
        assert may_mean(question, language, ENTRIES) == [], question


def test_no_action_of_another_type_is_told_for_a_word_that_both_may_mean(
    bottles: tuple[Application, Path],
) -> None:
    app, image = bottles
    for said in (
        app.ask_without_image("Etikett eingerissen, was tun?").answer,
        app.ask(image, "Etikett eingerissen, was tun?").answer,
    ):
        assert "relabel" in said
        assert "pass if short" not in said
    said = app.ask_without_image("l'etichetta è crepata, cosa faccio?").answer
    assert said.index("relabel") < said.index("pass if short")


def test_the_type_of_an_earlier_turn_is_the_first_that_is_answered_for(
    bottles: tuple[Application, Path],
) -> None:
    app, image = bottles
    app.ask(image, "Is there a cap missing?", thread="cap")
    said = app.ask(image, "What could have caused this, the feeder?", thread="cap").answer
    assert said.startswith("Possibly.")
    assert "cap feeder empty" in said.split("[")[0]
    said = app.ask(image, "who is responsible?", thread="cap").answer
    # "Most like Missing cap, not certain" may come before it, but no other type's person.
    assert "Ms Roy" in "[".join(said.split("[")[:2])
    said = app.ask(image, "and the effect?", thread="cap").answer
    assert said.index("contents spoil") < min(
        [said.index(one) for one in ("shabby", "bursts", "complaint") if one in said] or [len(said)]
    )


def test_entries_are_held_against_a_question_about_a_part(bottles: tuple[Application, Path]) -> None:
    app, _ = bottles
    asked = understand("Etikett eingerissen, was tun?", known=["Crack in bottle"])
    assert asked.first.type == "crack in bottle"
    assert with_entries(asked, app.tools, "bottle").first.type == "torn label"
    asked = understand("Is there a cap missing?", known=["Missing cap"])
    assert with_entries(asked, app.tools, "bottle").first.maybe == ["Missing cap"]


@pytest.mark.parametrize(
    "question",
    [
        "what would the customer say?",
        "was würde der Kunde sagen?",
        "cosa direbbe il cliente?",
        "¿qué diría el cliente?",
        "que dirait le client ?",
        "o que o cliente diria?",
        "客户会怎么说？",
        "お客様は何と言う？",
        "고객이 뭐라고 할까?",
    ],
)
def test_what_the_customer_would_say_is_an_effect_and_no_letter(question: str) -> None:
    asked = understand(question, known=["Stain"])
    assert (asked.first.kind, asked.style) == ("effect", "plain")


def test_a_text_for_the_customer_stays_one() -> None:
    assert understand("write two lines for the customer").style == "customer"


@pytest.mark.parametrize(
    "question",
    [
        "why is the tablet yellow?",
        "warum ist der Pin so dunkel?",
        "perché la pastiglia è gialla?",
        "¿por qué está amarilla la pastilla?",
        "pourquoi le comprimé est jaune ?",
        "porque o pino está escuro?",
        "药片为什么是黄色的？",
        "なぜ錠剤が黄色いの？",
        "알약이 왜 노란색이에요?",
    ],
)
def test_why_something_looks_as_it_does_is_its_cause(question: str) -> None:
    first = understand(question, known=["Stain"]).first
    assert (first.kind, first.near) == ("cause", None)
    assert understand("why did you call it dark?").first.kind == "reasoning"


@pytest.mark.parametrize(
    "question",
    ["faut prévenir qui ?", "c'est qui le responsable ?", "j'appelle qui ?", "qui est responsable ?"],
)
def test_french_asks_for_a_person_with_the_word_behind_the_verb(
    question: str, bottles: tuple[Application, Path]
) -> None:
    app, image = bottles
    app.ask(image, "manque-t-il un bouchon ?", thread=question)
    said = app.ask(image, question, thread=question).answer
    assert "refill the feeder" not in said


@pytest.mark.parametrize(
    "question",
    [
        "what is a crack in bottle and how long may it be?",
        "was heißt Crack in bottle und wie groß darf er sein",
        "cos'è Crack in bottle e quanto può essere grande?",
        "qué es Crack in bottle y cuánto puede medir",
    ],
)
def test_what_a_type_is_and_how_big_it_may_be_are_both_told(
    question: str, bottles: tuple[Application, Path]
) -> None:
    said = bottles[0].ask_without_image(question).answer
    assert "thin dark line" in said
    assert "max 3 mm" in said


def test_types_of_one_name_are_told_apart_by_their_product(tmp_path: Path) -> None:
    app = Application(Settings(store=tmp_path / "store", encoder="tiny", text_encoder="tiny"))
    for number, (product, limit) in enumerate([("flange", "max 10 mm"), ("plug", "max 5 mm")]):
        app.enroll(product, [part(tmp_path / f"{product}{seed}.png", seed + 9 * number) for seed in range(2)])
        notes = tmp_path / f"{product}.csv"
        notes.write_text(f"Defect,Limit\nScratch,{limit}\nDent,max 1 mm\n", encoding="utf-8")
        app.add_knowledge([notes], product)
    said = app.ask_without_image("how long may a scratch be?").answer
    assert "max 10 mm" in said
    assert "max 5 mm" in said
