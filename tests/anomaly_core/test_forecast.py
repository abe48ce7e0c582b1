"""The forecast at enrolment: defects on good images that the product is then without."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.config import DetectorConfig
from anomaly_core.encoders.fakes import TinyEncoder
from anomaly_core.forecast import MOST_PIXELS, ROUNDS, SIDES, forecast, reduced, simulated_defects, without
from anomaly_core.scoring.scorer import FEW_SHOT


@pytest.fixture(scope="module")
def model() -> AnomalyGPT:
    return AnomalyGPT(TinyEncoder(), DetectorConfig(encoder="tiny", input_side=256, scorers=(FEW_SHOT,)))


def board(seed: int, spread: int = 4) -> NDArray[np.uint8]:
    """Squares of fixed tones with their own noise."""
    tones = np.random.default_rng(0).integers(30, 200, (10, 12, 1))
    pixels = np.kron(tones, np.ones((20, 20, 1))).repeat(3, axis=2)
    noise = np.random.default_rng(seed + 1).integers(-spread, spread + 1, pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


def test_a_product_without_an_image_scores_it_as_enrolment_did(model: AnomalyGPT) -> None:
    images = [board(seed) for seed in range(4)]
    product = model.fit(images)
    assert len(product.bank.patches) == sum(product.states[FEW_SHOT].meta["rows"])
    for index, image in enumerate(images):
        left = without(product, index)
        rows = product.states[FEW_SHOT].meta["rows"][index]
        assert len(left.bank.patches) == len(product.bank.patches) - rows
        score = model.inspect(image, left).scores[FEW_SHOT].log_score
        assert score == pytest.approx(product.good_scores[FEW_SHOT][index], abs=1e-4)


def test_defects_are_the_same_each_time_and_of_three_sizes() -> None:
    images = [board(seed) for seed in range(3)]
    once, again = list(simulated_defects(images)), list(simulated_defects(images))
    assert [(one.index, one.size, one.share) for one in once] == [(o.index, o.size, o.share) for o in again]
    assert all(np.array_equal(one.pixels, other.pixels) for one, other in zip(once, again, strict=True))
    assert {one.size for one in once} == set(SIDES)
    assert {one.index for one in once} == {0, 1, 2}
    median = [float(np.median([one.share for one in once if one.size == size])) for size in SIDES]
    assert median == sorted(median) and median[0] > 0
    for one in once:
        changed = (one.pixels != images[one.index]).any(axis=2).mean()
        assert changed == pytest.approx(one.share)


def test_what_good_images_hide_is_not_promised(model: AnomalyGPT) -> None:
    alike, different = [board(seed) for seed in range(4)], [board(seed, 4 + 60 * seed) for seed in range(4)]
    found, hidden = (forecast(model, model.fit(images), images) for images in (alike, different))
    assert found is not None and hidden is not None
    assert all(each.defects <= ROUNDS for each in found.sizes)
    assert [each.size for each in found.sizes] == list(SIDES)
    assert found.separation > hidden.separation + 0.1
    assert sum(each.failed for each in found.sizes) > 2 * sum(each.failed for each in hidden.sizes)


def test_one_image_forecasts_nothing(model: AnomalyGPT) -> None:
    images = [board(0)]
    assert forecast(model, model.fit(images), images) is None


def test_large_images_are_reduced_first() -> None:
    assert reduced(board(0)) is not None and reduced(board(0)).shape == (200, 240, 3)
    small = reduced(np.zeros((3000, 2000, 3), np.uint8))
    assert small.shape[0] * small.shape[1] <= MOST_PIXELS * 1.01
    assert small.shape[0] / small.shape[1] == pytest.approx(1.5, abs=0.01)


def test_the_language_model_is_not_asked(model: AnomalyGPT) -> None:
    product = without(model.fit([board(seed) for seed in range(3)]), 0)
    assert product.language_model is None
    assert torch.isfinite(product.bank.patches).all()
