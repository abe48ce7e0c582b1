"""A cause that a question supposes is weighed against the notes'; "why is it broken?" asks for the cause."""

from __future__ import annotations

import pytest

from agents.questions.understanding import understand

SUPPOSED = [
    ("could the grinding have done this?", "grinding"),
    ("is the tool to blame?", "tool"),
    ("did the press cause it?", "press"),
    ("maybe the belt did it?", "belt"),
    ("could it be due to the worn guide?", "worn guide"),
    ("liegt es am Werkzeug?", "werkzeug"),
    ("ist das Werkzeug schuld?", "werkzeug"),
    ("könnte das Förderband das gemacht haben?", "förderband"),
    ("può essere stata la rettifica?", "rettifica"),
    ("è colpa dell'utensile?", "utensile"),
    ("¿pudo haberlo hecho el rectificado?", "rectificado"),
    ("¿es culpa de la herramienta?", "herramienta"),
    ("est-ce que le meulage a pu faire ça ?", "meulage"),
    ("c'est la faute de la presse ?", "presse"),
    ("pode ter sido a retífica?", "retífica"),
    ("é culpa da ferramenta?", "ferramenta"),
    ("是刀具的问题吗？", "刀具"),
    ("会不会是磨削造成的？", "磨削"),
    ("工具のせいですか？", "工具"),
    ("研削が原因でしょうか？", "研削"),
    ("공구 탓인가요?", "공구"),
    ("연삭 때문일까요?", "연삭"),
]
BROKEN = [
    "why is it broken?",
    "why is this part busted",
    "warum ist das kaputt?",
    "wieso ist das gebrochen?",
    "perché è rotto?",
    "¿por qué está roto?",
    "pourquoi c'est cassé ?",
    "por que está quebrado?",
    "为什么坏了？",
    "なぜ壊れてるの？",
    "왜 망가졌어?",
]
REASONED = [
    "why do you say it's bad",
    "why do you think it is broken?",
    "warum sagst du, dass es kaputt ist?",
    "perché dici che è rotto?",
    "¿por qué dices que está mal?",
    "pourquoi dis-tu que c'est mauvais ?",
    "por que você diz que está ruim?",
    "为什么说它不好？",
    "なぜ不良と言うの？",
    "왜 불량이라고 해?",
]


@pytest.mark.parametrize(("question", "cause"), SUPPOSED)
def test_a_cause_that_is_supposed(question: str, cause: str) -> None:
    one = understand(question).first
    assert one.kind == "cause"
    assert one.guess is not None
    assert cause in one.guess


@pytest.mark.parametrize("question", BROKEN)
def test_why_it_is_broken_asks_for_the_cause(question: str) -> None:
    one = understand(question).first
    assert (one.kind, one.type, one.guess) == ("cause", None, None)


@pytest.mark.parametrize("question", REASONED)
def test_why_somebody_calls_it_so_asks_for_reasons(question: str) -> None:
    assert understand(question).first.kind == "reasoning"


@pytest.mark.parametrize("question", ["cause?", "what caused it?", "name the cause", "Ursache?", "la causa?"])
def test_a_mere_question_for_the_cause_supposes_none(question: str) -> None:
    assert understand(question).first.guess is None


@pytest.mark.parametrize("question", ["테두리 깨짐은 왜 생기는 거예요?", "why do we get breaks?"])
def test_why_a_type_comes_about_is_of_the_type(question: str) -> None:
    one = understand(question).first
    assert (one.kind, one.type) == ("cause", "break")
