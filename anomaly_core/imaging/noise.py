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
STRENGTH: Final = 1.2
"""Strength of the removal, in standard deviations of the noise: a stronger one removes fine texture, too.

Chosen among .7, 1.2 and 2 on noisy copies of good screws.
"""
CLIPPED: Final = (10, 245)
"""Grey levels beyond which noise is cut off."""
LEAST: Final = 0.05
PATCH: Final = 5
SEARCH: Final = 15
"""Sides, in pixels, of the patches that are compared, and of where they are looked for."""


def noise_of(pixels: Pixels) -> float:
    """Return the standard deviation of the noise of an (H, W, 3) uint8 RGB image, in grey levels.

    Measured where nothing is clipped, if that is a twentieth of the image at least. Fine texture that fills
    more than half of it counts as noise.
    """
    grey: NDArray[Any] = cv2.cvtColor(pixels.astype(np.float32), cv2.COLOR_RGB2GRAY)
    differences = np.abs(cv2.filter2D(grey, -1, _DIFFERENCES))
    within = (grey > CLIPPED[0]) & (grey < CLIPPED[1])
    measured = differences[within] if within.mean() >= LEAST else differences
    return float(np.median(measured)) / (6 * _MEDIAN)


def less_noise(pixels: Pixels, noise: float) -> Pixels:
    """Return the (H, W, 3) image with its noise of so many grey levels removed, by non-local means."""
    strength = STRENGTH * noise
    return np.asarray(
        cv2.fastNlMeansDenoisingColored(pixels, None, strength, strength, PATCH, SEARCH), dtype=np.uint8
    )
