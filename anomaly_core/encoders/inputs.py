"""Checked and normalised network inputs, and weight fingerprints, for all encoders."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from anomaly_core.errors import ConfigError

IMAGENET: Final = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""Mean and standard deviation of ImageNet's pixels, in [0, 1]."""


def check_layers(taps: tuple[int, ...], layers: int) -> tuple[int, ...]:
    """Return taps that are rising layer numbers from 1 to `layers`, at least one. Raises ConfigError."""
    if not taps or list(taps) != sorted({tap for tap in taps if 1 <= tap <= layers}):
        raise ConfigError(f"taps {taps}: give rising layer numbers from 1 to {layers}")
    return taps


def to_input(
    pixels: NDArray[np.uint8], stride: int, mean: Sequence[float], std: Sequence[float], device: torch.device
) -> torch.Tensor:
    """Return (B, 3, H, W) float32, (pixels - mean) / std, with mean and std in [0, 255].

    Raises ValueError for pixels other than (B, H, W, 3) uint8 with sides that are multiples of the stride.
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 4 or pixels.shape[3] != 3:
        raise ValueError(f"expected (B, H, W, 3) uint8, got {pixels.shape} {pixels.dtype}")
    height, width = pixels.shape[1:3]
    if height == 0 or width == 0 or height % stride or width % stride:
        raise ValueError(f"both sides must be positive multiples of {stride}, got {height} x {width}")
    # A copy: the caller's array may be read-only, or have negative strides from a flip.
    batch = torch.from_numpy(pixels.astype(np.float32).transpose(0, 3, 1, 2).copy()).to(device)
    centre = torch.tensor(mean, dtype=torch.float32, device=device).view(1, 3, 1, 1)
    scale = torch.tensor(std, dtype=torch.float32, device=device).view(1, 3, 1, 1)
    return (batch - centre) / scale


def unit(vector: torch.Tensor) -> torch.Tensor:
    """L2-normalise the last axis."""
    return torch.nn.functional.normalize(vector, dim=-1)


def fingerprint(module: torch.nn.Module) -> str:
    """Return eight hex digits of the SHA-256 of all weights."""
    return fingerprint_of(module.state_dict())


def fingerprint_of(weights: Mapping[str, torch.Tensor]) -> str:
    """Return eight hex digits of the SHA-256 of weights by name."""
    digest = hashlib.sha256()
    for name, tensor in sorted(weights.items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()[:8]


def freeze(module: torch.nn.Module, device: torch.device) -> None:
    """Set a module to evaluation mode, float32, no gradients, on the device."""
    module.eval().requires_grad_(False).to(device=device, dtype=torch.float32)
