"""Test-time augmentation of an encoder input: flips, exposure and shift."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

PERTURBATIONS: Final = (0.94, 1.06)
_AXES: Final = ((), (0, 1), (1,), (0,))
"""Axes reversed in each of `flips`; each flip is its own inverse."""


def flips(rendered: NDArray[Any]) -> list[NDArray[Any]]:
    """Return the (H, W, ...) input as it is, rotated by 180 degrees, flipped sideways and upside down."""
    views = [rendered, rendered[::-1, ::-1], rendered[:, ::-1], rendered[::-1]]
    return [np.ascontiguousarray(view) for view in views]


def undo_flip(values: torch.Tensor, number: int) -> torch.Tensor:
    """Return (h, w) values over view `number` of `flips` in the orientation of the first view."""
    return values.flip(_AXES[number])


def perturbations(rendered: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Return the (H, W, 3) input darker, brighter, and shifted by 5 pixels."""
    brighter = [np.clip(rendered * gain, 0, 255).astype(np.uint8) for gain in PERTURBATIONS]
    shifted = np.roll(rendered, (5, 5), axis=(0, 1))
    return [*brighter, shifted]
