"""Threads without an image: a question goes on with the type of defect that the one before was about."""

from __future__ import annotations

from itertools import count

import pytest

from agents.app import Application
from agents.settings import Settings

NOTES = """# Housing

## Crack

- **Look**: a dark jagged line
- **Cause**: the mould was too cold
- **Effect**: water gets in
- **Severity**: critical
- **Action**: scrap the part
- **Limit**: none allowed

## Scratch

- **Look**: a thin bright line
- **Cause**: a worn gripper
- **Effect**: it is only seen
- **Severity**: minor
- **Action**: polish it
- **Limit**: max 3 mm
"""
THREADS = count()


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Application:
    folder = tmp_path_factory.mktemp("notes")
    (folder / "housing.md").write_text(NOTES)
    made = Application(Settings(store=folder / "store", encoder="tiny", text_encoder="tiny"))
    made.add_knowledge([folder / "housing.md"])
    return made


def asked(opened: Application, *questions: str) -> list[str]:
    """Return the answers to questions of one thread, in order."""
    thread = f"thread-{next(THREADS)}"
    return [opened.ask_without_image(question, thread=thread).answer for question in questions]


LOOK, CAUSE, EFFECT, ACTION = "dark jagged line", "mould was too cold", "water gets in", "scrap the part"


@pytest.mark.parametrize(
    "questions",
    [
        ("What is a crack?", "And what does it look like?", "how does it come about?",
         "and is it serious?", "what do I do with such parts?"),
        ("Was ist ein Riss?", "und wie sieht der aus?", "woran liegt das?", "wie schlimm ist das?",
         "und was mache ich damit?"),
        ("O que é uma trinca?", "e que aspecto ela tem?", "e qual a causa?", "e é grave?",
         "o que eu faço com ela?"),
        ("クラックとは何ですか?", "それはどんな見た目ですか?", "原因は?", "深刻ですか?", "対処法は?"),
        ("什么是裂纹？", "它长什么样？", "原因是什么？", "严重吗？", "怎么处理？"),
    ],
    ids=["en", "de", "pt", "ja", "zh"],
)  # fmt: skip
def test_aspects_of_the_type_before(opened: Application, questions: tuple[str, ...]) -> None:
    _, *answers = asked(opened, *questions)
    for answer, right in zip(answers, (LOOK, CAUSE, EFFECT, ACTION), strict=True):
        assert right in answer
        others = {LOOK, CAUSE, EFFECT, ACTION} - {right}
        assert not any(other in answer for other in others), answer


@pytest.mark.parametrize(
    ("first", "limit", "other"),
    [
        ("What is a crack?", "and what's the limit?", "and of a scratch?"),
        ("Was ist ein Riss?", "und die Grenze?", "und bei einem Kratzer?"),
        ("Cos'è una crepa?", "e qual è il limite?", "e di un graffio?"),
    ],
)
def test_the_same_is_asked_of_another_type(opened: Application, first: str, limit: str, other: str) -> None:
    _, of_crack, of_scratch = asked(opened, first, limit, other)
    assert "none allowed" in of_crack and "max 3 mm" not in of_crack
    assert "max 3 mm" in of_scratch and "none allowed" not in of_scratch and "polish" not in of_scratch


def test_thanks_lie_between_without_harm(opened: Application) -> None:
    *_, cause = asked(opened, "What is a scratch?", "thanks!", "where does it come from?")
    assert "worn gripper" in cause


@pytest.mark.parametrize(
    ("first", "then", "right"),
    [
        ("What is a scratch?", "which defects are critical?", "Crack"),
        ("What is a scratch?", "what causes a jagged dark line?", "mould was too cold"),
        ("What is a scratch?", "Which defects do you know?", "Crack"),
        ("Was ist ein Kratzer?", "welche Fehler sind kritisch?", "Crack"),
    ],
)
def test_a_question_of_its_own_goes_on_with_nothing(
    opened: Application, first: str, then: str, right: str
) -> None:
    _, answer = asked(opened, first, then)
    assert right in answer and "worn gripper" not in answer


def test_a_question_about_the_log_names_no_type(opened: Application) -> None:
    *_, answer = asked(opened, "How many parts were inspected today?", "and what causes it?")
    assert "mould" not in answer and "gripper" not in answer


@pytest.mark.parametrize(
    ("question", "affirmed"),
    [
        ("a scratch of 2 mm, do I have to bin the housing?", False),
        ("a scratch of 5 mm, do I have to scrap the housing?", True),
        ("Ein Kratzer von 2 mm, muss das Teil in den Ausschuss?", False),
        ("a scratch of 2 mm, can I ship it?", True),
        ("a scratch of 5 mm, can I ship it?", False),
    ],
)
def test_a_yes_to_throwing_away_means_beyond_the_limit(
    opened: Application, question: str, *, affirmed: bool
) -> None:
    assert opened.ask_without_image(question).affirmed is affirmed
