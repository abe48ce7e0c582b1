"""What the text-aligned decoder's linear layers see of an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import torch

from anomaly_core.encoders.base import Features

DecoderInput = Literal["patches", "residuals"]
"""patches: the encoder's taps, as in arXiv 2308.15366. residuals: how each patch differs from the nearest
patch of the product's memory bank, channel by channel; it says little of what the product looks like, so
that what is learned on some products serves others (ResAD, arXiv 2410.20047, has signed residuals)."""
RESIDUAL_SCALE: Final = 10.0
"""Brings squared residuals of unit-length patches to the size that linear layers start well with."""


def input_channels(kind: DecoderInput, channels: Sequence[int]) -> tuple[int, ...]:
    """Return C_i of each input; channels: of the encoder's taps."""
    return tuple(channels) if kind == "patches" else (sum(channels),)


def decoder_inputs(
    kind: DecoderInput, features: Features, residual: torch.Tensor | None
) -> tuple[torch.Tensor, ...]:
    """Return what each linear layer sees, (C_i, h_i, w_i) float32.

    residual: (h, w, C) from `MemoryBank.match`, needed for "residuals" alone.
    Raises ValueError where it is missing.
    """
    if kind == "patches":
        return tuple(tap.float() for tap in features.taps)
    if residual is None:
        raise ValueError("residuals need a product's memory bank")
    return ((RESIDUAL_SCALE * residual.square()).permute(2, 0, 1).contiguous(),)
