"""The product that a text is about: by name in any spelling, by its notes, and none where unclear."""

from __future__ import annotations

import pytest

from anomaly_core.encoders.fakes import TinyTextEncoder
from knowledge.catalogue.passages import Passage
from knowledge.catalogue.product_match import ProductNames, TextMatch, mentioned
from knowledge.catalogue.storage import text_to_index

NAMES = ["bottle", "capsule", "capsules", "chewinggum", "juice_bottle", "metal_nut", "pcb1", "pcb2", "screw"]
NAMES += ["screw_bag", "toothbrush"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("What scratches a metal_nut?", "metal_nut"),
        ("The METAL NUTS are bent", "metal_nut"),
        ("nuts made of metal", "metal_nut"),
        ("pcb1 is burnt", "pcb1"),
        ("PCB 2 is burnt", "pcb2"),
        ("our chewing gum", "chewinggum"),
        ("two tooth brushes", "toothbrush"),
        ("a bag of screws", "screw_bag"),
        ("the screw in the fixture", "screw"),
        ("this bottle of juice leaks", "juice_bottle"),
        ("the capsule", "capsule"),
        ("all capsules", "capsules"),
    ],
)
def test_a_name_is_found_in_any_spelling(text: str, name: str) -> None:
    assert mentioned(text, NAMES) == [name]


@pytest.mark.parametrize("text", ["the screwdriver", "a pcb", "pcb 12", "", "metal", "what is wrong here?"])
def test_what_is_no_name_is_not_taken_for_one(text: str) -> None:
    assert mentioned(text, NAMES) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("今天有多少螺丝不合格", "螺丝"),
        ("나사는 몇 개 불량이에요", "나사"),
        ("金属ナットの欠陥は?", "金属ナット"),
    ],
)
def test_a_name_is_found_in_a_text_without_spaces(text: str, name: str) -> None:
    assert mentioned(text, ["螺丝", "나사", "金属ナット", *NAMES]) == [name]


def test_two_products_in_one_text_are_both_found() -> None:
    assert mentioned("is it the screw or the metal nut?", NAMES) == ["metal_nut", "screw"]


def passage(product: str | None, defect: str | None, text: str) -> Passage:
    return Passage(f"{product}/{defect}#1", product, defect, "", text, "notes.md", 0)


NOTES = [
    passage("screw", "good", "A slotted fastener with a sharp thread and a flat head."),
    passage("screw", "scratch", "A scratch crosses the slotted head."),
    passage("fryum", "good", "A wheel of fried dough with six spokes round a hub."),
    passage("fryum", "scratch", "A scratch crosses the spokes."),
    passage(None, None, "Light falls from the left."),
]


def names(notes: list[Passage]) -> ProductNames:
    encoder = TinyTextEncoder()
    return ProductNames(notes, encoder.encode_text([text_to_index(n) for n in notes]).numpy(), encoder)


def test_a_description_in_the_words_of_the_notes_is_recognised() -> None:
    match = names(NOTES).find("slotted fastener with a sharp thread")
    assert (match.name, match.named) == ("screw", False)
    assert names(NOTES).find("the wheel of fried dough with spokes").name == "fryum"
    scores = [score for _, score in match.candidates]
    assert scores == sorted(scores, reverse=True)


def test_a_name_wins_over_a_description() -> None:
    match = names(NOTES).find("the fryum beside the slotted fastener with a sharp thread")
    assert (match.name, match.named) == ("fryum", True)


def test_what_the_notes_of_several_products_share_decides_for_none() -> None:
    assert names(NOTES).find("what causes a scratch?").name is None


def test_a_product_without_notes_is_refused() -> None:
    assert names(NOTES).find("why do the bristles of the toothbrush bend?").name is None
    assert names([n for n in NOTES if n.product != "screw"]).find("the screw").name is None


def test_without_vectors_only_names_count_and_without_notes_nothing_does() -> None:
    wordy = ProductNames(NOTES, None, None)
    assert wordy.find("the screws").name == "screw"
    assert wordy.find("slotted fastener with a sharp thread").name is None
    assert ProductNames([], None, None).find("the screw") == TextMatch(None, False, ())


def test_a_change_of_case_changes_nothing() -> None:
    text = "Slotted fastener, sharp thread"
    assert names(NOTES).find(text).name == names(NOTES).find(text.upper()).name
