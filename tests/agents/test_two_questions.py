"""Both of two questions in one message are answered, short and colloquial ones too."""

from __future__ import annotations

import pytest

from agents.questions.understanding import understand

KNOWN = ["Crack", "Stain", "Burr", "Scratch"]
BOTH = [
    ("La tache est où et elle fait quelle surface en mm² ?", ["place", "size"]),
    ("¿Cuál es la causa de la grieta y quién es el responsable?", ["cause", "action"]),
    ("il telaio è crepato? da che lato?", ["verdict", "place"]),
    ("버가 어디 있어? 몇 mm야", ["place", "size"]),
    ("only a scratch, right? how long is it in mm", ["verdict", "size"]),
    ("does the burr stick into the bore? how bad is that", ["type", "effect"]),
    ("è grave? si può togliere e spedire?", ["effect", "verdict"]),
]
ONE = [
    ("An wen wende ich mich, wenn eine Platte einen Riss hat?", "action"),
    ("Can it stay like that, it's about 6 mm long?", "size"),
    ("有没有缺陷？", "verdict"),
]


@pytest.mark.parametrize(("question", "kinds"), BOTH)
def test_each_of_two_questions_is_heard(question: str, kinds: list[str]) -> None:
    assert [one.kind for one in understand(question, known=KNOWN).intents] == kinds


@pytest.mark.parametrize(("question", "kind"), ONE)
def test_one_question_of_two_clauses_stays_one(question: str, kind: str) -> None:
    assert [one.kind for one in understand(question, known=KNOWN).intents] == [kind]
