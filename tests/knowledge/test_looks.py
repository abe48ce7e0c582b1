"""Looks of defects as attributes: what a description states of the defect, and not of what it spoiled."""

from __future__ import annotations

import pytest

from knowledge.catalogue.looks import parse_look


@pytest.mark.parametrize(
    "text",
    [
        "a bright grey irregular spot, the gold of the coating is missing",
        "heller grauer unregelmäßiger Fleck, das Gelb der Schicht fehlt",
        "mancha clara e irregular, falta el color amarillo",
        "tache claire et irrégulière, le jaune manque",
    ],
)
def test_what_is_missing_for_a_spot_is_no_missing_part_and_no_colour_of_it(text: str) -> None:
    look = parse_look(text)
    assert look.change is None and look.tone == "bright" and not look.colours


def test_a_missing_part_stays_one_where_nothing_is_described_before() -> None:
    assert parse_look("the arrow is missing, blank black frame").change == "missing"
