"""Inputs of the text-aligned decoder: encoder taps, or residuals to the memory bank."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import torch

from anomaly_core.encoders.base import Features

DecoderInput = Literal["patches", "residuals"]
"""patches: the encoder's taps, as in arXiv 2308.15366. residuals: squared difference of each patch from the
nearest patch of the memory bank; it depends little on the product, so that a decoder trained on some products
serves others (ResAD, arXiv 2410.20047, has signed residuals)."""
RESIDUAL_SCALE: Final = 10.0
"""Factor on squared residuals of unit-length patches, to the range of linear layers at initialisation."""


def input_channels(kind: DecoderInput, channels: Sequence[int]) -> tuple[int, ...]:
    """Return the number of channels of each input; channels: of the encoder's taps."""
    return tuple(channels) if kind == "patches" else (sum(channels),)


def decoder_inputs(
    kind: DecoderInput, features: Features, residual: torch.Tensor | None
) -> tuple[torch.Tensor, ...]:
    """Return the input of each linear layer, (C_i, h_i, w_i) float32.

    residual: (h, w, C) from `MemoryBank.match`, for "residuals". Raises ValueError where it is missing.
    """
    if kind == "patches":
        return tuple(tap.float() for tap in features.taps)
    if residual is None:
        raise ValueError("residuals need a product's memory bank")
    return ((RESIDUAL_SCALE * residual.square()).permute(2, 0, 1).contiguous(),)
