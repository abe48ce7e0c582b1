"""What screening keeps of an image's pixels: size, quality, a small grey copy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from anomaly_core.imaging.quality import Quality, measure_quality

SMALL_SIDE: Final = 160
"""Longer side in pixels of the grey copy that near-duplicates are compared on."""
MOST_LEVELS: Final = 4
"""Most grey levels of a label image."""
LEVELS_SHARE: Final = 0.97
"""Least share of a label image's pixels that have these levels."""
EXTREME: Final = 8
"""A mask saved as JPEG is within this many grey levels of black or white."""
EXTREME_SHARE: Final = 0.99

Grey = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Traits:
    """Measurements of one image.

    size: (height, width) in pixels. small: (h, w) float16 grey copy, at most SMALL_SIDE on a side.
    flat: whether it has a label image's few grey levels.
    """

    size: tuple[int, int]
    small: NDArray[np.float16]
    quality: Quality
    flat: bool


def traits_of(pixels: NDArray[np.uint8]) -> Traits:
    """Measure an (H, W, 3) uint8 RGB image."""
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    return Traits(
        size=(grey.shape[0], grey.shape[1]),
        small=shrunk(grey.astype(np.float32), SMALL_SIDE).astype(np.float16),
        quality=measure_quality(pixels),
        flat=is_flat(grey),
    )


def is_flat(grey: NDArray[np.uint8]) -> bool:
    """Return whether an (H, W) grey image has a label image's few levels."""
    counts = np.bincount(grey.ravel(), minlength=256) / grey.size
    extreme = float(counts[: EXTREME + 1].sum() + counts[-EXTREME - 1 :].sum())
    return float(np.sort(counts)[-MOST_LEVELS:].sum()) >= LEVELS_SHARE or extreme >= EXTREME_SHARE


def shrunk(grey: Any, side: int) -> NDArray[Any]:
    """Return an (H, W) image with a longer side of at most `side` pixels, area-averaged."""
    height, width = grey.shape
    scale = side / max(height, width)
    if scale >= 1:
        return np.asarray(grey)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA))


def blurred(grey: Grey, sigma: float) -> Grey:
    """Return a grey image smoothed by a Gaussian of `sigma` pixels."""
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), sigma), dtype=np.float32)
