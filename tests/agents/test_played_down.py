"""What a person plays down as dust or light, a region by its number, and the largest after it."""

from __future__ import annotations

import pytest

from agents.questions.understanding import understand
from agents.state import Seen, Turn

SEEN = [Seen(number=1, image="a.png", sha256="0", store_version=0, found={})]


@pytest.mark.parametrize(
    "question",
    [
        "nah thats just dust",
        "could this be just a trick of the light?",
        "ist das nur Staub?",
        "könnte das nur eine Spiegelung sein?",
        "è solo un riflesso?",
        "es solo polvo",
        "ce n'est que de la poussière",
        "是不是只是反光？",
        "ただのほこりでしょ",
        "그냥 먼지예요",
    ],
)
def test_what_is_played_down_is_a_hint(question: str) -> None:
    assert understand(question).first.kind == "correction"


@pytest.mark.parametrize(
    "question", ["is dust a problem?", "is it a scratch or just dust?", "wie viel Staub?"]
)
def test_a_question_about_dust_plays_nothing_down(question: str) -> None:
    assert understand(question).first.kind != "correction"


@pytest.mark.parametrize(
    "question",
    ["Tell me about number 2", "was ist mit Nummer 2?", "parlami del numero 2", "2番について教えて"],
)
def test_a_region_is_described_by_its_number(question: str) -> None:
    one = understand(question).first
    assert (one.kind, one.region) == ("appearance", 2)


@pytest.mark.parametrize(
    "question",
    [
        "and the biggest one, how many px long is it",
        "und der größte, wie lang ist er?",
        "e il più grande, quanto è lungo?",
    ],
)
def test_the_largest_is_not_the_region_before(question: str) -> None:
    last = Turn(
        number=1, image=1, question="number 2?", kind="appearance", region=2, answer="", meant="number 2?"
    )
    assert understand(question, [last], SEEN, 1).first.region is None
