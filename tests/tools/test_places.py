"""Places in words become boxes."""

from __future__ import annotations

import pytest

from anomaly_core.errors import ConfigError
from anomaly_core.results import CELLS
from tools.locations import box_of, cell_of_box, place_in, widened


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("re-check the left edge, please", "left edge"),
        ("Look at the upper-right corner", "top right"),
        ("zoom into the bottom left", "bottom left"),
        ("what is in the middle?", "center"),
        ("the right half", "right half"),
        ("the lower border again", "bottom edge"),
        ("how long is region 2?", "region-2"),
        ("check 10, 20, 30, 40", "10,20,30,40"),
        ("what caused it?", None),
        ("nothing leftover", None),
    ],
)
def test_a_place_is_found_in_a_question(text: str, place: str | None) -> None:
    assert place_in(text) == place


def test_cells_tile_the_image() -> None:
    covered = [[0] * 100 for _ in range(70)]
    for cell in CELLS:
        x0, y0, x1, y1 = box_of(cell, 100, 70)
        assert cell_of_box((x0, y0, x1, y1), 100, 70) == cell
        for y in range(y0, y1):
            for x in range(x0, x1):
                covered[y][x] += 1
    assert all(value == 1 for row in covered for value in row)


def test_every_place_found_has_a_box() -> None:
    for place in ("left edge", "top half", "bottom edge", "right half", "center", "5,6,7,8"):
        x0, y0, x1, y1 = box_of(place, 100, 70)
        assert 0 <= x0 < x1 <= 100
        assert 0 <= y0 < y1 <= 70
    assert box_of("right edge", 100, 70) == (75, 0, 100, 70)


def test_a_region_is_named_by_its_number() -> None:
    assert box_of("region-2", 100, 70, [(0, 0, 1, 1), (5, 5, 9, 9)]) == (5, 5, 9, 9)
    with pytest.raises(ConfigError, match="it has: region-1"):
        box_of("region-2", 100, 70, [(0, 0, 1, 1)])


@pytest.mark.parametrize("place", ["", "nowhere", "200,0,300,50", "5,5,5,9"])
def test_what_is_no_place_is_said(place: str) -> None:
    with pytest.raises(ConfigError):
        box_of(place, 100, 70)


def test_a_small_box_is_widened_within_the_image() -> None:
    assert widened((50, 30, 54, 34), 0.5, 100, 70, least=20) == (42, 22, 62, 42)
    assert widened((0, 0, 4, 4), 0.0, 100, 70, least=20) == (0, 0, 12, 12)
