"""Test-time augmentation: one image mirrored, turned, and at another exposure."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

PERTURBATIONS: Final = (0.94, 1.06)
_AXES: Final = ((), (0, 1), (1,), (0,))
"""Axes that are reversed in each of `symmetries`; each is its own inverse."""


def symmetries(rendered: NDArray[Any]) -> list[NDArray[Any]]:
    """Return the (H, W, ...) input, half a turn of it, and the mirror images of both."""
    half_turned = rendered[::-1, ::-1]
    both = [rendered, half_turned, rendered[:, ::-1], half_turned[:, ::-1]]
    return [np.ascontiguousarray(view) for view in both]


def undo_symmetry(values: torch.Tensor, number: int) -> torch.Tensor:
    """Return (h, w) values over the view of this number in `symmetries`, laid back on the first."""
    return values.flip(_AXES[number])


def perturbations(rendered: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Return the input at slightly other exposure and shifted by a few pixels."""
    brighter = [np.clip(rendered * gain, 0, 255).astype(np.uint8) for gain in PERTURBATIONS]
    shifted = np.roll(rendered, (5, 5), axis=(0, 1))
    return [*brighter, shifted]
