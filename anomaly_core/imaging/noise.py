"""Noise of the camera: how much an image has, and its removal where the good images have less."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

_DIFFERENCES: Final = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
"""The difference of two Laplacians, which edges and slopes leave at 0 (Immerkaer 1996); gain 6."""
_MEDIAN: Final = 0.6745
"""Median of the absolute value of a standard normal."""
STRENGTH: Final = 0.7
"""Strength of the removal, in standard deviations of the noise: a stronger one removes fine texture, too."""
PATCH: Final = 5
SEARCH: Final = 15
"""Sides, in pixels, of the patches that are compared, and of where they are looked for."""


def noise_of(pixels: Pixels) -> float:
    """Return the standard deviation of the noise of an (H, W, 3) uint8 RGB image, in grey levels.

    Fine texture that fills more than half the image counts as noise.
    """
    grey: NDArray[Any] = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return float(np.median(np.abs(cv2.filter2D(grey, -1, _DIFFERENCES)))) / (6 * _MEDIAN)


def less_noise(pixels: Pixels, noise: float) -> Pixels:
    """Return the (H, W, 3) image with its noise of so many grey levels removed, by non-local means."""
    strength = STRENGTH * noise
    return np.asarray(
        cv2.fastNlMeansDenoisingColored(pixels, None, strength, strength, PATCH, SEARCH), dtype=np.uint8
    )
