"""The losses against three-line references."""

import pytest
import torch

from anomaly_core.training.losses import dice_loss, focal_loss


@pytest.fixture
def pair() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return torch.rand(3, 8, 9, generator=generator), (torch.rand(3, 8, 9, generator=generator) > 0.7).float()


def test_focal(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    p, y = pair
    p_true = (p * y + (1 - p) * (1 - y)).double().numpy().ravel()
    reference = sum(-((1 - v) ** 2) * float(torch.tensor(v).log()) for v in p_true) / len(p_true)
    assert float(focal_loss(p, y)) == pytest.approx(reference, rel=1e-5)


def test_dice(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    p, y = (t.double().numpy() for t in pair)
    reference = -2 * (y * p).sum() / ((y**2).sum() + (p**2).sum())
    assert float(dice_loss(*pair)) == pytest.approx(reference, rel=1e-5)


def test_bounds(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    _, y = pair
    assert float(dice_loss(y, y)) == -1.0
    assert float(focal_loss(y, y)) == pytest.approx(0.0, abs=1e-9)
    assert float(dice_loss(torch.zeros_like(y), torch.zeros_like(y))) == 0.0
    assert torch.isfinite(focal_loss(1 - y, y))
