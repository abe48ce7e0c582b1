"""Losses of the text-aligned decoder (arXiv 2308.15366, section 3.5)."""

from __future__ import annotations

from typing import Final

import torch

MASK_THRESHOLD: Final = 0.3
"""Value above which a pixel of a resized mask is anomalous."""


def focal_loss(anomalous: torch.Tensor, target: torch.Tensor, gamma: float = 2.0) -> torch.Tensor:
    """L_focal = -mean((1 - p_t)^gamma log p_t), arXiv 1708.02002 eq. 4 without alpha.

    anomalous: probabilities in [0, 1], any shape. target: 0 or 1, same shape. Returns a scalar.
    """
    p_true = torch.where(target > 0.5, anomalous, 1 - anomalous)
    return -((1 - p_true).pow(gamma) * p_true.clamp_min(1e-6).log()).mean()


def dice_loss(anomalous: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """L_dice = -2 sum(y yhat) / (sum y^2 + sum yhat^2), arXiv 2308.15366 eq. 6, over the whole batch.

    anomalous: probabilities in [0, 1]. target: 0 or 1, same shape. Returns a scalar in [-1, 0].
    """
    joint = (anomalous * target).sum()
    total = target.pow(2).sum() + anomalous.pow(2).sum()
    return -2 * joint / total.clamp_min(1e-6)
