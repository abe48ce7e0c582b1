"""The plainest questions about a part: has it a problem, where does that come from, why, and is it bad."""

from __future__ import annotations

import pytest

from agents.questions.understanding import understand

PROBLEM = [
    ("en", "Is there something wrong with this remote?"),
    ("de", "Hat diese Fernbedienung ein Problem?"),
    ("it", "C'è un problema con questo telecomando?"),
    ("es", "¿Tiene algún problema este mando?"),
    ("fr", "Cette télécommande a un problème ?"),
    ("pt", "Este comando tem algum problema?"),
    ("zh", "这个遥控器有问题吗?"),
    ("zh", "这个自动遥控器有故障吗？"),
    ("ja", "このリモコンは故障ですか？"),
    ("ko", "이 리모컨에 문제 있어?"),
]
OF_WHAT_MADE_IT = [
    ("en", "feeder problem?"),
    ("zh", "送料器有问题吗？"),
    ("ja", "フィーダーの故障ですか？"),
]
WHERE_FROM = [
    ("en", "Where does that come from?"),
    ("de", "Und wo kommt das her?"),
    ("it", "e da dove viene?"),
    ("es", "¿y de dónde sale?"),
    ("fr", "et ça sort d'où ?"),
    ("pt", "de onde é que isso vem?"),
    ("ja", "これはどこから来たの？"),
    ("ko", "이거 어디서 나온 거야?"),
]
OF_NO_CAUSE = [
    ("en", "Where is it?"),
    ("en", "Where does the p-value come from?"),
    ("es", "¿dónde está?"),
]
BOTH = [
    ("en", "Why is the colour like this? Is it a reject?"),
    ("de", "Warum ist die Farbe so? Ist das Ausschuss?"),
    ("it", "Perché questo colore? È difettoso?"),
    ("es", "¿Por qué tiene ese color? ¿Está defectuosa?"),
    ("fr", "Pourquoi cette couleur ? C'est défectueux ?"),
    ("pt", "Por que essa cor? Está com defeito?"),
    ("ja", "なぜこの色？不良ですか？"),
    ("ko", "색이 왜 이래? 불량이야?"),
]


def _kinds(question: str) -> list[str]:
    return [one.kind for one in understand(question, (), pictured=True).intents]


@pytest.mark.parametrize(("language", "question"), PROBLEM)
def test_a_problem_of_this_part_asks_for_the_verdict(language: str, question: str) -> None:
    asked = understand(question, (), pictured=True)
    assert asked.spoken == language
    assert [one.kind for one in asked.intents] == ["verdict"]
    assert asked.intents[0].closed


@pytest.mark.parametrize(("language", "question"), OF_WHAT_MADE_IT)
def test_a_problem_of_what_made_it_asks_for_the_cause(language: str, question: str) -> None:
    assert _kinds(question) == ["cause"]


@pytest.mark.parametrize(("language", "question"), WHERE_FROM, ids=[one[0] for one in WHERE_FROM])
def test_where_something_comes_from_is_its_cause(language: str, question: str) -> None:
    assert _kinds(question) == ["cause"]


@pytest.mark.parametrize(("language", "question"), OF_NO_CAUSE)
def test_where_something_is_asks_for_no_cause(language: str, question: str) -> None:
    assert "cause" not in _kinds(question)


@pytest.mark.parametrize(("language", "question"), BOTH, ids=[one[0] for one in BOTH])
def test_why_and_whether_it_is_bad_are_two_questions(language: str, question: str) -> None:
    assert _kinds(question) == ["cause", "verdict"]
