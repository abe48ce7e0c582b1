"""Verbs, idioms and nouns of parts that are taken for no product and no type of defect."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from logged import context, entry

from agents.answers.without_image import answer_without_image
from agents.app import Application
from agents.questions.slots.by_words import type_of
from agents.questions.slots.products import product_meant
from agents.settings import Settings
from tools.context import Context

PRODUCTS = ["slate", "hinge", "remote"]
TYPES = ["Verformung", "Riss", "Burr", "Crack", "Hole"]
BEATEN = [
    ("en", "Does lot FB-08 beat lot FB-07 on yield?"),
    ("de", "Schlägt Los FB-08 das Los FB-07 bei der Ausbeute?"),
    ("de", "Was schlägt am meisten auf die Ausbeute?"),
    ("it", "Il lotto FB-08 batte il lotto FB-07?"),
    ("es", "¿El lote FB-08 supera al lote FB-07?"),
    ("fr", "Le lot FB-08 bat le lot FB-07 ?"),
    ("pt", "O lote FB-08 bate o lote FB-07?"),
    ("zh", "FB-08批胜过FB-07批吗？"),
    ("ja", "ロットFB-08はロットFB-07に勝っていますか？"),
    ("ko", "로트 FB-08이 로트 FB-07을 앞서나?"),
]
OUT_OF_HAND = [
    ("en", "since when is it going off the rails?"),
    ("de", "seit wann läuft das aus dem ruder?"),
    ("it", "da quando sta andando a rotoli?"),
    ("es", "¿desde cuándo se nos va de las manos?"),
    ("fr", "depuis quand ça part en vrille ?"),
    ("pt", "desde quando está fora de controle?"),
    ("zh", "从什么时候开始失控的？"),
    ("ja", "いつから収拾がつかないの？"),
    ("ko", "언제부터 엉망이야?"),
]
NOUNS = [
    ("de", "schieferplatte"),
    ("es", "dobladillo"),
    ("pt", "dobradiça"),
    ("pt", "dobradeira"),
    ("ja", "スレート"),
    ("ko", "휘발유"),
]
INFLECTED = [
    ("es", "está doblada"),
    ("pt", "estão dobrados"),
    ("de", "schiefer Aufdruck"),
    ("ja", "スレがある"),
]


@pytest.mark.parametrize(("language", "question"), BEATEN)
def test_what_beats_another_is_no_product(language: str, question: str) -> None:
    assert product_meant(question, PRODUCTS, language) is None


@pytest.mark.parametrize(("language", "question"), OUT_OF_HAND, ids=[one[0] for one in OUT_OF_HAND])
def test_what_gets_out_of_hand_is_of_no_type(language: str, question: str) -> None:
    assert type_of(question, language, TYPES) is None


@pytest.mark.parametrize(("language", "noun"), NOUNS)
def test_a_noun_of_a_part_that_begins_as_a_type_is_none(language: str, noun: str) -> None:
    assert type_of(noun, language) is None


@pytest.mark.parametrize(("language", "text"), INFLECTED)
def test_the_type_itself_is_still_read(language: str, text: str) -> None:
    assert type_of(text.lower(), language) is not None


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    made = context(Path(tmp_path_factory.mktemp("log")) / "log.sqlite")
    assert made.log is not None
    rows = (
        [("remote", "FB-07", "fail")] * 3 + [("remote", "FB-07", "pass")] + [("remote", "FB-08", "pass")] * 4
    )
    rows += [("slate", "L1", "fail"), ("hinge", "H1", "pass")]
    made.log.append(
        entry(number, decision, product=product, operator="Ann", station="press-1", lot=lot)
        for number, (product, lot, decision) in enumerate(rows)
    )
    yield made
    made.log.close()


def test_a_lot_that_beats_another_is_compared_with_it(logged: Context) -> None:
    told = answer_without_image(logged, "Schlägt Los FB-08 das Los FB-07 bei der Ausbeute?")
    assert told.answer.startswith("FB-08")
    assert "FB-07" in told.answer
    assert "slate" not in told.answer


NOTES = """Product,Defect,Look,Cause,Effect,Action
hinge,Missing hole,the sheet is closed where the hole should be,punch broken,cannot be screwed,repair it
hinge,Burr,small sharp protrusion,blunt edge,the leaf does not close flush,deburr
remote,Verformung,Einbuchtung am Rand,zu früh entformt,schließt nicht,Kühlzeit erhöhen
"""


@pytest.fixture(scope="module")
def noted(tmp_path_factory: pytest.TempPathFactory) -> Application:
    folder = tmp_path_factory.mktemp("notes")
    (folder / "fmea.csv").write_text(NOTES)
    made = Application(Settings(store=folder / "store", encoder="tiny", text_encoder="tiny"))
    made.add_knowledge([folder / "fmea.csv"])
    return made


@pytest.mark.parametrize("question", ["what time does the canteen close", "when does the car park close"])
def test_one_word_of_several_makes_no_question_of_the_notes(noted: Application, question: str) -> None:
    assert "[" not in noted.ask_without_image(question).answer


def test_a_burr_on_a_hinge_is_of_the_burr(noted: Application) -> None:
    told = noted.ask_without_image("o que faço com uma dobradiça com rebarba?")
    assert "deburr" in told.answer
    assert "Kühlzeit" not in told.answer
