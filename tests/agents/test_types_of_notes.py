"""Questions about all types of the notes, and about a product's record, in nine languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from plates import part

from agents.app import Application
from agents.questions.slots.by_words import scattered, type_of
from agents.settings import Settings

NOTES = """Product,Defect,Look,Effect,Severity,Action,Limit
toy,Missing head,the whole head is missing,cannot be sold,critical,scrap the part,not allowed
toy,Broken leg,a leg is missing,does not stand,major,scrap it,max 1 mm
toy,Paint smear,a red patch at an eye,cosmetic only,minor,rework: wipe and print again,max 10 mm
toy,Black speck,a small round spot,cosmetic only,medium,the part may still be used,max 0.8 mm
"""
GERMAN = """Fehlerart;Schwere;Maßnahme
Riss;hoch;Lieferant informieren
Fleck;gering;Zelle darf weiterverwendet werden
"""


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Application:
    folder = tmp_path_factory.mktemp("notes")
    (folder / "fmea.csv").write_text(NOTES)
    made = Application(Settings(store=folder / "store", encoder="tiny", text_encoder="tiny"))
    made.enroll("toy", [part(folder / f"good-{seed}.png", seed) for seed in range(2)])
    made.add_knowledge([folder / "fmea.csv"])
    return made


REWORK = [
    "Which defects can be reworked?",
    "Welche Fehler können nachgearbeitet werden?",
    "Quali difetti si possono riparare?",
    "¿Qué defectos se pueden reparar?",
    "Quels défauts peuvent être retouchés ?",
    "Quais defeitos podem ser retrabalhados?",
    "哪些缺陷可以返工？",
    "手直しできる欠陥はどれですか？",
    "재작업할 수 있는 결함은 뭐야?",
]
CRITICAL = [
    "Which defects are critical?",
    "Welche Fehler sind kritisch?",
    "Quali difetti sono critici?",
    "¿Qué defectos son críticos?",
    "Quels défauts sont critiques ?",
    "Quais defeitos são críticos?",
    "哪些缺陷是致命的？",
    "致命的な欠陥はどれですか？",
    "치명적인 결함은 뭐야?",
]
LEAST = [
    "Which defect is the least serious?",
    "Welcher Fehler ist am wenigsten schlimm?",
    "Quale difetto è il meno grave?",
    "¿Qué defecto es el menos grave?",
    "Quel défaut est le moins grave ?",
    "Qual defeito é o menos grave?",
    "哪种缺陷的严重程度最低？",
    "重大さが最も低い欠陥はどれですか？",
    "심각도가 가장 낮은 결함은 뭐야?",
]
LIMIT = [
    "Which defect has a limit of 10 mm?",
    "Welcher Fehler hat einen Grenzwert von 10 mm?",
    "Quale difetto ha un limite di 10 mm?",
    "¿Qué defecto tiene un límite de 10 mm?",
    "Quel défaut a une limite de 10 mm ?",
    "Qual defeito tem um limite de 10 mm?",
    "哪种缺陷的限值是10毫米？",
    "限度が10mmの欠陥はどれ？",
    "한도가 10mm인 결함은 뭐야?",
]


@pytest.mark.parametrize(
    ("questions", "types"),
    [(REWORK, "Paint smear"), (CRITICAL, "Missing head"), (LEAST, "Paint smear"), (LIMIT, "Paint smear")],
    ids=["rework", "critical", "least", "limit"],
)
def test_types_are_told_by_what_the_notes_say_of_them(
    opened: Application, questions: list[str], types: str
) -> None:
    for question in questions:
        reply = opened.ask_without_image(question)
        assert reply.answer.startswith(types), (question, reply.answer)
        assert reply.answer.count("[toy/") == 1, (question, reply.answer)


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("Which defects must be scrapped?", ["Missing head", "Broken leg"]),
        ("With which defects may the part still be used?", ["Black speck"]),
        ("Which defect is the most serious?", ["Missing head"]),
        ("Which defect has a limit of 7 mm?", ["The notes name no such type [notes]."]),
    ],
)
def test_fates_and_severities(opened: Application, question: str, parts: list[str]) -> None:
    answer = opened.ask_without_image(question).answer
    assert all(part in answer for part in parts), answer
    assert answer.count("[toy/") == len([one for one in parts if "[notes]" not in one]), answer


WORSE = [
    "Is a missing head worse than a paint smear?",
    "Ist ein fehlender Kopf schlimmer als ein Farbfleck?",
    "Una testa mancante è più grave di una macchia di vernice?",
    "¿Una cabeza faltante es más grave que una mancha de pintura?",
    "Une tête manquante est-elle plus grave qu'une tache de peinture ?",
    "Uma cabeça ausente é mais grave do que uma mancha de tinta?",
    "头部缺失比油漆污迹更严重吗？",
    "頭部の欠損は塗料の汚れより深刻ですか？",
    "머리 없음은 페인트 얼룩보다 심각해?",
]


@pytest.mark.parametrize("question", WORSE)
def test_two_types_are_compared_by_their_severities(opened: Application, question: str) -> None:
    reply = opened.ask_without_image(question)
    assert reply.affirmed is True, reply.answer
    assert "critical" in reply.answer and "minor" in reply.answer


def test_the_lesser_one_is_not_the_worse(opened: Application) -> None:
    assert opened.ask_without_image("Is a paint smear worse than a broken leg?").affirmed is False


WORST = [
    "Which is more serious, a paint smear or a missing head?",
    "Welcher Fehler ist schlimmer, Farbfleck oder fehlender Kopf?",
    "Cosa è più grave, una macchia di vernice o una testa mancante?",
    "¿Qué es más grave, una mancha de pintura o una cabeza faltante?",
    "Quel défaut est plus grave, une tache de peinture ou une tête manquante ?",
    "O que é mais grave, uma mancha de tinta ou uma cabeça ausente?",
    "油漆污迹和头部缺失哪个更严重？",
    "塗料の汚れと頭部の欠損ではどちらが深刻ですか？",
    "페인트 얼룩과 머리 없음 중 어느 것이 더 심각해?",
]


@pytest.mark.parametrize("question", WORST)
def test_of_two_types_the_more_severe_one_is_named(opened: Application, question: str) -> None:
    answer = opened.ask_without_image(question).answer
    assert answer.startswith("Missing head."), answer
    assert "critical" in answer and "minor" in answer and answer.count("[toy/") == 2, answer


def test_types_of_one_severity_are_equally_severe(tmp_path: Path) -> None:
    (tmp_path / "fehler.csv").write_text(GERMAN + "Kratzer;niedrig;polieren\nDelle;mittel;sperren\n")
    made = Application(Settings(store=tmp_path / "store", encoder="tiny", text_encoder="tiny"))
    made.add_knowledge([tmp_path / "fehler.csv"], product="cell")
    answer = made.ask_without_image("Was ist schlimmer, ein Fleck oder ein Kratzer?").answer
    assert answer.startswith("Nach den Notizen sind sie gleich schwer [notes]."), answer
    assert made.ask_without_image("Was ist schlimmer, ein Kratzer oder eine Delle?").answer.startswith(
        "Delle."
    )


def test_a_supplier_is_nothing_to_keep(tmp_path: Path) -> None:
    (tmp_path / "fehler.csv").write_text(GERMAN)
    made = Application(Settings(store=tmp_path / "store", encoder="tiny", text_encoder="tiny"))
    made.add_knowledge([tmp_path / "fehler.csv"], product="cell")
    answer = made.ask_without_image("Bei welchen Fehlern darf ich die Zelle weiterverwenden?").answer
    assert answer.startswith("Fleck: ") and "Riss" not in answer, answer


RECORD = [
    ("How many good parts were enrolled for toy?", "toy was enrolled with 2 good images"),
    ("Mit wie vielen Gutteilen wurde toy eingelernt?", "toy wurde mit 2 guten Bildern"),
    ("Con quante immagini è stato appreso toy?", "toy è stato appreso con 2"),
    ("¿Con cuántas imágenes fue entrenado toy?", "toy se registró con 2"),
    ("Avec combien d'images toy a-t-il été appris ?", "toy a été appris avec 2"),
    ("Com quantas imagens toy foi treinado?", "toy foi cadastrado com 2"),
    ("toy登记了多少张良品？", "toy 是用 2 张"),
    ("toyは何枚の良品で登録されましたか？", "toy は 2 枚"),
    ("toy는 양품 몇 장으로 등록됐어?", "toy은(는) 양품 이미지 2장"),
    ("What's the scale of the toy product?", "No scale of toy is known"),
    ("what zones does the toy have?", "toy has no zones"),
    ("Welche Zonen hat toy?", "toy hat keine Zonen"),
    ("What alpha does toy have?", "toy is judged at alpha 0.05 and review 0.2"),
]


@pytest.mark.parametrize(("question", "first"), RECORD)
def test_a_products_record_is_told(opened: Application, question: str, first: str) -> None:
    reply = opened.ask_without_image(question)
    assert reply.answer.startswith(first), reply.answer
    assert [one.id for one in reply.evidence] == ["product"]


@pytest.mark.parametrize(
    ("language", "text", "named"),
    [
        ("de", "warum ist der druck verschmiert", "verschmierter druck"),
        ("de", "ist das loch etwa versetzt", "loch versetzt"),
        ("en", "is the print shifted", "shifted print"),
        ("en", "is the print ok", None),
        ("de", "kann ich hier drücken", None),
    ],
)
def test_the_words_of_a_name_may_stand_apart(language: str, text: str, named: str | None) -> None:
    assert type_of(text, language, ["Verschmierter Druck", "Loch versetzt", "Shifted print"]) == named


def test_of_two_such_names_none_is_meant() -> None:
    assert scattered("is the left print shifted", ["Shifted print", "Left print"]) == []
