"""Zones by nouns of nine languages, all of them at once, and in what goes on with a question about them."""

from __future__ import annotations

import pytest

from agents.questions.learned.encoder import normalised
from agents.questions.slots.zone_names import zones_in
from agents.questions.slots.zones import in_zones
from agents.questions.understanding import understand
from agents.state import Understanding

HOLES = ("upper-left hole", "upper-right hole", "lower-left hole", "lower-right hole")
BRACKET = (*HOLES, "marking", "fold line", "foot notch")
CELL = ("upper busbar", "middle busbar", "lower busbar")


def first_of(question: str, zones: tuple[str, ...] = BRACKET, before: str = "") -> Understanding:
    return in_zones(
        understand(question, known=("missing hole", "undersized hole", "dent")), zones, before
    ).first


@pytest.mark.parametrize(
    ("question", "sense"),
    [
        ("are all four holes there?", "good"),
        ("Os furos estão todos bem?", "good"),
        ("Sind alle Bohrungen da?", "good"),
        ("tutti i fori ci sono?", "good"),
        ("四个孔都在吗", "good"),
        ("穴は全部ありますか", "good"),
        ("구멍이 다 있나요?", "good"),
        ("is a hole missing?", "bad"),
        ("¿falta algún agujero?", "bad"),
        ("manque-t-il un trou ?", "bad"),
        ("fehlt ein Loch?", "bad"),
        ("manca un foro?", "bad"),
        ("falta algum furo?", "bad"),
        ("少了孔吗", "bad"),
        ("구멍이 빠졌나요?", "bad"),
    ],
)
def test_zones_that_share_a_noun_are_asked_about_at_once(question: str, sense: str) -> None:
    one = first_of(question)
    assert (one.kind, one.sense, one.closed, one.type) == ("verdict", sense, True, None)
    assert set(one.zones) == set(HOLES)


@pytest.mark.parametrize(
    ("question", "language", "zones", "zone"),
    [
        ("左下角的孔有没有问题", "zh", BRACKET, "lower-left hole"),
        ("右上の穴は大丈夫ですか?", "ja", BRACKET, "upper-right hole"),
        ("das Loch unten links ok?", "de", BRACKET, "lower-left hole"),
        ("각인이 제대로 되어 있나요", "ko", BRACKET, "marking"),
        ("reicht er bis zur Biegekante?", "de", BRACKET, "fold line"),
        ("la tacca è a posto?", "it", BRACKET, "foot notch"),
        ("Ist der Fleck an der mittleren Stromschiene?", "de", CELL, "middle busbar"),
        ("la fissure touche la busbar du bas ?", "fr", CELL, "lower busbar"),
        ("中间的主栅有裂纹吗", "zh", CELL, "middle busbar"),
        ("la barra colectora superior", "es", CELL, "upper busbar"),
        ("o chanfro está lascado?", "pt", ("left chamfer",), "left chamfer"),
    ],
)
def test_a_zone_is_named_in_another_language(
    question: str, language: str, zones: tuple[str, ...], zone: str
) -> None:
    assert zones_in(normalised(question), zones, language) == [zone]


@pytest.mark.parametrize("question", ["is the middle ok?", "is it in the middle?", "ist es oben rechts?"])
def test_a_side_alone_names_no_zone(question: str) -> None:
    assert zones_in(normalised(question), [*BRACKET, *CELL], "de" if "ist" in question else "en") == []


@pytest.mark.parametrize(
    ("question", "before"),
    [
        ("and the lower left one, that one fine?", "which hole is the problem?"),
        ("and the lower left one?", "is the upper-right hole ok?"),
        ("und unten links?", "ist das Loch oben rechts ok?"),
        ("左下呢？", "右上的孔好吗"),
    ],
)
def test_a_side_goes_on_with_the_zones_before(question: str, before: str) -> None:
    assert first_of(question, before=before).zone == "lower-left hole"


@pytest.mark.parametrize(
    ("question", "kind", "sense"),
    [
        ("is the lower-left hole ok?", "verdict", "good"),
        ("左下角的孔有没有问题", "verdict", "bad"),
        ("is there a scratch near the upper-right hole?", "verdict", "bad"),
        ("ist die Ecke links unten abgebrochen", "verdict", "bad"),
        ("Is the lower-left hole smaller than it should be?", "verdict", "bad"),
        ("can you look again at the upper-left hole?", "look_again", "open"),
    ],
)
def test_what_asks_for_yes_or_no_gets_it(question: str, kind: str, sense: str) -> None:
    one = first_of(question)
    assert (one.kind, one.sense) == (kind, sense)
