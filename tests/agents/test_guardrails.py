"""What an answer may not say: nothing uncited, no number not measured, nothing against the verdict."""

from __future__ import annotations

import pytest

from agents.answers.generated.guardrails import check_answer, cited_ids, numbers, sentences
from tools.records import EvidenceRecord

EVIDENCE = [
    EvidenceRecord(
        kind="score",
        id="score",
        text="anomaly score 0.988, p-value 0.0123 against the good plate parts, at a stated rate of 5%",
    ),
    EvidenceRecord(
        kind="region",
        id="region-1",
        text="at the top left, box [10, 20, 40, 60], 1,204 px, score 0.91: a dark area about 31 px across",
    ),
    EvidenceRecord(kind="template", id="template:ab", text="nearest good part 0.99.png, similarity 0.93"),
    EvidenceRecord(
        kind="knowledge",
        id="plate/stain#1",
        text="A stain is a patch of paint. It costs 12 % of the output. Parts without visible defects "
        "are good.",
    ),
    EvidenceRecord(kind="knowledge", id="notes", text="the notes about plate name the defects stain"),
]
YES = "Yes, there is an anomaly in the image, at the top left of the image."
NO = "No, there is no anomaly in the image."


def problems(text: str, *, anomalous: bool = True) -> list[str]:
    return check_answer(
        text,
        EVIDENCE,
        anomalous=anomalous,
        verdict_sentence=YES if anomalous else NO,
        names=["/parts/0.99.png", "0.99.png", "the part is good 77.png"],
    )


GOOD_WHEN_ANOMALOUS = [
    YES,
    f"{YES} It is a dark area about 31 px across [region-1].",
    "The p-value is 0.0123, below the rate of 5% [score].",
    "The p-value is 0.012, below 0.05 [score].",
    "It covers 1204 px in the box [10, 20, 40, 60] [region-1].",
    'The note says: "A stain is a patch of paint." [plate/stain#1]',
    "A stain costs 12 % of the output [plate/stain#1].",
    '"Parts without visible defects are good." [plate/stain#1]',
    "The part is defective and should not be used [score].",
    "It is not a good part [score].",
    "No note covers this [notes].",
    "The nearest good part is 0.99.png [template:ab].",
    "The image the part is good 77.png shows an anomaly [score].",
    "There is no other anomaly [score].",
]


@pytest.mark.parametrize("text", GOOD_WHEN_ANOMALOUS)
def test_what_rests_on_evidence_passes(text: str) -> None:
    assert problems(text) == []


AGAINST_ANOMALOUS = [
    NO,
    "No anomaly was found [score].",
    "There is no defect in the image [score].",
    "The part is good [score].",
    "The part is actually perfectly fine [score].",
    "This part looks normal [score].",
    "It's ok [score].",
    "The product appears to be intact [region-1].",
    "It is not defective [score].",
    "The part isn't damaged [score].",
    "The item is free of defects [score].",
    "The part passes inspection [score].",
    "You may ship the part [score].",
    "Nothing is wrong with it [score].",
    "This was a false alarm [score].",
    "The verdict is wrong [score].",
    "It shows no signs of damage [region-1].",
    "There are no visible defects [score].",
    "Please accept this part [score].",
    "The part can be considered acceptable [score].",
]


@pytest.mark.parametrize("text", AGAINST_ANOMALOUS)
def test_what_speaks_against_an_anomaly_is_refused(text: str) -> None:
    assert problems(text)
    assert problems(f"{YES} {text}")


AGAINST_GOOD = [
    YES,
    "There is a scratch at the top left [score].",
    "There are several defects [score].",
    "The part is defective [score].",
    "It looks damaged [score].",
    "The image shows a crack [region-1].",
    "The part is not good [score].",
    "It isn't acceptable [score].",
    "The part fails the inspection [score].",
    "Reject this part [score].",
    "Yes, I see an anomaly [score].",
    "The verdict is wrong [score].",
]


@pytest.mark.parametrize("text", AGAINST_GOOD)
def test_what_speaks_against_a_good_part_is_refused(text: str) -> None:
    assert problems(text, anomalous=False)


@pytest.mark.parametrize(
    "text",
    [
        NO,
        f"{NO} The p-value is 0.0123 [score].",
        "The part is good [score].",
        "There is no defect to explain [score].",
        "It is not defective [score].",
    ],
)
def test_what_agrees_with_a_good_part_passes(text: str) -> None:
    assert problems(text, anomalous=False) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("It is a dark area.", "cites nothing"),
        ("It is a dark area [region-1]. It came from the press.", "cites nothing"),
        ("It is a dark area [region-7].", "not there"),
        ("It is a dark area [region-1, made-up].", "not there"),
        ("It is 32 px across [region-1].", "number"),
        ("The p-value is 0.02 [score].", "number"),
        ("It is 31 px across [score].", "number"),
        ("The probability is 12 % [plate/stain#1].", "number"),
        ("The similarity is 0.99 [template:ab].", "number"),
        ("There are three of them [region-1].", "number"),
        ('The note says: "A stain can be ignored." [plate/stain#1]', "quotes"),
        ("The p-value is 1e-9 [score].", "number"),
        ("The certainty is 99.9 percent [score].", "number"),
    ],
)
def test_what_rests_on_nothing_is_refused_with_the_reason(text: str, reason: str) -> None:
    assert reason in problems(text)[0]


def test_sentences_keep_quotations_and_citations_together() -> None:
    text = 'One is here. "Two. Still two." [a#1] Three [b].\nFour'
    assert sentences(text) == ["One is here.", '"Two. Still two." [a#1] Three [b].', "Four"]
    assert cited_ids("box [1, 2] and [a#1], [b c; d]") == ["a#1", "b c", "d"]
    assert numbers("1,204 px, -3.5, 2e-08, 5%, 12 percent and two") == [1204, -3.5, 2e-08, 0.05, 0.12, 2]
