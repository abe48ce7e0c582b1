"""The parts put together, on the fakes: map -> soft prompt -> yes or no -> fused verdict."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from checkpoints import FUSION, Answers, write_tiny_checkpoint
from numpy.typing import NDArray

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.checkpoint import Checkpoint, load_checkpoint
from anomaly_core.config import DetectorConfig
from anomaly_core.encoders.base import Features
from anomaly_core.encoders.fakes import TinyEncoder
from anomaly_core.errors import ConfigError, WeightsDamaged
from anomaly_core.language.fakes import tiny_language_model
from anomaly_core.language.inspection_dialogue import yes_margin
from anomaly_core.product import ProductModel
from anomaly_core.results import LanguageAnswer
from anomaly_core.scorers.soft_prompt import SoftPromptScorer
from anomaly_core.scoring.fusion import write_fusion
from anomaly_core.scoring.scorer import FEW_SHOT, SOFT_PROMPT, TEXT_ALIGNED, Score

NOBODY = np.zeros(24, np.float32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_tiny_checkpoint(tmp_path)
    return tmp_path


@pytest.fixture
def checkpoint(folder: Path) -> Checkpoint:
    return load_checkpoint(folder)


@pytest.fixture
def gpt(checkpoint: Checkpoint) -> SoftPromptScorer:
    return SoftPromptScorer(checkpoint, tiny_language_model())


def parts(count: int) -> list[NDArray[np.uint8]]:
    rng = np.random.default_rng(0)
    grain = rng.integers(90, 130, (96, 96, 3))
    return [np.uint8(np.clip(grain + rng.integers(-6, 7, grain.shape), 0, 255)) for _ in range(count)]  # type: ignore[misc]


def test_the_margin_is_the_language_models_own_answer_to_the_soft_prompt(gpt: SoftPromptScorer) -> None:
    values = np.random.default_rng(0).random((60, 80)).astype(np.float32)
    prompt = gpt.soft_prompt(values, 0.5, NOBODY)
    assert prompt.shape == (gpt.learner.config.tokens, 32)
    assert gpt.margin(values, 0.5, NOBODY) == pytest.approx(yes_margin(gpt.lm, prompt))
    assert gpt.cell(values, 0.5, NOBODY) == gpt.cell(values, 0.5, NOBODY)


def test_only_the_map_over_its_limit_counts(gpt: SoftPromptScorer) -> None:
    values = np.random.default_rng(0).random((60, 80)).astype(np.float32)
    same = gpt.soft_prompt(4 * values, 2.0, NOBODY)
    assert torch.allclose(gpt.soft_prompt(values, 0.5, NOBODY), same, atol=1e-5)
    assert not torch.equal(gpt.soft_prompt(values, 0.5, NOBODY), gpt.soft_prompt(values, 0.4, NOBODY))


def test_what_does_not_fit_is_refused_by_name(folder: Path, checkpoint: Checkpoint) -> None:
    with pytest.raises(ConfigError, match="32 wide"):
        wide = tiny_language_model()
        wide._hidden_size = 48
        SoftPromptScorer(checkpoint, wide)
    with pytest.raises(ConfigError, match=r"fusion\.json"):
        SoftPromptScorer(replace(checkpoint, fusion=None), tiny_language_model())
    (folder / "fusion.json").write_text('{"text_weight": -1}')
    with pytest.raises(WeightsDamaged, match=r"fusion\.json"):
        load_checkpoint(folder)


def test_another_fusion_is_another_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    write_fusion(folder, FUSION.model_copy(update={"language_weight": 0.2}))
    assert load_checkpoint(folder).digest != checkpoint.digest
    assert load_checkpoint(folder).fusion != checkpoint.fusion


def model_of(checkpoint: Checkpoint, lm: Answers | None = None) -> AnomalyGPT:
    config = DetectorConfig(encoder="tiny", input_side=64)
    reader = None if lm is None else SoftPromptScorer(checkpoint, lm)
    return AnomalyGPT(TinyEncoder(), config, checkpoint, lambda: reader)


def test_a_product_is_calibrated_with_and_without_the_language_model(checkpoint: Checkpoint) -> None:
    lm = Answers(1.5)
    model = model_of(checkpoint, lm)
    product = model.fit(parts(5))
    assert lm.asked == 5
    assert all(np.isfinite(scores).all() for scores in product.good_scores.values())
    assert product.good_scores[SOFT_PROMPT] == pytest.approx([1.5] * 5)
    assert product.language_model is not None
    # The answer that good images get changes nothing; a firmer yes raises the score, a no lowers it.
    scores = {
        FEW_SHOT: Score(math.log(product.calibration.limit(model.config.alpha))),
        TEXT_ALIGNED: Score(0.0),
    }
    same, firmer, denied = (
        product.judge({**scores, SOFT_PROMPT: Score(margin)}).score for margin in (1.5, 9.0, -9.0)
    )
    assert denied < same < firmer
    unanswered = product.judge(scores)
    assert unanswered.score == pytest.approx(1 - model.config.alpha)
    again = ProductModel.from_parts(*product.to_parts())
    assert again.language_model == product.language_model
    assert again.judge({**scores, SOFT_PROMPT: Score(9.0)}) == product.judge(
        {**scores, SOFT_PROMPT: Score(9.0)}
    )
    alone = model_of(checkpoint).fit(parts(5))
    assert alone.language_model is None
    assert SOFT_PROMPT not in alone.good_scores
    assert alone.judge({**scores, SOFT_PROMPT: Score(9.0)}) == alone.judge(scores)


def test_a_language_model_that_is_down_at_enrolment_is_told_and_not_asked_later(
    checkpoint: Checkpoint,
) -> None:
    lm = Answers(None)
    model = model_of(checkpoint, lm)
    product = model.fit(parts(3))
    assert product.language_model is None
    assert len(product.notes) == 1
    assert "without the language model" in product.notes[0]
    asked = lm.asked
    assert model.inspect(parts(4)[3], product).language == LanguageAnswer()
    assert lm.asked == asked


def test_the_text_aligned_map_enters_the_score_by_its_weight(checkpoint: Checkpoint) -> None:
    config = DetectorConfig(encoder="tiny", input_side=64)
    plain, fused = AnomalyGPT(TinyEncoder(), config), model_of(checkpoint)
    images = parts(3)
    before = plain.inspect(images[2], plain.fit(images[:2]))
    after = fused.inspect(images[2], fused.fit(images[:2]))
    text = after.scores[TEXT_ALIGNED].log_score
    expected = math.log(before.anomaly_map.score) + FUSION.text_weight * text
    assert math.log(after.anomaly_map.score) == pytest.approx(expected)
    assert TEXT_ALIGNED not in before.scores
    assert plain.fingerprint != fused.fingerprint


class CountingEncoder(TinyEncoder):
    """The tiny encoder, counting the images that it encodes."""

    images = 0

    def encode(self, batch: NDArray[np.uint8]) -> list[Features]:
        self.images += len(batch)
        return super().encode(batch)


def test_the_language_model_reads_the_mean_of_four_views_and_without_it_there_is_one(
    checkpoint: Checkpoint,
) -> None:
    encoder, lm = CountingEncoder(), Answers(2.0)
    config = DetectorConfig(encoder="tiny", input_side=64)
    reader = SoftPromptScorer(checkpoint, lm)
    model = AnomalyGPT(encoder, config, checkpoint, lambda: reader)
    silent = AnomalyGPT(encoder, config, checkpoint)
    *good, pixels = parts(5)
    product = model.fit(good)

    encoder.images = 0
    asked = model.inspect(pixels, product, ask=True)
    assert encoder.images == 4
    assert (asked.language.margin, asked.language.model) == (2.0, "answers")
    closely = silent.inspect(silent.input.augment(silent.encode(pixels)), product)
    np.testing.assert_array_equal(asked.anomaly_map.values, closely.anomaly_map.values)

    # It does not answer: its views have no part in the verdict, and the map belongs to the verdict.
    lm.margin = None
    unanswered = model.inspect(pixels, product, ask=True)
    assert unanswered.language.problem == "answers: does not answer."
    once = silent.inspect(pixels, silent.fit(good))
    np.testing.assert_array_equal(unanswered.anomaly_map.values, once.anomaly_map.values)
    assert unanswered.verdict == once.verdict

    # A product enrolled without it costs one view.
    without = silent.fit(good)
    encoder.images = 0
    found = model.inspect(pixels, without, ask=True)
    assert encoder.images == 1
    assert found.language.problem == ""


def test_it_is_asked_where_it_can_change_the_decision_and_clear_cases_do_not_pay(
    checkpoint: Checkpoint,
) -> None:
    lm = Answers(1.0)
    model = model_of(checkpoint, lm)
    *good, pixels = parts(5)
    product = model.fit(good)
    pixels[:24, :24] = np.clip(pixels[:24, :24] + 8.0, 0, 255)
    p_value = model.inspect(pixels, product).verdict.p_value
    assert 0.01 < p_value < 0.9
    lm.asked = 0
    for alpha, review in ((0.9 * p_value, 0.99), (1.1 * p_value, 0.99), (1e-9, 1.1 * p_value)):
        assert model.inspect(pixels, product, alpha=alpha, review=review).language.margin == 1.0
    assert lm.asked == 3
    assert model.inspect(pixels, product, alpha=1e-9, review=2e-9).language == LanguageAnswer()
    pixels[:32, :32] = 255
    assert model.inspect(pixels, product, alpha=0.2, review=0.4).verdict.anomalous
    assert lm.asked == 3
