"""A person's word on a part of the log is told where it is asked for: who released it, who changed it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from logged import context, entry

from agents.answers.without_image import answer_without_image
from agents.questions.understanding import understand
from tools.context import Context

RELEASED = [
    "Who released part-1?",
    "Who accepted part-1.png?",
    "Wer hat part-1 freigegeben?",
    "Von wem wurde part-1 akzeptiert?",
    "Chi ha approvato part-1?",
    "¿Quién aprobó part-1?",
    "Qui a accepté part-1 ?",
    "Quem liberou part-1?",
    "part-1是谁放行的？",
    "part-1は誰が承認しましたか？",
    "part-1을 누가 승인했어요?",
]
CHANGED = [
    "Did ola change any verdict?",
    "Has ola overruled a decision?",
    "Hat ola ein Urteil geändert?",
    "Ola ha cambiato qualche verdetto?",
    "¿Ola cambió algún veredicto?",
    "Est-ce que ola a modifié un verdict ?",
    "A ola mudou algum veredicto?",
    "ola改过判定吗？",
    "olaさんは判定を変えましたか？",
    "ola가 판정을 바꿨어?",
]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Context]:
    """Two parts that failed, of which ola judged the first good."""
    made = context(tmp_path / "log.sqlite")
    assert made.log is not None
    said = entry(1, kind="correction", decision=None, correction="c1", verdict="good", operator="ola",
                 note="stain is allowed here")  # fmt: skip
    rows = [entry(1, "fail", operator="tom", lot="A1"), entry(2, "fail", operator="tom", lot="A1")]
    made.log.append([*rows, said])
    yield made
    made.log.close()


@pytest.mark.parametrize("question", RELEASED)
def test_who_released_a_part_is_who_judged_it_good(log: Context, question: str) -> None:
    answer = answer_without_image(log, question).answer
    assert answer.startswith("ola") and "stain is allowed here" in answer and "tom" not in answer


def test_a_part_that_nobody_judged_was_released_by_nobody(log: Context) -> None:
    assert answer_without_image(log, "Who released part-2?").answer.startswith(
        "No person's verdict is logged"
    )


def test_releases_of_lots_are_not_logged(log: Context) -> None:
    assert answer_without_image(log, "Who released lot A1?").answer.startswith("The log holds no releases")


@pytest.mark.parametrize("question", CHANGED)
def test_verdicts_that_a_person_changed_are_corrections(log: Context, question: str) -> None:
    answer = answer_without_image(log, question).answer
    assert "part-1.png" in answer and "stain is allowed here" in answer


@pytest.mark.parametrize(
    "question", ["Who accepted this part?", "Qui l'a acceptée ?", "这个零件是谁放行的？"]
)
def test_beside_an_image_who_accepted_it_is_asked_of_its_corrections(question: str) -> None:
    log = understand(question, pictured=True, current=1).first.log
    assert log is not None and log.figure == "corrected"
