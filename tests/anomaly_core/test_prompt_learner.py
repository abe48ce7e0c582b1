"""Shapes of the prompt learner, the paper's and others; where its tokens lie."""

import numpy as np
import pytest
import torch
from paper import paper_prompt_learner
from pydantic import ValidationError

from anomaly_core.config import FewShotConfig
from anomaly_core.decoders.memory_bank import image_score
from anomaly_core.soft_prompt.learner import (
    PromptLearner,
    PromptLearnerConfig,
    levels,
    thermometer_encoding,
    unit_map,
)


def test_the_papers_shapes() -> None:
    learner = PromptLearner(paper_prompt_learner())
    maps = torch.rand(1, 1, 224, 224)
    assert learner(maps, torch.rand(1, 1024)).shape == (1, 1 + 9 + 9, 4096)
    convolutions = [m for m in learner.modules() if isinstance(m, torch.nn.Conv2d)]
    assert [c.in_channels for c in convolutions] == [1, 4, 16, 64, 256, 1024]
    assert [c.kernel_size for c in convolutions] == [(3, 3)] * 5 + [(5, 5)]
    assert not [m for m in learner.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    assert float(learner.base.detach().std()) == pytest.approx(1.0, abs=0.02)


def test_the_default_is_scaled_to_the_word_embeddings() -> None:
    config = PromptLearnerConfig(hidden_size=576, image_dim=384, embedding_std=0.136)
    learner = PromptLearner(config)
    prompts = learner(torch.rand(8, 1, 224, 224), torch.rand(8, 384))
    assert prompts.shape == (8, config.tokens, 576) == (8, 20, 576)
    assert float(prompts[:, 10:19].detach().std()) == pytest.approx(2 * 0.136, rel=0.1)
    assert float(prompts[:, 1:10].detach().std()) == pytest.approx(0.136, rel=0.05)
    assert sum(p.numel() for p in learner.parameters()) < 2_400_000


def test_map_tokens_are_the_cells_row_by_row() -> None:
    torch.manual_seed(0)
    learner = PromptLearner(PromptLearnerConfig(hidden_size=32)).eval()
    blank = torch.zeros(1, 1, 224, 224)
    with torch.no_grad():
        plain = learner(blank)[0, 9:18]
        for cell, (row, column) in {0: (10, 10), 2: (10, 210), 6: (210, 10), 8: (210, 210)}.items():
            spot = blank.clone()
            spot[0, 0, row - 8 : row + 8, column - 8 : column + 8] = 1
            change = (learner(spot)[0, 9:18] - plain).norm(dim=1)
            assert int(change.argmax()) == cell


def test_levels_are_logarithms_of_the_limit() -> None:
    # A tenth of the map at three times the limit, in one cell; the rest at a half of it.
    ratios = torch.full((1, 224, 224), 0.5)
    ratios[0, :70, :70] = 3.0
    cells, whole = levels(unit_map(ratios, 1.0), 3)
    assert whole.item() == pytest.approx(np.log(3.0), abs=1e-3)
    assert cells[0].tolist() == pytest.approx([np.log(3.0)] + [np.log(0.5)] * 8, abs=1e-3)


def test_the_level_of_a_map_is_its_image_score_over_the_limit() -> None:
    values = torch.rand(28, 28) + 0.1
    shown = values.repeat_interleave(8, 0).repeat_interleave(8, 1)
    _, whole = levels(unit_map(shown[None], 0.4), 3)
    assert whole.exp().item() == pytest.approx(image_score(values, FewShotConfig()) / 0.4, rel=1e-3)


def test_every_level_has_a_code_of_its_own() -> None:
    codes = thermometer_encoding(torch.linspace(-1.5, 2.0, 36), 16)
    assert codes.shape == (36, 16)
    assert bool((codes.diff(dim=0) >= 0).all())
    steps = codes.diff(dim=0).norm(dim=1)
    assert float(steps.min()) > 0.05 * float(steps.max())


def test_without_levels_the_prompt_has_the_papers_tokens() -> None:
    config = PromptLearnerConfig(hidden_size=32, level_bins=0)
    assert PromptLearner(config)(torch.rand(2, 1, 224, 224)).shape == (2, 9 + 9, 32)


def test_gradients_reach_every_parameter() -> None:
    learner = PromptLearner(PromptLearnerConfig(hidden_size=32, image_dim=24, channels=(2, 2, 2, 2, 2)))
    learner(torch.rand(4, 1, 224, 224), torch.rand(4, 24)).square().sum().backward()
    assert all(p.grad is not None for p in learner.parameters())


def test_without_a_map_only_image_and_base_tokens_are_left() -> None:
    learner = PromptLearner(PromptLearnerConfig(hidden_size=32, image_dim=24, use_map=False))
    assert learner(None, torch.rand(3, 24)).shape == (3, 10, 32)
    with pytest.raises(ValueError, match="does not take a map"):
        learner(torch.rand(3, 1, 224, 224), torch.rand(3, 24))


@pytest.mark.parametrize("shape", [(2, 224, 224), (2, 1, 223, 224), (2, 3, 224, 224)])
def test_wrong_maps_are_named(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="maps must be"):
        PromptLearner(PromptLearnerConfig(hidden_size=8))(torch.zeros(shape))


@pytest.mark.parametrize(
    "wrong",
    [
        {"map_size": 100},
        {"map_size": 96},
        {"channels": ()},
        {"norm": "layer"},
        {"token": 3},
        {"use_map": False, "base_tokens": 0},
    ],
)
def test_impossible_configs_are_rejected(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        PromptLearnerConfig.model_validate({"hidden_size": 8, **wrong})


def test_unit_map_puts_the_limit_of_good_images_at_one_half() -> None:
    assert unit_map(torch.tensor([0.0, 0.1, 0.2, 0.4]), 0.2).tolist() == pytest.approx(
        [0.0, 1 / 17, 0.5, 16 / 17]
    )
