"""What the benchmarks share: draws of shots, figures over images with and without masks, and right cells."""

from __future__ import annotations

import numpy as np
import pytest
from harness import Judged, right_cells, spreads
from sets import Labelled, Set

from anomaly_core.evaluation.datasets import GOOD


def test_larger_draws_hold_the_smaller_ones_and_depend_on_the_seed() -> None:
    pool = [np.full((2, 2, 3), value, np.uint8) for value in range(20)]
    part = Set("made", pool, [])
    one, four = part.draw(1, 0), part.draw(4, 0)
    assert np.array_equal(one[0], four[0])
    assert len({int(pixels[0, 0, 0]) for pixels in four}) == 4
    assert any(not np.array_equal(a, b) for a, b in zip(four, part.draw(4, 1), strict=True))


def test_a_defect_without_a_mask_counts_for_images_and_not_for_pixels() -> None:
    pixels = np.zeros((8, 8, 3), np.uint8)
    mask = np.zeros((8, 8), np.bool_)
    mask[2:4, 2:4] = True
    labels = np.array([Labelled(pixels, name).anomalous for name in (GOOD, "hole", "dent")])
    judged = Judged()
    for score, values in ((0.1, np.zeros((8, 8))), (0.9, mask), (0.05, ~mask)):
        judged.add(score, score > 0.5, values.astype(np.float32))
    found = judged.figures(labels, [None, mask, None])
    assert found["image_auroc"] == pytest.approx(0.5)
    assert found["accuracy"] == pytest.approx(2 / 3)
    assert found["pixel_auroc"] == pytest.approx(1.0)
    assert "pixel_auroc" not in judged.figures(labels, [None, None, None])


def test_a_figure_that_one_row_lacks_is_spread_over_the_others() -> None:
    found = spreads([{"a": 1.0, "b": 2.0}, {"a": 3.0}])
    assert found["a"]["values"] == [1.0, 3.0]
    assert found["b"]["values"] == [2.0]


def test_right_cells_are_those_covered_and_the_one_of_the_centroid() -> None:
    ring = np.ones((90, 90), np.bool_)
    ring[25:65, 25:65] = False
    corners = np.zeros((90, 90), np.bool_)
    corners[:5, :5] = corners[-5:, -5:] = True
    assert right_cells(corners) == {"top left", "bottom right", "center"}
    assert "center" in right_cells(ring)
