"""Further views: flips of an encoder input (test-time augmentation), and other recordings of a scene."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

GAINS: Final = (0.92, 1.08)
"""Factors of the brightness of other recordings."""
QUALITY: Final = 75
"""JPEG quality of one, as many programs save by default."""
JPEG_SIDE: Final = 65_500
"""Longest side of a JPEG file, in pixels; a longer line scan is not saved as one."""
NOISE: Final = 3.0
"""Standard deviation of another's noise, in grey levels."""
BLUR: Final = 0.7
"""Standard deviation of the blur of the first and the third, in pixels of the original."""
TILE: Final = 256
"""Side of the pattern that the noise repeats, in pixels."""
_AXES: Final = ((), (0, 1), (1,), (0,))
"""Axes reversed in each of `flips`; each flip is its own inverse."""


def flips(rendered: NDArray[Any]) -> list[NDArray[Any]]:
    """Return the (H, W, ...) input as it is, rotated by 180 degrees, flipped sideways and upside down."""
    views = [rendered, rendered[::-1, ::-1], rendered[:, ::-1], rendered[::-1]]
    return [np.ascontiguousarray(view) for view in views]


def undo_flip(values: torch.Tensor, number: int) -> torch.Tensor:
    """Return (h, w) values over view `number` of `flips` in the orientation of the first view."""
    return values.flip(_AXES[number])


def recorded_again(pixels: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Return the (H, W, 3) original as the next day would record it, in as many pixels.

    Darker, a little out of focus and saved as JPEG; brighter, with some noise; and out of focus alone.
    """
    softer = np.asarray(cv2.GaussianBlur(pixels, (0, 0), BLUR), dtype=np.uint8)
    darker, brighter = (
        np.clip(each * np.float32(gain), 0, 255).astype(np.uint8)
        for each, gain in zip((softer, pixels), GAINS, strict=True)
    )
    saved, (height, width) = darker, pixels.shape[:2]
    if max(height, width) <= JPEG_SIDE:
        _, written = cv2.imencode(".jpg", darker, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        saved = np.asarray(cv2.imdecode(written, cv2.IMREAD_COLOR), dtype=np.uint8)
    tile = np.random.default_rng(0).normal(scale=NOISE, size=(TILE, TILE, 3)).round().astype(np.int16)
    noise = np.tile(tile, (-(-height // TILE), -(-width // TILE), 1))[:height, :width]
    noisy = np.clip(brighter + noise, 0, 255).astype(np.uint8)
    return [saved, noisy, softer]
