"""The scorer of colours that no good image has at a place, in the verdict and in the regions."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.config import DetectorConfig
from anomaly_core.encoders.fakes import TinyEncoder
from anomaly_core.imaging.zones import zone_of_box
from anomaly_core.product import ProductModel
from anomaly_core.scoring.scorer import FEW_SHOT, PIXEL_RANGE

SIDE = 320
Pixels = NDArray[np.uint8]


def plate(seed: int, *, hole: bool = True, lustre: float = 0.0) -> Pixels:
    """A plate in a fixture, with four holes. lustre: grey levels by which streaks on it vary."""
    rng = np.random.default_rng(seed)
    image = np.full((SIDE, SIDE, 3), 70, np.float64)
    image[30:290, 30:290] = 150
    streaks = cv2.GaussianBlur(rng.normal(0, 1, (SIDE, SIDE)), (0, 0), 3)
    image += lustre * (streaks / streaks.std())[..., None]
    pixels = np.clip(image, 0, 255).astype(np.uint8)
    for number, at in enumerate(((80, 80), (240, 80), (80, 240), (240, 240))):
        if hole or number != 3:
            cv2.circle(pixels, at, 14, (25, 25, 25), -1, cv2.LINE_AA)
    return np.clip(pixels + rng.normal(0, 2, pixels.shape), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def model() -> AnomalyGPT:
    # A tiny encoder of random weights: what is found of a hole is found by the pixels.
    config = DetectorConfig(encoder="tiny", input_side=224, scorers=(FEW_SHOT, PIXEL_RANGE))
    return AnomalyGPT(TinyEncoder(), config, judge_quality=False)


@pytest.fixture(scope="module")
def product(model: AnomalyGPT) -> ProductModel:
    return model.fit([plate(seed) for seed in range(8)])


def test_a_hole_that_is_missing_fails_where_it_was(model: AnomalyGPT, product: ProductModel) -> None:
    found = model.inspect(plate(20, hole=False), product)
    assert found.verdict.decision == "fail"
    on_it = [one for one in found.regions if np.allclose(one.bbox, (226, 226, 255, 255), atol=6)]
    assert len(on_it) == 1 and on_it[0].text.startswith("a")
    # The heat map shows it too.
    heat = found.anomaly_map.values
    assert heat[240, 240] > product.pixel_threshold and heat[240, 240] == heat[:, 200:].max()


def test_what_sends_a_part_to_review_is_shown_too(model: AnomalyGPT, product: ProductModel) -> None:
    p = model.inspect(plate(20, hole=False), product).verdict.p_value
    found = model.inspect(plate(20, hole=False), product, alpha=p / 2, review=min(2 * p, 0.9))
    assert found.verdict.decision == "review"
    assert any(np.allclose(one.bbox, (226, 226, 255, 255), atol=6) for one in found.regions)


def test_good_parts_do_not_fail(model: AnomalyGPT, product: ProductModel) -> None:
    decisions = [model.inspect(plate(seed), product).verdict.decision for seed in range(30, 36)]
    assert decisions.count("fail") <= 1


def test_without_the_scorer_the_hole_is_no_finding(model: AnomalyGPT) -> None:
    plain = AnomalyGPT(model.encoder, model.config.model_copy(update={"scorers": (FEW_SHOT,)}))
    assert PIXEL_RANGE not in plain.fit([plate(seed) for seed in range(8)]).states


def test_parts_of_changing_lustre_are_not_compared(model: AnomalyGPT) -> None:
    learned = model.fit([plate(seed, lustre=25) for seed in range(8)])
    assert PIXEL_RANGE not in learned.states and PIXEL_RANGE not in learned.independent


def test_a_zone_that_is_not_judged_is_not_compared(model: AnomalyGPT, product: ProductModel) -> None:
    zone = zone_of_box("corner", (200, 200, 290, 290), model.frame(plate(0), product), ignored=True)
    learned = model.fit([plate(seed) for seed in range(8)], zones=[zone])
    score = model.inspect(plate(20, hole=False), learned).scores[PIXEL_RANGE]
    good = model.inspect(plate(21), learned).scores[PIXEL_RANGE]
    assert score.log_score < good.log_score + 0.5


def test_a_product_is_read_with_its_range(model: AnomalyGPT, product: ProductModel, tmp_path: Path) -> None:
    product.save_pretrained(tmp_path)
    read = ProductModel.from_pretrained(tmp_path)
    one, other = (model.inspect(plate(20, hole=False), each) for each in (product, read))
    assert (
        one.verdict == other.verdict
        and one.scores[PIXEL_RANGE].log_score == other.scores[PIXEL_RANGE].log_score
    )
