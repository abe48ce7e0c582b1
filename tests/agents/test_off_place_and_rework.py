"""Why something is off its place; which types can be reworked; one defect in several languages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from logged import context, entry

from agents.answers.without_image import answer_without_image
from agents.questions.lexicon.words import words_of
from agents.questions.understanding import understand
from knowledge.log.entry import NamedType
from tools.context import Context

CAUSES = [
    "Why is the needle not at zero?",
    "Why is the needle missing?",
    "Warum steht der Zeiger nicht auf null?",
    "Perché la lancetta è fuori zero?",
    "¿Por qué la aguja no está en el cero?",
    "Pourquoi l'aiguille n'est pas à zéro ?",
    "Por que o ponteiro está torto?",
    "指针为什么不在零位?",
    "为什么指针偏了?",
    "指针为什么没了？",
    "なぜ針がゼロから外れているの",
    "바늘이 왜 0에서 벗어났어?",
]
REASONS = [
    "Why did it fail?",
    "Why is it bad?",
    "Why is it good although something is missing?",
    "为什么判不合格?",
]
COUNTS = [
    "How many scratches did we find?",
    "Wie viele Kratzer gab es?",
    "Combien de rayures ?",
    "긁힘이 몇 개 나왔어?",
]


@pytest.mark.parametrize("question", CAUSES)
def test_why_something_is_off_its_place_asks_for_the_cause(question: str) -> None:
    assert understand(question, pictured=True).first.kind == "cause"


@pytest.mark.parametrize("question", REASONS)
def test_why_it_was_judged_so_asks_for_no_cause(question: str) -> None:
    assert understand(question, pictured=True).first.kind == "reasoning"


@pytest.mark.parametrize(
    "question", ["qué le pasa al freno si la monto así", "¿Y qué le pasa al freno si la monto así?"]
)
def test_what_happens_if_it_is_fitted_asks_for_effects(question: str) -> None:
    assert understand(question, pictured=True).first.kind == "effect"


def test_whether_a_part_is_faulty_asks_for_no_effects() -> None:
    one = understand("이 브레이크 패드 불량이야?", pictured=True).first
    assert (one.kind, one.sense) == ("verdict", "bad")
    assert understand("문제가 생길까?", pictured=True).first.kind == "effect"


@pytest.mark.parametrize(
    "question",
    [
        "これは不良品ですか？",
        "このブレーキパッドは不良品ですか？",
        "この部品は不良品？",
        "这是不良品吗？",
        "불량품인가요?",
    ],
)
def test_a_faulty_part_is_no_good_one_by_the_end_of_its_word(question: str) -> None:
    assert understand(question, pictured=True).first.sense == "bad"


@pytest.mark.parametrize("question", ["これは良品ですか？", "これは不良品ではないですよね？"])
def test_a_good_part_is_asked_for_by_that_word_or_by_a_denial(question: str) -> None:
    assert understand(question, pictured=True).first.sense == "good"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Context]:
    """A part of each of three products with a scratch, each by its own language's name."""
    made = context(tmp_path / "log.sqlite")
    assert made.log is not None
    names = ("Kratzer", "Rayure", "Scratch", "crack")
    made.log.append(
        entry(number, "fail", product=f"product{number}", types=(NamedType(name, "known", 1.0),))
        for number, name in enumerate(names)
    )
    yield made
    made.log.close()


@pytest.mark.parametrize("question", COUNTS)
def test_a_defect_is_counted_by_its_names_in_all_languages(log: Context, question: str) -> None:
    answer = answer_without_image(log, question).answer
    assert answer.split(".")[0].startswith("3"), answer
    assert all(name in answer for name in ("Kratzer", "Rayure", "Scratch")) and "crack" not in answer


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "scrap or re-press the needle"),
        ("de", "Teil neu beschichten, Phosphatierung prüfen"),
        ("fr", "poncer à nouveau, régler l'encolleuse"),
    ],
)
def test_notes_name_rework_by_what_is_done(language: str, said: str) -> None:
    assert words_of(language).has("reworks_by", said.lower())
    assert not words_of(language).has("reworks_by", {"en": "scrap the glass", "de": "Teil verschrotten"}.get(
        language, "rebuter la lame"
    ))  # fmt: skip
