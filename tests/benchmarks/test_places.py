"""What the benchmark of places says of regions beside, on and around a mask."""

from __future__ import annotations

import numpy as np
import pytest
from places import place, summary

from anomaly_core.results import Region
from anomaly_core.scoring.regions import region_of_box

SIZE = (100, 200)


def at(x: int, y: int, side: int = 10) -> Region:
    return region_of_box((x, y, x + side, y + side), SIZE, score=0.5)


def test_a_region_is_on_the_defect_by_its_centroid_or_its_peak() -> None:
    mask, values = at(50, 50).mask, np.zeros(SIZE, np.float32)
    assert place([at(50, 50)], values, mask) == {
        "first": 1,
        "regions": 1,
        "sound": 0,
        "area": 1,
        "iou": 1,
    }
    # The centroid lies beside the mask, the strongest pixel on it.
    values[55, 55] = 1
    assert place([at(40, 40, 16)], values, mask)["first"] == 1
    values[41, 41] = 2
    assert place([at(40, 40, 16)], values, mask)["first"] == 0


def test_a_region_within_the_tolerance_is_not_on_sound_surface() -> None:
    mask, values = at(50, 50).mask, np.zeros(SIZE, np.float32)
    found = place([at(62, 50), at(120, 20), at(50, 50)], values, mask)  # 2 px: 1 % of the longer side
    assert (found["sound"], found["regions"], found["area"]) == (2, 3, 3)
    assert place([at(61, 50)], values, mask)["sound"] == 0
    assert place([at(55, 50)], values, mask)["iou"] == pytest.approx(1 / 3)


def test_areas_too_small_and_too_large_count_alike() -> None:
    row = {"first": 1.0, "regions": 1.0, "sound": 0.0, "iou": 0.5}
    found = summary([{**row, "area": area} for area in (0.25, 1.0, 4.0)])
    assert (found["area"], found["factor"]) == (pytest.approx(1.0), pytest.approx(4.0))
    assert summary([]) == {"images": 0}
