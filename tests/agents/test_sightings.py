"""What somebody sees is looked at again; what somebody takes a defect for is a statement of its type."""

from __future__ import annotations

import pytest

from agents.questions.understanding import understand

KNOWN = ("scratch", "crack", "swapped label")


@pytest.mark.parametrize(
    "question",
    [
        "I see a scratch near the top",
        "Ich sehe da rechts einen Kratzer",
        "Veo un arañazo a la derecha",
        "Je vois une rayure à gauche",
        "Vedo un graffio in alto",
        "Vejo um risco à esquerda",
        "我看到右边有划痕",
        "右に傷が見えます",
    ],
)
def test_a_sighting_is_looked_at_again(question: str) -> None:
    (one,) = understand(question, known=KNOWN).intents
    assert (one.kind, one.supposed) == ("look_again", False)
    assert one.place is not None


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("傷の見た目を説明してください。", "appearance"),
        ("傷の大きさを教えてください。", "size"),
        ("¿En qué parte está el daño?", "place"),
        ("In quale parte del pezzo è il danno?", "place"),
        ("En quelle partie est le défaut ?", "place"),
        ("Em que parte está o dano?", "place"),
        ("Why that type and not a swapped label?", "reasoning"),
    ],
)
def test_what_is_asked_is_no_statement_and_no_share(question: str, kind: str) -> None:
    assert [one.kind for one in understand(question, known=KNOWN).intents] == [kind]


@pytest.mark.parametrize(
    "question",
    ["I think that's a scratch", "Das ist doch ein Kratzer", "我看就是划痕", "それは傷だと思います"],
)
def test_what_somebody_takes_it_for_is_a_statement(question: str) -> None:
    (one,) = understand(question, known=KNOWN).intents
    assert (one.kind, one.supposed) == ("correction", True)


@pytest.mark.parametrize(
    "question",
    [
        "Is it broken?",
        "¿está roto?",
        "È rotto?",
        "c'est cassé ?",
        "ta quebrado?",
        "断了吗?",
        "壊れてる?",
        "부러졌나요?",
    ],
)  # fmt: skip
def test_broken_says_that_the_part_is_bad(question: str) -> None:
    (one,) = understand(question).intents
    assert (one.kind, one.type, one.sense) == ("verdict", None, "bad")
    assert understand("Is there a break in the wire?").intents[0].type == "break"
    assert understand("Is it a broken tip?", known=["broken tip"]).intents[0].type == "broken tip"
