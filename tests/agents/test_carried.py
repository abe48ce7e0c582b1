"""Questions that only go on with the one before, beside an image and without one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from agents.app import Application
from agents.questions.carried import only_asks_why, put_in_full, repeated
from agents.questions.rules.recorded import asks_of_the_record
from agents.questions.understanding import understand
from agents.settings import Settings
from agents.state import Asked, Turn

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
LOGGED = [["st1", "st2"], ["Maria", "Tom"], ["bolt"]]


def turn(question: str, language: str, *, image: int = 0) -> Turn:
    first = understand(question, pictured=image > 0, now=NOW).first
    return Turn(
        number=1, image=image, question=question, kind=first.kind, region=None, answer="", language=language,
        said_in=language, meant=question, slots=first,
    )  # fmt: skip


def goes_on(question: str, before: str, language: str, *, pictured: bool = False) -> Asked:
    last = turn(before, language, image=int(pictured))
    return understand(question, [last], pictured=pictured, now=NOW, logged=LOGGED)


FULL = [
    ("en", "is a scratch of 2.5 mm ok?", "and 3.5?", "is a scratch of 3.5 mm ok?"),
    ("de", "ist ein Kratzer von 2 mm erlaubt?", "und 4?", "ist ein kratzer von 4 mm erlaubt?"),
    ("zh", "2毫米的划痕可以吗？", "那3毫米呢？", "3 毫米的划痕可以吗?"),
    ("en", "which lot had most rejects?", "and the best?", "which lot had best rejects?"),
    ("es", "¿cuál es el peor lote?", "¿y el mejor?", "cuál es el mejor lote?"),
    ("fr", "quel est le pire lot ?", "et le meilleur ?", "quel est le meilleur lot?"),
    ("en", "how many did Maria inspect?", "and Tom?", "how many did tom inspect?"),
    ("en", "how many failed in lot A-17?", "and A-18?", "how many failed in lot a-18?"),
    ("it", "quanti scarti nel lotto A-17?", "e nel lotto A-18?", "quanti scarti nel lotto a-18?"),
    (
        "fr",
        "combien de rebuts dans le lot 55 ?",
        "pareil pour le lot 56",
        "combien de rebuts dans le lot 56?",
    ),
    ("it", "quanti scarti nel lotto 55?", "lo stesso per il lotto 56", "quanti scarti nel lotto 56?"),
    ("es", "¿cuántos rechazos en el lote 55?", "lo mismo para el lote 56", "cuántos rechazos en el lote 56?"),
    ("pt", "quantos refugos no lote 55?", "o mesmo para o lote 56", "quantos refugos no lote 56?"),
    (
        "de",
        "wie viele fehler in Los 55?",
        "das Gleiche nochmal für Los 56 bitte",
        "wie viele fehler in los 56?",
    ),
    ("zh", "K101批有多少不合格？", "K102批也一样", "k102批有多少不合格?"),
    ("en", "how many failed on st1?", "same for the bolt pls", "how many failed on the bolt pls?"),
    ("en", "what is the yield on st1?", "and overall?", "what is the yield on overall?"),
    ("en", "how many labels should it have?", "and how many does it have?", "how many labels does it have?"),
    ("en", "how many scratches are allowed?", "and cracks?", "how many cracks are allowed?"),
]


@pytest.mark.parametrize(("language", "before", "question", "full"), FULL)
def test_what_goes_on_is_put_in_full(language: str, before: str, question: str, full: str) -> None:
    assert put_in_full(question, [turn(before, language)], language, NOW, (), LOGGED) == full


@pytest.mark.parametrize(
    ("language", "before", "question"),
    [
        ("en", "how many failed today?", "and yesterday?"),
        ("de", "wie viele fielen heute durch?", "und gestern?"),
        ("pt", "quantas reprovadas hoje?", "e ontem?"),
    ],
)
def test_another_period_is_asked_the_same(language: str, before: str, question: str) -> None:
    log = goes_on(question, before, language).first.log
    assert log is not None
    assert log.since is not None
    assert log.since.startswith("2026-11-25")


@pytest.mark.parametrize("question", ["and this one?", "where is it?", "and is it ok?"])
def test_a_question_of_its_own_stays_as_it_is(question: str) -> None:
    assert put_in_full(question, [turn("how many failed today?", "en")], "en", NOW, (), LOGGED) == question


@pytest.mark.parametrize(
    ("language", "question", "short", "wished"),
    [
        ("en", "shorter", True, None),
        ("en", "now in german please", False, "de"),
        ("en", "say that again", False, None),
        ("de", "kürzer bitte", True, None),
        ("de", "noch mal auf Englisch bitte", False, "en"),
        ("fr", "plus court", True, None),
        ("zh", "简短一点", True, None),
        ("ja", "もっと短く", True, None),
        ("ko", "더 짧게", True, None),
    ],
)
def test_the_last_answer_again(language: str, question: str, short: bool, wished: str | None) -> None:
    found = repeated(question, language)
    assert found is not None
    assert (found.short, found.language) == (short, wished)


@pytest.mark.parametrize("question", ["is it shorter than 3 mm?", "where is it, in German?", "is it ok?"])
def test_a_question_is_no_wish_for_the_last_answer(question: str) -> None:
    assert repeated(question, "en") is None


def test_the_same_is_asked_again_in_another_language() -> None:
    asked = goes_on("now in german pls", "where is the defect?", "en", pictured=True)
    assert (asked.first.kind, asked.language, asked.spoken) == ("place", "de", "en")
    assert goes_on("shorter", "where is the defect?", "en", pictured=True).style == "short"


@pytest.mark.parametrize(
    ("language", "question"), [("en", "why?"), ("de", "wieso?"), ("es", "¿por qué?"), ("ko", "왜?")]
)
def test_why_after_the_log_asks_for_its_defects(language: str, question: str) -> None:
    assert only_asks_why(question, language)
    log = goes_on(question, "how many failed today?", "en").first.log
    assert log is not None
    assert (log.figure, log.decision) == ("frequent", "fail")


def test_why_of_a_part_stays_one_of_its_verdict() -> None:
    assert goes_on("why?", "is it ok?", "en", pictured=True).first.kind == "reasoning"


@pytest.mark.parametrize("question", ["so within the limit or not?", "is that within the limit?"])
def test_the_limit_of_the_turn_before_counts(question: str) -> None:
    first = goes_on(question, "scratch longer than 3 mm?", "en", pictured=True).first
    assert first.limit is not None
    assert (first.limit.value, first.type) == (3.0, "scratch")


@pytest.mark.parametrize(
    "question", ["which lot is worst", "welches Los ist am schlechtesten?", "quel lot est le pire ?"]
)
def test_the_worst_lot_beside_an_image_is_of_the_log(question: str) -> None:
    first = understand(question, pictured=True, now=NOW).first
    assert first.log is not None
    assert first.log.figure == "lots"


@pytest.mark.parametrize(
    ("language", "question", "recorded"),
    [
        ("en", "did you save that?", "saved"),
        ("de", "hast du das gespeichert?", "saved"),
        ("fr", "c'est enregistré ?", "saved"),
        ("ja", "保存しましたか", "saved"),
        ("en", "ok undo that please", "undo"),
        ("de", "mach das rückgängig", "undo"),
        ("es", "deshazlo", "undo"),
    ],
)
def test_what_is_recorded_is_asked(language: str, question: str, recorded: str) -> None:
    found = asks_of_the_record(question, language)
    assert found is not None
    assert found.recorded == recorded


@pytest.mark.parametrize(
    "question", ["how many scratches were recorded today?", "can I keep it?", "is it ok?"]
)
def test_other_questions_ask_of_no_record(question: str) -> None:
    assert asks_of_the_record(question, "en") is None


NOTES = """# plate

## Scratch

- **Look**: a thin bright line
- **Effect**: Only the looks suffer.
- **Limit**: max 3 mm
"""


def test_a_thread_begins_without_an_image_and_goes_on_with_one(tmp_path: Path) -> None:
    with Application(
        Settings(store=tmp_path / "store", encoder="tiny", text_encoder="tiny", threads=1)
    ) as app:
        for seed in range(4):
            pixels = np.random.default_rng(seed).integers(100, 112, (96, 96, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / f"{seed}.png")
        app.enroll("plate", [tmp_path / f"{seed}.png" for seed in range(4)])
        (tmp_path / "notes.md").write_text(NOTES)
        app.add_knowledge([tmp_path / "notes.md"], "plate")
        first = app.ask_without_image("is a scratch of 2.5 mm ok?", thread="t")
        second = app.ask_without_image("and 3.5?", thread="t")
        german = app.ask_without_image("now in german pls", thread="t")
        assert (first.affirmed, second.affirmed) == (True, False)
        assert german.answer.startswith("Nein.")
        assert "looks suffer" in app.ask_without_image("why?", thread="t").answer
        shown = app.ask(tmp_path / "0.png", "is a scratch of 2.5 mm ok?", thread="t")
        assert (shown.affirmed, shown.thread) == (True, "t")
        assert app.ask(tmp_path / "0.png", "and 3.5?", thread="t").affirmed is False
        turns = app.conversations.turns("t")
        assert [one.number for one in turns] == [1, 2, 3, 4, 5, 6]
        assert [one.image for one in turns] == [0, 0, 0, 0, 1, 1]
        saved = app.ask(tmp_path / "0.png", "did you save that?", thread="t")
        assert saved.affirmed is True
