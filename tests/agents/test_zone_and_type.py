"""A zone whose name is a word of a type, what is missing, and a cause that is supposed."""

from __future__ import annotations

import pytest

from agents.questions.slots.absences import absences
from agents.questions.slots.causes import supposes_cause
from agents.questions.slots.zones import in_zones
from agents.questions.understanding import understand
from agents.state import Seen, Turn, Understanding
from knowledge.catalogue.entries import Entry

KNOWN = ["Falscher Aufdruck", "Missing label", "Missing needle", "Stain"]
ZONES = ["Aufdruck", "class label", "logo"]


@pytest.mark.parametrize(
    ("question", "zone", "sense"),
    [
        ("Ist der Aufdruck ok?", "Aufdruck", "good"),
        ("Is the class label affected too?", "class label", "bad"),
        ("Has the logo been hit as well?", "logo", "bad"),
        ("L'étiquette class label est-elle touchée aussi ?", "class label", "bad"),
        ("Il logo è stato colpito anche?", "logo", "bad"),
        ("¿El logo también está afectado?", "logo", "bad"),
        ("O logo também está afetado?", "logo", "bad"),
        ("logo 也受影响了吗?", "logo", "bad"),
    ],
)
def test_a_zone_is_no_type(question: str, zone: str, sense: str) -> None:
    asked = in_zones(understand(question, current=1, known=KNOWN), ZONES)
    one = asked.intents[0]
    assert (one.kind, one.type, one.zone, one.closed, one.sense) == ("verdict", None, zone, True, sense)


def test_a_type_that_is_asked_for_in_a_zone_stays() -> None:
    one = in_zones(understand("Did the stain get on the logo?", current=1, known=KNOWN), ZONES).intents[0]
    assert one.type == "stain"


def test_a_thing_that_is_gone_is_of_its_type() -> None:
    entries = [Entry("Missing needle"), Entry("Missing numeral"), Entry("Missing label")]
    assert absences("needle's gone, right?", "en", entries) == ["Missing needle"]


def test_what_is_said_to_be_missing_is_kept() -> None:
    slots = Understanding(kind="parts", text="needle's gone, right?", closed=True, maybe=["Missing needle"])
    turn = Turn(
        number=1,
        question=slots.text,
        language="en",
        kind="parts",
        image=1,
        region=None,
        answer="Possibly.",
        slots=slots,
    )
    seen = [Seen(number=1, image="g02.jpg")]
    one = understand("what do I do with it?", [turn], seen, 1, known=KNOWN).intents[0]
    assert (one.kind, one.type, one.asked_before) == ("action", "missing needle", True)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("kann das von der rutsche kommen", "de"),
        ("could it come from the polishing pad", "en"),
        ("puede venir del engaste", "es"),
        ("ça peut venir du presseur", "fr"),
        ("può derivare dalla pressa", "it"),
        ("pode vir da prensa", "pt"),
    ],
)
def test_what_it_may_come_from_is_a_cause(text: str, language: str) -> None:
    assert supposes_cause(text, language)
