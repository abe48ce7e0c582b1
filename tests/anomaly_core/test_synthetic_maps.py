"""Drawn maps: what they are of, and that their truth is theirs."""

import numpy as np
import pytest
import torch

from anomaly_core.config import FewShotConfig
from anomaly_core.decoders.memory_bank import image_score
from anomaly_core.training.synthetic_maps import faded, soft_labels, synthetic_map


def test_equal_seeds_draw_equal_maps_and_both_answers_are_common() -> None:
    maps = [synthetic_map(np.random.default_rng([0, i]), 96) for i in range(60)]
    again = synthetic_map(np.random.default_rng([0, 7]), 96)
    assert torch.equal(maps[7][0], again[0]) and maps[7][1] == again[1]
    assert all(bool(torch.isfinite(m).all()) and float(m.min()) >= 0 for m, _ in maps)
    assert 15 < sum(score > 1 for _, score in maps) < 50


def test_the_score_is_the_image_score_of_the_map() -> None:
    for i in range(20):
        ratios, score = synthetic_map(np.random.default_rng([1, i]), 224)
        assert image_score(ratios, FewShotConfig()) == pytest.approx(score, rel=0.25)


def test_the_limit_is_half_anomalous_and_a_bump_lies_in_its_cell() -> None:
    ratios = torch.full((90, 90), 0.3)
    ratios[65:75, 5:15] = 2.0
    cells, image = soft_labels(ratios, 1.0, 3)
    assert image == pytest.approx(0.5)
    assert int(cells.argmax()) == 6
    assert float(cells[6]) > 0.95
    assert float(cells[:6].max()) < 0.01


def test_fading_lowers_what_stands_out_and_nothing_else() -> None:
    ratios = torch.full((50, 50), 0.5)
    ratios[10:15, 10:15] = 2.5
    fainter = faded(ratios, 0.25)
    assert float(fainter.max()) == pytest.approx(1.0)
    assert torch.equal(fainter[20:], ratios[20:])
