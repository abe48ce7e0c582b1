"""Zones by words: names in other spellings, shared nouns, sides, other languages; and what is no zone."""

from __future__ import annotations

import pytest

from agents.questions.learned.encoder import normalised
from agents.questions.slots.zone_names import zones_in
from agents.questions.slots.zones import in_zones
from agents.questions.understanding import understand

LABELS = ["front-label", "back-label", "cap"]
HALVES = ["green-half", "white_half"]
RINGS = ["upper-ring", "lower-ring", "spoke 1", "spoke 2"]
GERMAN = ["schwarze Hälfte", "weiße Hälfte"]
NAMED = [
    ("en", "is the Front Label ok?", LABELS, ["front-label"]),
    ("en", "back_label fine?", LABELS, ["back-label"]),
    ("en", "label ok?", LABELS, ["front-label", "back-label"]),
    ("de", "Sind die Etiketten in Ordnung?", LABELS, ["front-label", "back-label"]),
    ("ja", "ラベルは大丈夫？", LABELS, ["front-label", "back-label"]),
    ("fr", "l'étiquette avant est bonne ?", LABELS, ["front-label"]),
    ("en", "so the green side is clean?", HALVES, ["green-half"]),
    ("en", "are both halves ok?", HALVES, HALVES),
    ("en", "are the green and the white half ok?", HALVES, HALVES),
    ("de", "ist die grüne Hälfte in Ordnung?", HALVES, ["green-half"]),
    ("es", "¿la mitad verde está bien?", HALVES, ["green-half"]),
    ("en", "upper ring dirty?", RINGS, ["upper-ring"]),
    ("de", "ist der untere Ring gut?", RINGS, ["lower-ring"]),
    ("it", "l'anello superiore è a posto?", RINGS, ["upper-ring"]),
    ("en", "are the spokes bent?", RINGS, ["spoke 1", "spoke 2"]),
    ("en", "spoke 2 bent?", RINGS, ["spoke 2"]),
    ("de", "liegt er auf der weißen Hälfte?", GERMAN, ["weiße Hälfte"]),
    ("de", "ist die weisse hälfte ok?", GERMAN, ["weiße Hälfte"]),
    ("en", "is the black half ok?", GERMAN, ["schwarze Hälfte"]),
]
UNNAMED = [
    ("en", "did the labeler jam?", LABELS),
    ("en", "is this part ok?", LABELS),
    ("en", "is there a green spot?", HALVES),
    ("de", "ist da ein grüner Fleck?", HALVES),
    ("zh", "有绿点吗？", HALVES),
    ("en", "is the top half ok?", HALVES),
    ("es", "¿qué tamaño tiene el rayón?", RINGS),
]


@pytest.mark.parametrize(("language", "question", "zones", "named"), NAMED)
def test_a_zone_is_named_in_other_words(
    language: str, question: str, zones: list[str], named: list[str]
) -> None:
    assert zones_in(normalised(question), zones, language) == named


@pytest.mark.parametrize(("language", "question", "zones"), UNNAMED)
def test_other_words_name_no_zone(language: str, question: str, zones: list[str]) -> None:
    assert zones_in(normalised(question), zones, language) == []


@pytest.mark.parametrize("question", ["labels ok?", "sind die Etiketten gut?", "标签好吗？"])
def test_each_zone_of_a_shared_name_is_told(question: str) -> None:
    intents = in_zones(understand(question), LABELS).intents
    assert {one.zone for one in intents} == {"front-label", "back-label"}


def test_a_sentence_about_the_part_stands_beside_one_about_a_zone() -> None:
    intents = in_zones(understand("Is the cap ok? Would you ship it?"), LABELS).intents
    assert [one.zone for one in intents] == ["cap", None]


def test_a_place_word_within_a_name_is_the_zone() -> None:
    first = in_zones(understand("is the top label ok?"), ["top-label", "bottom-label"]).first
    assert first.place == "zone top-label"


def test_whether_it_is_in_a_zone_is_answered_by_yes_or_no() -> None:
    first = in_zones(understand("is it on the green half too?"), HALVES).first
    assert (first.closed, first.zone) == (True, "green-half")
