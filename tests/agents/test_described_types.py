"""Questions of the notes that name no type as they do: grades, facts, described types, differences."""

from __future__ import annotations

import pytest

from agents.app import Application
from agents.settings import Settings

NOTES = """# Carton defects

## Torn flap
Also called: rip
- **Look**: the flap has a tear
- **Cause**: The folding blade is blunt; air humidity was below 40 %.
- **Severity**: major
- **Action**: Stop the line and grind the blade.
- **Limit**: max 3 mm

## Wrong label
- **Look**: the text on the label is that of another flavour
- **Cause**: The reel was not changed at product change.
- **Severity**: critical
- **Action**: Stop the line and tell QA.
- **Limit**: not allowed

## Missing label
- **Look**: there is no label
- **Cause**: The reel was empty.
- **Severity**: major
- **Action**: Refill the reel.
- **Limit**: not allowed

## Shifted label
- **Look**: the label sits too far left or right
- **Cause**: The guide of the labeller is loose.
- **Severity**: minor
- **Action**: Tighten the guide.
- **Limit**: max 4 mm

## Scratch
- **Look**: a thin bright line
- **Cause**: The belt is worn; its pressure is above 2.5 bar.
- **Severity**: minor
- **Action**: Replace the belt.
- **Limit**: max 20 mm

## Overfill
- **Look**: the box bulges
- **Cause**: The valve closes too late.
- **Severity**: minor
- **Action**: Adjust the valve.
- **Limit**: max 5 g

## Underfill
- **Look**: the box is not full
- **Cause**: The nozzle is clogged.
- **Severity**: major
- **Action**: Clean the nozzle.
- **Limit**: max 2 g
"""


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Application:
    folder = tmp_path_factory.mktemp("notes")
    (folder / "carton.md").write_text(NOTES)
    made = Application(Settings(store=folder / "store", encoder="tiny", text_encoder="tiny"))
    made.add_knowledge([folder / "carton.md"])
    return made


MINOR = ["Shifted label", "Scratch", "Overfill"]
MAJOR = ["Torn flap", "Missing label", "Underfill"]
STOPS = ["Torn flap", "Wrong label"]
GRADES = [
    ("which defects are only minor?", MINOR),
    ("show me all minor defects", MINOR),
    ("welche Fehler sind gering?", MINOR),
    ("quels défauts sont mineurs ?", MINOR),
    ("¿qué defectos son leves?", MINOR),
    ("哪些缺陷是轻微的？", MINOR),
    ("軽微な欠陥はどれですか？", MINOR),
    ("경미한 결함은 뭐야?", MINOR),
    ("which defects are major", MAJOR),
    ("which defects are critical?", ["Wrong label"]),
    ("list every defect that means stop the line", STOPS),
]


@pytest.mark.parametrize(("question", "types"), GRADES, ids=[one[0] for one in GRADES])
def test_the_types_of_a_grade_or_action_alone_are_listed(
    opened: Application, question: str, types: list[str]
) -> None:
    answer = opened.ask_without_image(question).answer
    named = [name for name in (*MINOR, *MAJOR, "Wrong label") if name in answer]
    assert sorted(named) == sorted(types), answer


DESCRIBED = [
    ("Was tun bei zerkratzten Kartons?", "Replace the belt."),
    ("Quelle tolérance pour une étiquette décalée ?", "max 4 mm"),
    ("Wie hoch ist die Toleranz für ein verschobenes Etikett?", "max 4 mm"),
    ("标签贴错了怎么办", "tell QA"),
    ("etiqueta equivocada, ¿qué hacer?", "tell QA"),
    ("falsches Etikett, was tun?", "tell QA"),
    ("manca l'etichetta, cosa faccio?", "Refill the reel."),
    ("what causes rips?", "folding blade"),
]


@pytest.mark.parametrize(("question", "part"), DESCRIBED, ids=[one[0] for one in DESCRIBED])
def test_a_type_in_other_words_or_another_language_finds_its_entry(
    opened: Application, question: str, part: str
) -> None:
    answer = opened.ask_without_image(question).answer
    assert part in answer, answer


FACTS = [
    ("humidity is at 28 percent today, what should I expect", "air humidity was below 40 %"),
    ("whats the max belt pressure", "its pressure is above 2.5 bar"),
    ("La humedad está al 28 %, ¿qué puede pasar?", "air humidity was below 40 %"),
    ("Welche Fehler hängen mit der Feuchtigkeit zusammen?", "Torn flap"),
    ("quels défauts viennent de la pression ?", "Scratch"),
]


@pytest.mark.parametrize(("question", "part"), FACTS, ids=[one[0] for one in FACTS])
def test_a_fact_of_the_prose_is_quoted_with_its_source(opened: Application, question: str, part: str) -> None:
    answer = opened.ask_without_image(question).answer
    assert part in answer, answer
    assert "#cause]" in answer


@pytest.mark.parametrize(
    "question",
    [
        "difference between a wrong label and a scratch?",
        "what is the difference between scratch and wrong label?",
    ],
)
def test_two_types_are_told_apart_side_by_side(opened: Application, question: str) -> None:
    answer = opened.ask_without_image(question).answer
    for part in (
        "a thin bright line",
        "that of another flavour",
        "The belt is worn",
        "The reel was not changed",
    ):
        assert part in answer, answer


@pytest.mark.parametrize(
    "question", ["瓶子装得太满的原因", "what to do about rust?", "welche Fehler kennst du?"]
)
def test_what_is_like_no_entry_is_taken_for_none(opened: Application, question: str) -> None:
    answer = opened.ask_without_image(question).answer
    assert "#" not in answer, answer
