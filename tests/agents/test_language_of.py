"""The language of short questions: names and codes have no part in it."""

from __future__ import annotations

import pytest

from agents.questions.learned.languages import language_of

NAMES = ["toy", "solar-cell", "Flasche", "ねじ", "mano destra"]
QUESTIONS = [
    ("compare EL-1 with EL-2", "en"),
    ("Was d25.jpg ok?", "en"),
    ("EL-2 worse?", "en"),
    ("total A17", "en"),
    ("normal?", "en"),
    ("is the Flasche ok?", "en"),
    ("yield of ねじ?", "en"),
    ("mano destra ok?", "en"),
    ("solar cell ok?", "en"),
    ("vergleiche EL-1 mit EL-2", "de"),
    ("War d25.jpg gut?", "de"),
    ("A17 Ausschuss?", "de"),
    ("confronta EL-1 con EL-2", "it"),
    ("scarti A17?", "it"),
    ("compara EL-1 con EL-2", "es"),
    ("¿d25.jpg estaba bien?", "es"),
    ("comparer EL-1 et EL-2", "fr"),
    ("d25.jpg était bonne ?", "fr"),
    ("compare EL-1 com EL-2", "pt"),
    ("d25.jpg estava boa?", "pt"),
    ("比较 EL-1 和 EL-2", "zh"),
    ("EL-1とEL-2を比べて", "ja"),
    ("EL-1과 EL-2 비교", "ko"),
]


@pytest.mark.parametrize(("question", "language"), QUESTIONS)
def test_names_and_codes_are_of_no_language(question: str, language: str) -> None:
    assert language_of(question, names=NAMES) == language


@pytest.mark.parametrize("before", ["de", "it", "ja"])
@pytest.mark.parametrize("question", ["A17?", "toy?", "d25.jpg?", "EL-1 ok?", "normal?", "A17 vs A18"])
def test_what_tells_none_keeps_the_thread_s(question: str, before: str) -> None:
    assert language_of(question, before, NAMES) == before
