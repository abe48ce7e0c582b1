"""Words for any part name no type and no product; a type that one product alone has tells the product."""

from __future__ import annotations

from uuid import uuid4

import pytest

from agents.app import Application
from agents.questions.slots.products import product_meant
from agents.questions.slots.types import called_type
from agents.settings import Settings

TYPES = ["Missing part", "Ink stain", "Poke", "Crack"]
PRODUCTS = ["alien_toy", "capsule"]
CATALOGUE = """Product,Defect,Look,Cause,Effect,Severity,Action,Limit
alien_toy,Missing part,a leg is absent,a short shot,it cannot be sold,critical,search the box,not allowed
alien_toy,Ink stain,dark streaks,marker pens,the ink may rub off on hands,major,quarantine the lot,max 1 mm
capsule,Poke,a small hole with a torn rim,a bent pin,powder leaks out,critical,stop the filler,not allowed
capsule,Scratch,a thin line,the guide rail,cosmetic only; no effect on the dose,minor,polish the rail,max 3 mm
capsule,Crack,a break,a dry shell,powder leaks out; the dose is no longer right,critical,reject it,not allowed
"""


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Application:
    folder = tmp_path_factory.mktemp("parts")
    (folder / "fmea.csv").write_text(CATALOGUE)
    made = Application(Settings(store=folder / "store", encoder="tiny", text_encoder="tiny"))
    made.add_knowledge([folder / "fmea.csv"])
    return made


@pytest.mark.parametrize(
    "question",
    [
        "how do I deal with poke?",
        "pokeが出たらどうすればいい？",
        "Was tun bei Poke?",
        "cosa faccio se esce un poke?",
        "出现poke怎么办？",
        "poke가 나오면 어떻게 하죠?",
    ],
)
def test_a_type_of_one_product_tells_the_product(opened: Application, question: str) -> None:
    reply = opened.ask_without_image(question)
    assert "stop the filler" in reply.answer
    assert reply.product == "capsule"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "worst part so far"),
        ("en", "the last bad part"),
        ("de", "das schlechteste teil bisher"),
        ("it", "il pezzo peggiore di oggi"),
        ("es", "la peor pieza de hoy"),
        ("fr", "la pire pièce d'aujourd'hui"),
        ("pt", "qual foi a pior peça de hoje"),
        ("zh", "最差的零件"),
        ("ja", "一番悪い部品は"),
        ("ko", "가장 나쁜 부품은"),
    ],
)
def test_a_word_for_any_part_names_neither_type_nor_product(language: str, text: str) -> None:
    assert called_type(text, TYPES, language) is None
    assert product_meant(text, PRODUCTS, language) is None


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "how many with missing parts"),
        ("de", "wie viele fehlende teile heute"),
        ("es", "pieza faltante"),
    ],
)
def test_a_type_named_for_a_part_is_still_found(language: str, text: str) -> None:
    assert called_type(text, TYPES, language) == "Missing part"


@pytest.mark.parametrize(
    ("question", "affirmed"),
    [
        ("Does a scratched capsule still have the right dose?", True),
        ("Hat eine zerkratzte Kapsel noch die richtige Dosis?", True),
        ("Une capsule rayée a-t-elle encore la bonne dose ?", True),
        ("does a scratch affect the dose?", False),
        ("Does a cracked capsule still have the right dose?", False),
    ],
)
def test_whether_a_type_does_something_is_told_by_its_effect(
    opened: Application, question: str, affirmed: bool
) -> None:
    reply = opened.ask_without_image(question)
    assert reply.affirmed is affirmed, reply.answer
    assert "#effect]" in reply.answer


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("which toy defects are critical?", "and what do we do about it?"),
        ("¿qué defectos del alien toy son críticos?", "¿y qué hacemos con eso?"),
        ("quali difetti del alien toy sono critici?", "e cosa facciamo?"),
    ],
)
def test_the_one_type_that_was_listed_is_gone_on_with(opened: Application, first: str, then: str) -> None:
    thread = uuid4().hex
    opened.ask_without_image(first, thread=thread)
    reply = opened.ask_without_image(then, thread=thread)
    assert "search the box" in reply.answer
    assert "stop the filler" not in reply.answer


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("which capsule defects are critical?", "and what do we do about them?"),
        ("welche Fehler sind kritisch?", "und was tun wir dagegen?"),
        ("quali difetti del capsule sono critici?", "e cosa facciamo?"),
    ],
)
def test_each_of_several_types_that_were_listed_is_told(opened: Application, first: str, then: str) -> None:
    thread = uuid4().hex
    opened.ask_without_image(first, thread=thread)
    reply = opened.ask_without_image(then, thread=thread)
    # Of a question to all products each is told with its own.
    for name, action in (("Poke", "stop the filler"), ("Crack", "reject it")):
        assert any(f'{one}: "{action}' in reply.answer for one in (name, f"{name} (capsule)"))


@pytest.mark.parametrize(
    ("language", "question", "meant"),
    [
        ("de", "Wie viele Beläge sind durchgefallen?", "belag"),
        ("de", "Wie viele Bremsbeläge waren schlecht?", "belag"),
        ("de", "Wie viele Bremsbelägen fehlt etwas?", "belag"),
        ("fr", "Combien de lames en chêne sont mauvaises ?", "chene"),
        ("en", "How many gauges failed?", "gauge"),
        ("de", "Welche Teile sind durchgefallen?", None),
    ],
)
def test_a_product_is_meant_by_its_plural_its_compound_and_its_name_with_accents(
    language: str, question: str, meant: str | None
) -> None:
    assert product_meant(question, ["belag", "gauge", "chene"], language) == meant


def test_a_product_is_meant_by_the_compound_in_its_notes_title() -> None:
    products, called = ["belag", "gauge", "chene"], {"belag": ["Bremsbelag"]}
    assert product_meant("How many brake pads failed?", products, "en", (), called) == "belag"
