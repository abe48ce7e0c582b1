"""Losses of the text-aligned decoder (arXiv 2308.15366, section 3.5)."""

from __future__ import annotations

from typing import Final

import torch
from torch.nn import functional as F

MASK_THRESHOLD: Final = 0.3
"""A resized mask's pixel is anomalous above this."""


def binary_mask(mask: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Return a (B, h, w) float mask of 0 and 1 at `size`, from a (B, H, W) mask in [0, 1].

    Shrinking averages over area, and a cell counts as anomalous above 0.3 of it.
    """
    shrinking = mask.shape[-2] >= size[0] and mask.shape[-1] >= size[1]
    mode = "area" if shrinking else "bilinear"
    return (F.interpolate(mask.float()[:, None], size=size, mode=mode)[:, 0] > MASK_THRESHOLD).float()


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
