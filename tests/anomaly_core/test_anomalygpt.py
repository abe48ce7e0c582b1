"""The parts put together, on the fakes: map -> soft prompt -> yes or no -> fused verdict."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from checkpoints import FUSION, Answers, write_tiny_checkpoint
from numpy.typing import NDArray

from anomaly_core.checkpoint import Checkpoint, load_checkpoint
from anomaly_core.config import DetectorConfig
from anomaly_core.detector import Detector
from anomaly_core.encoders.fakes import TinyEncoder
from anomaly_core.errors import ConfigError, WeightsDamaged
from anomaly_core.language.fakes import tiny_language_model
from anomaly_core.language.inspection_dialogue import yes_margin
from anomaly_core.product import ProductModel
from anomaly_core.scoring.fusion import write_fusion
from anomaly_core.soft_prompt.reader import AnomalyGPT

NOBODY = np.zeros(24, np.float32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_tiny_checkpoint(tmp_path)
    return tmp_path


@pytest.fixture
def checkpoint(folder: Path) -> Checkpoint:
    return load_checkpoint(folder)


@pytest.fixture
def gpt(checkpoint: Checkpoint) -> AnomalyGPT:
    return AnomalyGPT(checkpoint, tiny_language_model())


def parts(count: int) -> list[NDArray[np.uint8]]:
    rng = np.random.default_rng(0)
    grain = rng.integers(90, 130, (96, 96, 3))
    return [np.uint8(np.clip(grain + rng.integers(-6, 7, grain.shape), 0, 255)) for _ in range(count)]  # type: ignore[misc]


def test_the_margin_is_the_language_models_own_answer_to_the_soft_prompt(gpt: AnomalyGPT) -> None:
    values = np.random.default_rng(0).random((60, 80)).astype(np.float32)
    prompt = gpt.soft_prompt(values, 0.5, NOBODY)
    assert prompt.shape == (gpt.learner.config.tokens, 32)
    assert gpt.margin(values, 0.5, NOBODY) == pytest.approx(yes_margin(gpt.lm, prompt))
    assert gpt.cell(values, 0.5, NOBODY) == gpt.cell(values, 0.5, NOBODY)


def test_only_the_map_over_its_limit_counts(gpt: AnomalyGPT) -> None:
    values = np.random.default_rng(0).random((60, 80)).astype(np.float32)
    same = gpt.soft_prompt(4 * values, 2.0, NOBODY)
    assert torch.allclose(gpt.soft_prompt(values, 0.5, NOBODY), same, atol=1e-5)
    assert not torch.equal(gpt.soft_prompt(values, 0.5, NOBODY), gpt.soft_prompt(values, 0.4, NOBODY))


def test_what_does_not_fit_is_refused_by_name(folder: Path, checkpoint: Checkpoint) -> None:
    with pytest.raises(ConfigError, match="32 wide"):
        wide = tiny_language_model()
        wide._hidden_size = 48
        AnomalyGPT(checkpoint, wide)
    with pytest.raises(ConfigError, match=r"fusion\.json"):
        AnomalyGPT(replace(checkpoint, fusion=None), tiny_language_model())
    (folder / "fusion.json").write_text('{"text_weight": -1}')
    with pytest.raises(WeightsDamaged, match=r"fusion\.json"):
        load_checkpoint(folder)


def test_another_fusion_is_another_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    write_fusion(folder, FUSION.model_copy(update={"language_weight": 0.2}))
    assert load_checkpoint(folder).digest != checkpoint.digest
    assert load_checkpoint(folder).fusion != checkpoint.fusion


def test_a_product_is_calibrated_with_and_without_the_language_model(checkpoint: Checkpoint) -> None:
    detector = Detector(TinyEncoder(), DetectorConfig(encoder="tiny", input_side=64), checkpoint)
    lm = Answers(1.5)
    fitted = detector.fit(parts(5), language=AnomalyGPT(checkpoint, lm))
    assert lm.asked == 5
    assert np.isfinite(fitted.good).all()
    assert np.isfinite(fitted.asked).all()
    assert fitted.asked[:, 2] == pytest.approx(np.full(5, 1.5))
    model = fitted.model
    assert model.language is not None
    # The answer that good images get changes nothing; a firmer yes raises the score, a no lowers it.
    score = model.calibration.limit()
    same, firmer, denied = (model.judge(score, margin).score for margin in (1.5, 9.0, -9.0))
    assert denied < same < firmer
    unanswered = model.judge(score)
    assert unanswered.score == pytest.approx(1 - detector.config.alpha)
    arrays, meta = model.to_parts()
    again = ProductModel.from_parts(arrays, meta)
    assert again.language == model.language
    assert again.judge(score, 9.0) == model.judge(score, 9.0)
    alone = detector.fit(parts(5))
    assert alone.model.language is None
    assert len(alone.asked) == 0
    assert alone.model.judge(score, 9.0) == alone.model.judge(score)


def test_the_text_aligned_map_enters_the_score_by_its_weight(checkpoint: Checkpoint) -> None:
    config = DetectorConfig(encoder="tiny", input_side=64)
    plain, fused = Detector(TinyEncoder(), config), Detector(TinyEncoder(), config, checkpoint)
    images = parts(3)
    model = plain.fit(images[:2]).model
    encoded = plain.encode(images[2])
    found = fused.compare(encoded, model.bank)
    expected = math.log(plain.decode(encoded, model).score) + FUSION.text_weight * found.text
    assert math.log(fused.decode(encoded, model).score) == pytest.approx(expected)
    assert math.isnan(plain.compare(encoded, model.bank).text)
    assert plain.made_by != fused.made_by
