"""The language of short questions: names and codes have no part in it."""

from __future__ import annotations

import pytest

from agents.questions.learned.languages import language_of
from agents.questions.understanding import understand
from agents.state import Turn

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


NOTED = {
    "it": ["graffio", "macchia", "crepa"],
    "pt": ["risco", "mancha", "trinca"],
    "es": ["rayón", "mancha", "grieta"],
    "de": ["Kratzer", "Riss", "Fleck"],
}
SHORT = [
    ("limite 0,5 mm?", "it"),
    ("e 3 mm?", "it"),
    ("entro 2 mm?", "it"),
    ("ok se 2 mm?", "it"),
    ("causa?", "it"),
    ("limite 0,5 mm?", "pt"),
    ("menos de 1 mm?", "pt"),
    ("no máximo 2 mm?", "pt"),
    ("menor que 2 mm?", "es"),
    ("mas de 2 mm?", "es"),
    ("supera 1 mm?", "es"),
]


@pytest.mark.parametrize(("question", "language"), SHORT)
def test_few_words_of_several_languages_are_of_the_thread_s(question: str, language: str) -> None:
    assert language_of(question, language) == language


@pytest.mark.parametrize(("question", "language"), SHORT)
def test_few_words_of_several_languages_are_of_the_notes(question: str, language: str) -> None:
    assert language_of(question, noted=NOTED[language]) in (language, "en")
    assert language_of("A17 ok?", noted=NOTED[language]) == "en"


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("è 2 mm?", "it"),
        ("è più di 2 mm?", "it"),
        ("massimo 2 mm?", "it"),
        ("supera 1 mm?", "it"),
        ("sì, 3 mm", "it"),
        ("é 3 mm?", "pt"),
        ("dá 2 mm?", "pt"),
        ("até 2 mm?", "pt"),
        ("maior que 1 mm?", "pt"),
        ("tem 2 mm?", "pt"),
        ("más de 2 mm?", "es"),
        ("¿causa?", "es"),
        ("¿2 mm?", "es"),
        ("mayor que 1 mm?", "es"),
        ("où ?", "fr"),
        ("ça dépasse 2 mm ?", "fr"),
        ("wie 2 mm?", "de"),
        ("und 3 mm?", "de"),
        ("2 mm ok?", "en"),
        ("max 2 mm?", "en"),
    ],
)
def test_a_word_that_tells_its_language_is_enough(question: str, language: str) -> None:
    assert language_of(question) == language


@pytest.mark.parametrize(
    ("question", "before", "language"),
    [("規格内?", "ja", "ja"), ("規格内?", None, "ja"), ("合格?", "ja", "ja"), ("合格?", "zh", "zh"),
     ("合格?", None, "zh"), ("検査結果?", None, "ja"), ("规格内?", None, "zh"), ("这个合格吗", "ja", "zh"),
     ("有問題嗎", "ja", "zh")],
)  # fmt: skip
def test_shared_characters_are_of_the_language_that_writes_them_so(
    question: str, before: str | None, language: str
) -> None:
    assert language_of(question, before) == language


@pytest.mark.parametrize("question", ["limite 0,5 mm?", "causa?"])
def test_a_first_question_of_several_languages_is_of_the_interface_s(question: str) -> None:
    for setting in ("it", "pt"):
        assert understand(question, setting=setting).spoken == setting
    turn = Turn(number=1, image=1, question="?", kind="verdict", region=None, answer="", language="pt")
    assert understand(question, [turn], setting="it").spoken == "pt"


@pytest.mark.parametrize(
    ("question", "language"),
    [("qual è il limite?", "it"), ("Wie groß ist der Kratzer?", "de"), ("这个多大?", "zh")],
)
def test_words_of_one_language_outweigh_the_interface_s(question: str, language: str) -> None:
    for setting in ("en", "pt", "ja"):
        assert understand(question, setting=setting).spoken == language


@pytest.mark.parametrize(
    ("text", "before", "language"),
    [
        ("also i.O.?", "de", "de"),
        ("n.i.O.?", None, "de"),
        ("è i.O.?", "it", "it"),
        ("io non capisco il difetto", "it", "it"),
        ("is it OK?", None, "en"),
    ],
)
def test_in_order_in_short_is_german(text: str, before: str | None, language: str) -> None:
    assert language_of(text, before) == language
