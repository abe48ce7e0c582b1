"""Tolerances in the words of nine languages, and what they allow."""

from __future__ import annotations

import pytest

from knowledge.catalogue.limits import Tolerance, parse_limit

NOT = Tolerance("at most", 0, "count", "count")


@pytest.mark.parametrize(
    ("text", "tolerances"),
    [
        ("max 2 mm", [Tolerance("at most", 2, "mm", "length")]),
        ("≤ 0.5 mm²", [Tolerance("at most", 0.5, "mm2", "area")]),
        ("not allowed", [NOT]),
        ("up to 3 per part", [Tolerance("at most", 3, "count", "count")]),
        ("less than 2 mm wide", [Tolerance("below", 2, "mm", "width")]),
        ("5 mm or less", [Tolerance("at most", 5, "mm", "length")]),
        ("at least 12 mm", [Tolerance("at least", 12, "mm", "length")]),
        ("scrap if longer than 1,5 mm", [Tolerance("at most", 1.5, "mm", "length")]),
        ("max. 200 µm deep", [Tolerance("at most", 0.2, "mm", "depth")]),
        ("max 1 % of the area", [Tolerance("at most", 1, "percent", "area")]),
        ("< 20 px", [Tolerance("below", 20, "px", "length")]),
        ("at most 2 mm long and 0.2 mm wide",
         [Tolerance("at most", 2, "mm", "length"), Tolerance("at most", 0.2, "mm", "width")]),
        ("höchstens 3 mm", [Tolerance("at most", 3, "mm", "length")]),
        ("nicht zulässig", [NOT]),
        ("non ammesso", [NOT]),
        ("al massimo 2 mm", [Tolerance("at most", 2, "mm", "length")]),
        ("no permitido", [NOT]),
        ("menos de 2 mm", [Tolerance("below", 2, "mm", "length")]),
        ("non admis", [NOT]),
        ("au plus 2 par pièce", [Tolerance("at most", 2, "count", "count")]),
        ("não permitido", [NOT]),
        ("até 2 mm", [Tolerance("at most", 2, "mm", "length")]),
        ("不允许", [NOT]),
        ("不超过2毫米", [Tolerance("at most", 2, "mm", "length")]),
        ("2ミリ以下", [Tolerance("at most", 2, "mm", "length")]),
        ("허용 안 됨", [NOT]),
        ("2mm 이하", [Tolerance("at most", 2, "mm", "length")]),
        ("max 2 degrees", [Tolerance("at most", 2, "degree", "angle")]),
        ("max. 1 Grad", [Tolerance("at most", 1, "degree", "angle")]),
        ("± 0,5°", [Tolerance("at most", 0.5, "degree", "angle")]),
        ("max 2 gradi", [Tolerance("at most", 2, "degree", "angle")]),
        ("1,5 degré au plus", [Tolerance("at most", 1.5, "degree", "angle")]),
        ("até 3 graus", [Tolerance("at most", 3, "degree", "angle")]),
        ("最大2度", [Tolerance("at most", 2, "degree", "angle")]),
        ("최대 2도", [Tolerance("at most", 2, "degree", "angle")]),
        ("max 80 °C", [Tolerance("at most", 80, "other", "other")]),
        ("max 3 N", [Tolerance("at most", 3, "other", "other")]),
        ("max 0.1 inch", [Tolerance("at most", 2.54, "mm", "length")]),
        ("max 2 a pezzo", [Tolerance("at most", 2, "count", "count")]),
        ("as agreed with the customer", []),
    ],
)  # fmt: skip
def test_limits(text: str, tolerances: list[Tolerance]) -> None:
    assert parse_limit(text) == tolerances


def test_what_a_tolerance_allows() -> None:
    assert Tolerance("at most", 2, "mm", "length").allows(2)
    assert not Tolerance("below", 2, "mm", "length").allows(2)
    assert Tolerance("at least", 12, "mm", "length").allows(12.5)
    assert not NOT.allows(1)
