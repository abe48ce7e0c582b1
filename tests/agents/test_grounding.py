"""What a small model may say: part of the plain answer, in its order, whole, and with nothing turned."""

from __future__ import annotations

import pytest

from agents.answers.generated.grounding import degenerate, grounded
from agents.answers.generated.guardrails import cited_ids

SYSTEM = "You inspect industrial parts. Answer the question in one short sentence, from the facts alone."
SIZE = (
    "Region-1, at the top left: an irregular dark area 96 px long and 78 px wide, 49 grey levels darker than "
    "its surroundings; its peak is 1.54 times the normal limit; no good part lies on it [describe-region-1]."
)
TYPE = "The type that fits best is stain (score 0.40); then dent 0.21, scratch 0.17 [type] [plate/stain#1]."
SURE = "A good plate scores this high with probability 0.0028; the verdict turns at 0.05 [score]."
NOTES = (
    'Cause: "It comes from oil of the press." [plate/stain#1]. Severity: "It does not weaken the plate." '
    '[plate/stain#1]. Action: "Replace the module if a crack cuts it; otherwise mark it." [plate/crack#1].'
)

HELD = [
    ("It is 96 px long and 78 px wide.", SIZE, ["describe-region-1"]),
    ("The defect is 96 pixels long and 78 pixels wide.", SIZE, ["describe-region-1"]),
    ("The type that fits best is stain.", TYPE, ["type", "plate/stain#1"]),
    ("The verdict turns at 0.05.", SURE, ["score"]),
    ("The cause is oil of the press.", NOTES, ["plate/stain#1"]),
    ("It does not weaken the plate.", NOTES, ["plate/stain#1"]),
]
NOT_HELD = [
    ("It is 96 px wide.", SIZE),
    ("It is 78 px long and 96 px wide.", SIZE),
    ("The defect is 96 pixels in total.", SIZE),
    ("It is a dark area at the top right, 96 px long.", SIZE),
    ("It is a bright area 96 px long.", SIZE),
    ("It is dark.", SIZE),
    ("The type that fits best is scratch.", TYPE),
    ("The type that fits best is dent.", TYPE),
    ("The probability is 0.05.", SURE),
    ("The plate scores this high with probability 0.0028.", SURE),
    ("It does weaken the plate.", NOTES),
    ("It weakens the plate.", NOTES),
    ("Replace the module.", NOTES),
    ("Replace the module if it gets hot.", NOTES),
    ("The capital of France is Paris.", NOTES),
    ("The plate is good.", NOTES),
]


@pytest.mark.parametrize(("sentence", "answer", "ids"), HELD, ids=lambda value: str(value)[:30])
def test_what_the_plain_answer_says_gets_its_citations(sentence: str, answer: str, ids: list[str]) -> None:
    assert degenerate(sentence, question="And?", instructions=SYSTEM, facts=answer) is None
    cited = grounded(sentence, answer)
    assert cited is not None
    assert cited.startswith(sentence[:-1])
    assert cited_ids(cited) == ids


@pytest.mark.parametrize(("sentence", "answer"), NOT_HELD, ids=lambda value: str(value)[:30])
def test_what_it_does_not_say_is_not_shown(sentence: str, answer: str) -> None:
    assert grounded(sentence, answer) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no answer"),
        ("... !", "no answer"),
        ("No, no no no no no no.", "repeats itself"),
        ("The oil of the press is the oil of the press.", "repeats itself"),
        ("It comes from oil of the", "cut off"),
        ("Step-by-step explanation:", "cut off"),
        ("Is it a stain?", "with a question"),
        ("0.0028, the verdict turns at 0.05.", "whole sentence"),
        ("Das Teil hat Öl abbekommen.", "characters"),
        ("这是一个异常.", "whole sentence"),
        ("It comes from 油 of the press.", "characters"),
        ("It comes\u200b from oil of the press.", "characters"),
        ("Answer: It comes from oil of the press.", "instructions"),
        ("It comes from oil.<|im_end|> Human: why.", "instructions"),
        ("I answer the question in one short sentence.", "instructions"),
        ("Yes, it comes from there.", "repeats the question"),
    ],
)
def test_degenerate_text_is_told(text: str, why: str) -> None:
    found = degenerate(text, question="Where does it come from?", instructions=SYSTEM, facts=NOTES)
    assert found is not None
    assert why in found
