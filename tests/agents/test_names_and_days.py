"""Names of the parts that were counted, figures of all after a ranking, drafts of a day, and the p-value."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from log_thread import told
from logged import context, entry

from agents.answers.without_image import answer_without_image
from agents.questions.understanding import understand
from tools.context import Context
from tools.log_names import named_in


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """Of Ann's eight screws at line-1 three fail, of Bob's eight plates at line-2 one."""
    made = context(Path(tmp_path_factory.mktemp("log")) / "log.sqlite")
    assert made.log is not None
    rows = [("screw", "Ann", "line-1", "pass")] * 5 + [("screw", "Ann", "line-1", "fail")] * 3
    rows += [("plate", "Bob", "line-2", "pass")] * 7 + [("plate", "Bob", "line-2", "fail")]
    made.log.append(
        entry(number, decision, product=product, operator=operator, station=station)
        for number, (product, operator, station, decision) in enumerate(rows)
    )
    yield made
    made.log.close()


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("How many screws failed at line-1?", "Just give me the file names of the rejects"),
        (
            "Wie viele Screws sind an line-1 durchgefallen?",
            "Nenn mir einfach die Dateinamen der Ausschussteile",
        ),
    ],
)
def test_names_of_the_rejects_are_of_those_counted_before(logged: Context, first: str, then: str) -> None:
    answer = told(logged, first, then)
    assert all(f"part-{number}.png" in answer for number in (5, 6, 7))
    assert "part-15.png" not in answer


def test_names_of_all_rejects_are_of_all(logged: Context) -> None:
    answer = told(logged, "How many screws failed at line-1?", "Give me the names of all rejects overall")
    assert "part-15.png" in answer


def test_a_yield_after_a_ranking_is_of_all(logged: Context) -> None:
    answer = told(logged, "Qual operador tem mais peças reprovadas?", "qual foi o rendimento")
    assert "12" in answer and "16" in answer and "Ann" not in answer


def test_a_summary_of_today_is_of_the_log() -> None:
    (one,) = understand("today's result, short summary", pictured=False).intents
    assert one.log is not None and one.log.period == "today"


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("Write a short mail to the shift lead about what happened since 2020-01-01", "A draft"),
        ("Schreib mir ne kurze Mail an den Schichtleiter, was seit 2020-01-01 los war", "Ein Entwurf"),
    ],
)
def test_a_mail_on_a_period_is_a_draft(logged: Context, question: str, first: str) -> None:
    assert answer_without_image(logged, question).answer.startswith(first)


@pytest.mark.parametrize(
    "question", ["What does the p-value actually tell me?", "Was sagt mir der p-Wert eigentlich?"]
)
def test_a_p_value_without_a_part_is_explained(question: str) -> None:
    assert [one.topic for one in understand(question, pictured=False).intents] == ["pvalue"]


def test_a_name_is_no_end_of_a_longer_word() -> None:
    assert named_in("¿qué lotes puedo enviar mañana?", ["Ana"]) == []
    assert named_in("was ana heute geprüft hat", ["Ana"]) == ["Ana"]
    assert named_in("Anaが検査した".lower(), ["Ana"]) == ["Ana"]


@pytest.mark.parametrize(
    "question", ["What do I do if the burr is too large?", "¿Qué hago si la rebaba es demasiado grande?"]
)
def test_what_to_do_with_a_large_defect_asks_for_the_action(question: str) -> None:
    assert [one.kind for one in understand(question).intents] == ["action"]
