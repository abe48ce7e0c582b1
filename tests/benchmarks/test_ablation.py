"""What the ablation says of places, against counting all ways; and that what ships is what was measured."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import pytest
from ablation import Place, places_of

from anomaly_core.checkpoint import SHIPPED, shipped_encoders
from anomaly_core.config import DEFAULT_ENCODER
from anomaly_core.results import CELLS
from anomaly_core.scoring.calibration import Prior
from anomaly_core.scoring.fusion import read_fusion

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"


@pytest.mark.parametrize("count", [1, 2, 5, 9])
@pytest.mark.parametrize("right", [{"top"}, {"top", "left", "bottom right"}, set(CELLS)])
def test_chance_is_the_share_of_all_ways_that_hold_a_right_cell(count: int, right: set[str]) -> None:
    ways = [not right.isdisjoint(way) for way in combinations(CELLS, count)]
    assert Place(CELLS[:count], right).chance == pytest.approx(sum(ways) / len(ways))


def test_a_place_is_right_by_its_first_cell_or_by_any() -> None:
    first, later, wrong = (
        Place(["top", "left"], {"top"}),
        Place(["top", "left"], {"left", "right"}),
        Place(["top"], {"bottom"}),
    )
    assert [place.first for place in (first, later, wrong)] == [True, False, False]
    assert [place.any for place in (first, later, wrong)] == [True, True, False]
    found = places_of([first, later, wrong])
    assert found["answers"] == 3
    assert (found["right"], found["first_right"]) == (2, 1)
    assert (found["named"], found["named_right"]) == (5, 2)
    assert found["right_by_chance"] == round(2 / 9 + 1 - (7 * 6) / (9 * 8) + 1 / 9, 1)


def test_a_checkpoint_ships_for_the_default_encoder() -> None:
    assert DEFAULT_ENCODER in shipped_encoders()


@pytest.mark.parametrize("encoder", shipped_encoders())
def test_the_fusion_that_ships_is_that_of_the_result_files(encoder: str) -> None:
    """The language model's weight and the prior; the text-aligned map has no weight."""
    weighed, one_shot, calibration = (
        json.loads((RESULTS / f"{name}-{encoder}.json").read_text(encoding="utf-8"))
        for name in ("fusion", "one_shot", "calibration")
    )
    fusion = read_fusion(SHIPPED / encoder)
    assert fusion is not None
    assert fusion.text_weight == 0
    assert fusion.language_weight == weighed["fusion"]["language_weight"]
    assert fusion.prior == Prior(**one_shot["prior"], **calibration["chosen"]["prior"])
