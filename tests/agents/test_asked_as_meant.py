"""Either-or questions, methods, figures of the notes, limits and places, answered as they are asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from given_parts import REGION, asked_of
from logged import append_rows, context

from agents.answers.catalogue.figures_of_notes import noted_figures
from agents.answers.without_image import answer_without_image
from agents.questions.form.alternatives import fate_of
from agents.questions.understanding import understand
from tools.context import Context
from tools.records import PassageRecord


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """Lot A1: 2 of 4 failed; lot A2: all passed."""
    made = context(Path(tmp_path_factory.mktemp("log")) / "log.sqlite")
    append_rows(
        made,
        [("screw", "Ann", "line-1", "A1", one) for one in ("fail", "fail", "pass", "pass")]
        + [("screw", "Ann", "line-1", "A2", "pass")] * 2,
    )
    yield made
    assert made.log is not None
    made.log.close()


@pytest.mark.parametrize(
    ("question", "held"),
    [
        ("Lot {}: block or ship?", "is to be held"),
        ("Los {}: sperren oder freigeben?", "ist zur\u00fcckzuhalten"),
        ("Lotto {}: bloccare o spedire?", "da trattenere"),
        ("\u00bfLote {}: bloquear o liberar?", "retenerse"),
        ("Lot {} : bloquer ou exp\u00e9dier ?", "reten"),
        ("Lote {}: bloquear ou liberar?", "retid"),
    ],
)
def test_block_or_ship_is_neither_affirmed_nor_denied(logged: Context, question: str, held: str) -> None:
    bad, good = (answer_without_image(logged, question.format(lot)) for lot in ("A1", "A2"))
    assert bad.affirmed is None and good.affirmed is None
    assert held in bad.answer, bad.answer
    assert held not in good.answer, good.answer


@pytest.mark.parametrize(
    "question",
    [
        "Can I send lot A1 to the customer?",
        "Kann ich Los A1 an den Kunden schicken?",
        "Posso mandare il lotto A1 al cliente?",
        "\u00bfPuedo mandar el lote A1 ma\u00f1ana al cliente?",
        "Je peux exp\u00e9dier le lot A1 au client ?",
        "Posso enviar o lote A1 ao cliente?",
    ],
)
def test_whether_a_lot_may_go_is_no_letter(logged: Context, question: str) -> None:
    record = answer_without_image(logged, question)
    assert record.affirmed is False, record.answer
    assert "iad report" not in record.answer


@pytest.mark.parametrize(
    "question",
    ["Write the customer a mail about lot A1.", "Can you send the customer a message about lot A1?"],
)
def test_a_letter_is_still_a_draft(logged: Context, question: str) -> None:
    assert answer_without_image(logged, question).answer.startswith("A draft"), question


NOTES = {
    "Burr#action": "deburr; regrind the die after 40000 strokes.",
    "Warp#action": "Ausschuss, K\u00fchlzeit auf 14 s erh\u00f6hen",
    "Crack#action": "block the lot, tell quality (ext. 214).",
}
PASSAGES = [
    PassageRecord(
        id=name, product="plate", defect=name.split("#")[0], title=name, field="action", text=text,
        file="notes.md", offset=0, score=1.0, language=None,
    )
    for name, text in NOTES.items()
]  # fmt: skip


@pytest.mark.parametrize(
    ("question", "language", "id_"),
    [
        ("after how many strokes do we regrind the die", "en", "Burr#action"),
        ("how often must the die be reground", "en", "Burr#action"),
        ("wie lange muss das teil k\u00fchlen", "de", "Warp#action"),
        ("how many operators are there", "en", None),
        ("wie lange dauert die pause", "de", None),
    ],
)
def test_a_figure_of_the_notes(question: str, language: str, id_: str | None) -> None:
    assert [one.id for one in noted_figures(PASSAGES, question, language)] == ([id_] if id_ else [])


@pytest.mark.parametrize(
    "question",
    [
        "Is it over the limit?",
        "Ist das \u00fcber dem Grenzwert?",
        "\u00c8 oltre il limite?",
        "\u00bfSe pasa del l\u00edmite?",
        "La limite est d\u00e9pass\u00e9e ?",
        "Passou do limite?",
        "\u8d85\u8fc7\u4e0a\u9650\u4e86\u5417\uff1f",
        "\u57fa\u6e96\u3092\u8d85\u3048\u3066\u3044\u307e\u3059\u304b\uff1f",
        "\uae30\uc900 \ub118\uc5c8\uc5b4?",
    ],
)
def test_over_the_limit_is_of_the_size(question: str) -> None:
    assert [(one.kind, one.closed) for one in understand(question, current=1).intents] == [("size", True)]


def test_a_condition_is_no_question_of_its_own() -> None:
    asked = understand("\u3053\u306e\u307e\u307e\u4f7f\u3046\u3068\u3069\u3046\u306a\u308b?", current=1)
    assert [one.kind for one in asked.intents] == ["effect"]


def test_a_second_is_neither_kept_nor_thrown_away() -> None:
    assert fate_of("la vendo de segunda", "es") == "rework"
    assert fate_of("sell it as second choice", "en") == "rework"
    assert fate_of("la tiro", "es") == "discard"


def test_a_method_that_the_notes_on_some_type_name_is_possible() -> None:
    notes = {
        "Burr": {"action": "deburr in the vibratory finisher"},
        "Metal chip": {"action": "blow off and inspect again"},
    }
    answer, affirmed = asked_of("Can we just blow it off?", "fail", notes=notes)
    assert affirmed is None
    assert answer.startswith("Possibly. If it is Metal chip"), answer


@pytest.mark.parametrize(
    ("question", "lead"),
    [
        ("Is it at the top left or at the top right?", "At the top left."),
        ("oben links oder oben rechts?", "Oben links."),
        ("In alto a sinistra o in alto a destra?", "In alto a sinistra."),
        ("Is it at the bottom left or at the bottom right?", "Neither of them."),
    ],
)
def test_a_corner_is_chosen_by_what_is_nearer(question: str, lead: str) -> None:
    region = REGION.model_copy(update={"bbox": (340, 40, 420, 90), "cell": "top"})
    answer, _ = asked_of(question, "fail", regions=[region])
    assert answer.startswith(lead), answer
