"""Everyday words of the log: several decisions at once, what went wrong or was thrown out, tonight."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from log_thread import told
from logged import append_rows, context

from agents.questions.log.periods import period_of
from agents.questions.slots.by_words import type_of
from agents.questions.slots.products import product_meant
from agents.questions.slots.types import called_type
from tools.context import Context

PRODUCTS = ("biscuit-korn", "panel-veltro", "seal-28")


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """Lot K1 of biscuits, of Ann at table-1: 2 pass, 1 waits, 3 fail; lot S1 of seals, of Bob at table-2: 4
    pass, 1 fails."""
    made = context(Path(tmp_path_factory.mktemp("log")) / "log.sqlite")
    assert made.log is not None
    rows = [
        ("biscuit-korn", "Ann", "table-1", "K1", one) for one in ("pass", "pass", "review", *["fail"] * 3)
    ]
    rows += [("seal-28", "Bob", "table-2", "S1", one) for one in (*["pass"] * 4, "fail")]
    append_rows(made, rows)
    yield made
    made.log.close()


@pytest.mark.parametrize(
    ("question", "counts"),
    [
        (
            "How many biscuits failed, and how many are still to be looked at?",
            "2 passed, 1 to review, 3 failed",
        ),
        ("How many parts of lot K1 failed, and is the rest okay?", "2 passed, 1 to review, 3 failed"),
        (
            "Wie viele Kekse sind durchgefallen, und ist der Rest okay?",
            "2 bestanden, 1 zu prüfen, 3 durchgef",
        ),
        ("Quanti biscotti abbiamo scartato e quanti sono da rivedere?", "2 buoni, 1 da rivedere, 3 scartati"),
        ("饼干一共查了多少个,坏了几个?", "2 个合格，1 个待复查，3 个不合格"),
    ],
)
def test_counts_of_several_decisions_are_told_at_once(logged: Context, question: str, counts: str) -> None:
    assert counts in told(logged, question)


@pytest.mark.parametrize(
    ("before", "question", "answer"),
    [
        ("How did lot K1 do?", "Can the lot be released?", "No."),
        ("Wie war Los K1?", "Kann ich das Los annehmen?", "Nein."),
        ("Wie war Los K1?", "Wieviel Prozent muss ich da aussortieren?", "50.0%"),
        ("How did lot K1 do?", "what share of them had to be thrown out?", "50.0%"),
        ("Wie viele hat Ann geprüft?", "Wieviel Prozent davon muss ich wegwerfen?", "50.0%"),
        ("Com'è andato il lotto K1?", "Posso spedire il lotto?", "No."),
        ("Wie viele sind an Tisch 1 durchgefallen?", "und am Tisch 2?", "1 von 5"),
        ("How many failed at table 1?", "and at table 2?", "1 of 5"),
        ("¿Cuántas piezas rechazadas hay en la mesa 1?", "¿y en la mesa 2?", "1 de 5"),
        ("Quem inspecionou mais peças, Ann ou Bob?", "E qual foi o defeito que mais apareceu?", "4 "),
        ("Wie war Los K1?", "Welcher Fehler kam da am meisten vor?", "3 "),
        ("Lot K1 or lot S1, which is worse?", "and what was it mostly?", "3 of 3"),
    ],
)
def test_what_was_named_stays_the_subject(logged: Context, before: str, question: str, answer: str) -> None:
    assert answer in told(logged, before, question)


@pytest.mark.parametrize(
    "question",
    [
        "From which part did the faults start in lot K1?",
        "Ab welchem Teil ging es bei Los K1 schief?",
        "Da quale pezzo sono iniziati gli scarti nel lotto K1?",
        "¿Desde qué pieza empezaron los rechazos en el lote K1?",
        "À partir de quelle pièce les défauts ont commencé dans le lot K1 ?",
        "A partir de que peça começaram as falhas no lote K1?",
        "批次K1从第几个开始不合格?",
        "ロットK1はどの部品から不良になりましたか?",
        "로트 K1은 어느 부품부터 불량이었나요?",
    ],
)
def test_the_first_that_failed_is_named(logged: Context, question: str) -> None:
    answer = told(logged, question)
    assert "part-3.png" in answer
    assert "part-5.png" not in answer


@pytest.mark.parametrize(
    "question",
    [
        "did Ann let anything slip through?",
        "Hat Ann was durchgewunken?",
        "Ann ha lasciato passare qualche difetto?",
        "¿Ann dejó pasar algún defecto?",
        "Ann a laissé passer un défaut ?",
        "A Ann deixou passar algum defeito?",
    ],
)
def test_escapes_are_of_the_inspector(logged: Context, question: str) -> None:
    # Two of Ann's parts passed, and no person judged them.
    assert "2" in told(logged, question)
    assert "Ann" in told(logged, question)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "can lot k1 go out tonight"),
        ("de", "kann das los heute abend raus"),
        ("it", "posso spedire stasera"),
        ("es", "sale esta noche"),
        ("fr", "peut partir ce soir"),
        ("pt", "sai hoje à noite"),
        ("zh", "今天晚上能放行吗"),
        ("ja", "今夜出荷できますか"),
        ("ko", "오늘 밤 출하해도 되나요"),
    ],
)
def test_tonight_is_the_night_to_come(language: str, text: str) -> None:
    noon = datetime(2026, 11, 28, 11, 30).astimezone()
    assert period_of(text, language, noon)[0] is None
    begun = period_of(text, language, noon.replace(hour=20))[0]
    assert begun is not None
    assert begun.since is not None
    assert begun.since.hour == 18


@pytest.mark.parametrize(
    ("language", "text"),
    [("de", "ab welchem teil gings bei los k-32 schief"), ("de", "ist da was schiefgelaufen")],
)
def test_what_went_wrong_names_no_type(language: str, text: str) -> None:
    assert type_of(text, language, ["Ausschnitt versetzt", "Kratzer"]) is None


def test_a_type_beside_what_went_wrong_is_named() -> None:
    assert type_of("ging am kratzer was schief", "de", ["Ausschnitt versetzt", "Kratzer"]) == "kratzer"
    assert type_of("ist das bauteil schief", "de", ["Ausschnitt versetzt"]) == "ausschnitt versetzt"


def test_particles_are_like_no_type() -> None:
    types = ["Delle", "Kratzer", "Fleck", "Grat"]
    assert called_type("오늘 로시가 검사한 것 중에 불량이 몇 개예요", types, "ko") is None


@pytest.mark.parametrize(
    ("language", "text", "product"),
    [
        ("it", "quante guarnizioni sono state scartate", "seal-28"),
        ("zh", "今天密封圈一共查了多少个", "seal-28"),
        ("de", "wie viele dichtungen sind schlecht", "seal-28"),
        ("de", "und bei den keksen", "biscuit-korn"),
        ("es", "¿cuántas galletas?", "biscuit-korn"),
        ("ja", "パネルは何枚", "panel-veltro"),
        ("en", "the parts of today", None),
        ("en", "which station was the worst", None),
        ("de", "ist heute alles gut gelaufen", None),
    ],
)
def test_a_word_of_a_products_name_means_it(language: str, text: str, product: str | None) -> None:
    assert product_meant(text, PRODUCTS, language) == product
