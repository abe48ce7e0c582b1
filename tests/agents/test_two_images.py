"""Questions that come with another image than the one before, and orders of turns."""

from __future__ import annotations

from typing import cast

import pytest

from agents.answers.compose import compose_answer
from agents.questions.understanding import understand
from agents.state import Asked, DialogueState, Seen, Turn
from tools.records import LanguageRecord, OpenedRecord, ProductRecord, VerdictRecord

ONE_SEEN = [Seen(number=1, image="/parts/P01.png", sha256="1", store_version=1, found={})]


def turn(question: str, language: str, kind: str = "verdict", image: int = 1) -> Turn:
    return Turn.model_validate(
        {"number": 1, "image": image, "question": question, "kind": kind, "region": None, "answer": "",
         "meant": question, "language": language}
    )  # fmt: skip


def asked_of_new(question: str, before: str = "ok?", language: str = "en") -> Asked:
    return understand(question, [turn(before, language)], ONE_SEEN, None)


@pytest.mark.parametrize(
    "question",
    ["and the other one?", "what about the last one?", "is the other one ok?", "und das andere?",
     "ist das andere Teil gut?", "e l'altro?", "¿y la otra?", "l'autre pièce est bonne ?", "e a outra?",
     "那另一个呢？", "另一张合格吗？", "もう一方は？", "다른 건요?"],
)  # fmt: skip
def test_the_image_that_came_is_the_other_one(question: str) -> None:
    asked = asked_of_new(question)
    assert (asked.first.kind, asked.image) == ("verdict", None)


@pytest.mark.parametrize("question", ["is the first one ok?", "is P01.png ok?", "is the previous one ok?"])
def test_an_image_that_is_named_is_meant_whatever_came(question: str) -> None:
    assert asked_of_new(question).image == 1


def test_without_another_image_the_other_one_is_the_one_before() -> None:
    seen = [*ONE_SEEN, Seen(number=2, image="/parts/P02.png", sha256="2", store_version=1, found={})]
    here = turn("ok?", "de", image=2)
    assert understand("and the other one?", [here], seen, 2).image == 1
    assert understand("und die andere?", [here], seen, 2).image == 1


@pytest.mark.parametrize(
    ("question", "before", "language"),
    [("same question for this one", "where is it?", "en"), ("das gleiche für dieses", "wo ist es?", "de"),
     ("stessa domanda per questo", "dov'è?", "it"), ("lo mismo con esta", "¿dónde está?", "es"),
     ("la même question pour celle-ci", "où est-ce ?", "fr"), ("a mesma coisa para esta", "onde está?", "pt"),
     ("这个也是同样的问题", "在哪里？", "zh"), ("同じ質問、これについて", "どこですか", "ja"),
     ("이것도 같은 질문", "어디예요?", "ko")],
)  # fmt: skip
def test_the_same_question_is_asked_of_another_image(question: str, before: str, language: str) -> None:
    assert asked_of_new(question, before, language).first.kind == "place"


@pytest.mark.parametrize(
    "question",
    [
        "compare it with this one, which is bigger?",
        "which is bigger?",
        "vergleich es mit dem hier",
        "compare",
        "confronta con questo",
        "compara con esta",
        "和这个比较一下",
        "これと比べて",
        "이거랑 비교해줘",
    ],
)
def test_what_came_is_compared_with_the_image_before(question: str) -> None:
    first = asked_of_new(question).first
    assert (first.kind, first.other) == ("comparison", 1)


def test_a_good_part_is_compared_with_all_the_same() -> None:
    assert asked_of_new("compare it with a good part").first.other is None


def seen_of(number: int, name: str, decision: str, person: str | None = None) -> Seen:
    said = (
        None
        if person is None
        else {"id": "1", "image": name, "at": "2026-11-28T12:00:00Z", "verdict": person}
    )
    verdict = VerdictRecord.model_validate(
        {"decision": decision, "anomalous": decision == "fail", "score": 1.0, "p_value": 0.5, "alpha": 0.05,
         "uncertain": False, "review": 0.2, "person": said}
    )  # fmt: skip
    product = ProductRecord(name="bracket", similarity=0.9, inferred=True)
    found = {"verdict": verdict, "regions": [], "product": product}
    return Seen(number=number, image=f"/parts/{name}", sha256=str(number), store_version=1, found=found)


def state_of(question: str, seen: list[Seen], current: int, language: str = "en") -> DialogueState:
    one = next(one for one in seen if one["number"] == current)
    asked = understand(question, [turn("ok?", language, image=current)], seen, current)
    here = next((each for each in seen if each["number"] == asked.image), one)
    return cast(
        "DialogueState",
        {**here["found"], "image": here["image"], "question": question, "asked": asked, "seen": seen,
         "expected": [],
            "templates": [], "passages": [], "observations": [], "defect_type": None,
         "language": LanguageRecord(model=None, margin=None, problem=""),
         "opened": OpenedRecord(image=here["image"], sha256="0", width=9, height=9)},
    )  # fmt: skip


THREE = [
    seen_of(1, "a.png", "pass"),
    seen_of(2, "b.png", "pass", "anomalous"),
    seen_of(3, "c.png", "fail", "good"),
]


@pytest.mark.parametrize(
    ("question", "told"),
    [("which of the three were bad?", '"b.png".'), ("welche waren schlecht?", '"b.png".'),
     ("どれが不良でしたか", '"b.png".'), ("which ones were good?", '"a.png", "c.png".')],
)  # fmt: skip
def test_a_persons_word_counts_among_several_images(question: str, told: str) -> None:
    answer = compose_answer(state_of(question, THREE, 1)).answer
    assert answer.startswith(told)
    assert "judged anomalous by a person" in answer or "[thread]" in answer


@pytest.mark.parametrize("question", ["is the first one ok?", "ist das erste Bild gut?", "第一张合格吗？"])
def test_another_image_than_the_one_in_hand_is_named(question: str) -> None:
    assert '"a.png"' in compose_answer(state_of(question, THREE, 3)).answer
