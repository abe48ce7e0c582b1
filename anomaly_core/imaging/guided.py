"""The guided filter: a coarse map takes over the edges of the image that it was made from."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from anomaly_core.results import Array

Pixels = NDArray[np.uint8]


def guided_filter(values: Array, guide: Pixels, *, radius: int, noise: float) -> Array:
    """Return an (h, w) map whose edges are those of its guide (He et al., TPAMI 2013, eq. 19 to 21).

    In each window the map is fitted as an affine function of the guide's colours, a ridge regression; a pixel
    takes the mean of the fits of all windows that hold it. Where the colours do not explain the map it is
    smoothed.

    values: (h, w) float32. guide: (h, w, 3) uint8 RGB. radius: of the square window, in pixels, >= 1.
    noise: standard deviation of the guide, in grey levels, > 0, below which it is taken as flat.
    """
    side = (2 * radius + 1, 2 * radius + 1)

    def mean(array: Array) -> Array:
        return np.asarray(cv2.blur(array, side, borderType=cv2.BORDER_REFLECT), dtype=np.float32)

    # Grey levels are centred: the variance of a float32 is a difference of squares.
    colours = guide.astype(np.float32) - np.float32(guide.mean())
    average, level = mean(colours), mean(values)
    shared = mean(colours * values[..., None]) - average * level[..., None]
    red, green, blue = (mean(colours * colours[..., k : k + 1]) for k in range(3))
    rr, rg, rb = (red[..., k] - average[..., 0] * average[..., k] for k in range(3))
    gg, gb = (green[..., k] - average[..., 1] * average[..., k] for k in (1, 2))
    bb = blue[..., 2] - average[..., 2] ** 2
    rr, gg, bb = (variance + np.float32(noise**2) for variance in (rr, gg, bb))
    # The inverse of the symmetric 3x3 covariance, by cofactors: far faster than a solver a pixel.
    first, second, third = gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb
    middle, beside, last = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
    determinant = rr * first + rg * second + rb * third
    inverse = ((first, second, third), (second, middle, beside), (third, beside, last))
    slopes = np.stack([sum(row[k] * shared[..., k] for k in range(3)) / determinant for row in inverse], -1)
    offsets = level - (slopes * average).sum(axis=-1)
    return np.asarray((mean(slopes) * colours).sum(axis=-1) + mean(offsets), dtype=np.float32)
