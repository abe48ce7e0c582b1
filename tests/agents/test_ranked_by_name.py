"""Which of two images is worse, by their names or by which is scrapped first; and Korean alternatives."""

from __future__ import annotations

import pytest

from agents.questions.form.alternatives import alternatives_of
from agents.questions.understanding import understand
from agents.state import Seen

SEEN = [
    Seen(number=1, image="k01.png", sha256="0", store_version=0, found={}),
    Seen(number=2, image="k02.png", sha256="1", store_version=0, found={}),
]
FIRST = [
    ("en", "Which of these two would you scrap first?"),
    ("de", "Welches der beiden würdest du zuerst verschrotten?"),
    ("it", "Quale dei due scarteresti per primo?"),
    ("es", "¿Cuál de las dos desecharías primero?"),
    ("fr", "Laquelle des deux jetterais-tu en premier ?"),
    ("pt", "Qual das duas você descartaria primeiro?"),
]


@pytest.mark.parametrize(("language", "question"), FIRST, ids=[one[0] for one in FIRST])
def test_which_to_scrap_first_asks_for_the_worst(language: str, question: str) -> None:
    one = understand(question, (), SEEN, 2).first
    ranks = one.kind == "comparison" or (one.log is not None and one.log.figure == "worst")
    assert ranks
    assert one.region is None


def test_two_names_that_are_ranked_are_compared() -> None:
    one = understand("which is worse, k01 or k02?", (), SEEN, 2).first
    assert (one.kind, one.other) == ("comparison", 1)


def test_a_name_that_the_conversation_has_not_seen_is_looked_up() -> None:
    one = understand("which is worse, k02 or k07?", (), SEEN, 2).first
    assert one.kind == "history"
    assert one.log is not None
    assert "k07" in one.log.text


def test_two_korean_questions_of_one_ending_are_alternatives() -> None:
    assert alternatives_of("하얀 선은 흠집이야 분필이야", "ko") == ["하얀 선은 흠집", "분필"]
    assert alternatives_of("이 선은 흠집이야", "ko") == []
