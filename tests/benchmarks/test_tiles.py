"""What the benchmark of crops says of an image against itself, and around which peaks it looks."""

from __future__ import annotations

import numpy as np
import pytest
from tiles import CUTS, MARGINS, around_peaks, crops_of, maps_of

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.encoders.fakes import TinyEncoder


def model() -> AnomalyGPT:
    return AnomalyGPT(TinyEncoder())


@pytest.mark.parametrize("name", CUTS)
def test_crops_cover_the_input_and_an_image_is_at_no_distance_from_itself(name: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (300, 400, 3), np.uint8)
    made = model()
    crops = crops_of(made, made.encode(pixels), CUTS[name])
    maps = maps_of(crops, [crops], made.encoder.channels[0])
    for margin in MARGINS:
        values = maps["both", margin]
        assert np.isfinite(values).all()
        assert values.max() < 1e-5


def test_a_patch_beyond_the_margin_is_not_compared_with() -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 255, (300, 400, 3), np.uint8)
    made, cut = model(), CUTS["2x2 native"]
    shifted = crops_of(made, made.encode(np.roll(pixels, 80, axis=1)), cut)
    maps = maps_of(shifted, [crops_of(made, made.encode(pixels), cut)], made.encoder.channels[0])
    near, far = (float(maps["both", margin].mean()) for margin in (min(MARGINS), max(MARGINS)))
    assert far < near


def test_places_are_the_highest_peaks() -> None:
    values = np.zeros((20, 30), np.float32)
    values[4, 5], values[15, 25], values[15, 4] = 3, 2, 1
    mask = around_peaks(values, 2, (40, 60))
    assert mask.shape == (40, 60)
    assert mask[9, 11]
    assert mask[31, 51]
    assert not mask[31, 9]
