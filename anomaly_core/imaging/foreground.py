"""Segmentation of an object on a plain background, estimated from the image's border."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

WORKING_SIDE: Final = 320
"""Longer side in pixels of the copy that is segmented."""
BORDER: Final = 0.03
"""Width of the border strip, as a share of the shorter side."""
TOLERANCE: Final = 14.0
"""Least difference of a foreground pixel from the background, in grey levels."""
PLAIN: Final = 0.7
"""Least share of the border that must be background."""
MAX_SHADOW: Final = 50.0
"""Upper bound, in grey levels, of the threshold that separates an object from its shadow."""
EVERY: Final = 3
"""Of so many neighbouring pixels of the border one is fitted; blurred, the others tell little more."""
MAX_NOISE: Final = 5.0
"""Largest noise of a plain background, in grey levels (1.48 x the median absolute deviation)."""
CURVED: Final = 0.75
"""A curved background is fitted where its residuals are below this share of a plane's."""
EDGE: Final = 3.0
"""Least steepness of an edge, in grey levels a pixel."""
STEEPER: Final = 3.0
"""The same as a multiple of what all but 1 % of the image's border show."""
AROUND: Final = 3
"""Pixels from a part's input to where it is looked for edges: the part's own is blurred."""
CROSSINGS: Final = 3
"""Least pixels of an outline that edges cross."""
PALE: Final = 1.1
"""Ratio of areas of an object with the pieces of it that stand out little, and without, from which these are
more than its blurred outline."""
TINT: Final = 0.08
"""Largest difference of the shares by which a shadow darkens the three channels."""
LEAST_SHADED: Final = 0.4
"""Least share of the background's level in a shadow."""
SHADE: Final = 0.2
"""Largest difference of a shadow from the background, as a share of the background's level."""
MAX_GRAIN: Final = 2.0
"""Largest local noise of a background with shadows, in grey levels, after smoothing."""


def foreground_mask(pixels: NDArray[np.uint8]) -> NDArray[np.bool_] | None:
    """Return the (H, W) bool mask of the object, holes filled, or None without a plain background.

    pixels: (H, W, 3) uint8 RGB. None for textures, for a border of many colours, and where the foreground is
    under 0.5 % or over 90 % of the image or consists of specks. The background is fitted to the border, a
    channel at a time: a plane, else a quadratic (vignetting), else a plane with shadows beside it.
    """
    found = find_foreground(pixels)
    if found is None:
        return None
    height, width = pixels.shape[:2]
    full = cv2.resize(found.objects.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    return np.asarray(full > 0, dtype=np.bool_)


@dataclass(frozen=True)
class Foreground:
    """The foreground on a grid of at most WORKING_SIDE a side.

    objects: (h, w) bool, the large pieces, holes filled. pieces: (h, w) bool, all pieces. small: (h, w, 3)
    float32, the image there, in grey levels.
    """

    objects: NDArray[np.bool_]
    pieces: NDArray[np.bool_]
    small: Array

    def crossed(self, corners: NDArray[np.float64]) -> bool:
        """Return whether edges cross a rectangle a little around a part, where all should be background.

        corners: (4, 2) of one that holds the part, x and y on the grid. An edge is steeper than what the
        background shows at the image's border by far; a shadow's is not.
        """
        along, across = (
            (corners[at] - corners[0]) / np.linalg.norm(corners[at] - corners[0]) for at in (1, 3)
        )
        outwards = np.stack([-along - across, along - across, along + across, across - along])
        shape = self.small.shape[:2]
        x, y = (cv2.Sobel(self.small, cv2.CV_32F, *way, scale=1 / 8) for way in ((1, 0), (0, 1)))
        steep = _largest(cv2.magnitude(x, y))
        strip = max(3, round(BORDER * min(shape)))
        border = np.ones(shape, np.bool_)
        border[strip:-strip, strip:-strip] = False
        outline = np.zeros(shape, np.uint8)
        around = np.rint(corners + AROUND * outwards).astype(np.int32)
        cv2.polylines(outline, [around], isClosed=True, color=1)
        least = max(EDGE, STEEPER * float(np.quantile(steep[border], 0.99)))
        return int((steep[(outline > 0) & ~border] > least).sum()) >= CROSSINGS


def find_foreground(pixels: NDArray[np.uint8]) -> Foreground | None:
    """Return the foreground of an (H, W, 3) uint8 RGB image, or None where `foreground_mask` is None."""
    height, width = pixels.shape[:2]
    scale = min(1.0, WORKING_SIDE / max(height, width))
    size = (max(round(width * scale), 8), max(round(height * scale), 8))
    blurred = cv2.GaussianBlur(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), (5, 5), 0)
    small: Array = np.asarray(blurred, dtype=np.float32)
    found = _background(small)
    if found is None:
        return None
    background, least_difference = found
    difference = _largest(small - background)
    levels = difference.clip(0, 255).astype(np.uint8)
    # Otsu's threshold separates an object from its shadow. It is capped, since a part may be pale.
    otsu, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    clear = difference > max(least_difference, min(0.9 * otsu, MAX_SHADOW))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    pale = (difference > least_difference) & ~clear
    pale[pale] = ~_is_shadow(small[pale], background[pale])
    mask = _with_pale_pieces(clear, pale, kernel)
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, kernel)
    solid = cv2.morphologyEx(closed, cv2.MORPH_OPEN, kernel)
    contours, _ = cv2.findContours(solid, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    least = 0.003 * solid.size
    large = [contour for contour in contours if cv2.contourArea(contour) >= least]
    filled = np.zeros_like(solid)
    cv2.drawContours(filled, large, -1, 1, cv2.FILLED)
    # An object is a few compact pieces; a texture leaves many specks, or nothing.
    if not 0.005 <= float(filled.mean()) <= 0.9 or float(closed[filled == 0].mean()) > 0.05:
        return None
    objects = np.asarray(filled > 0, dtype=np.bool_)
    return Foreground(objects, objects | (solid > 0), small)


def _is_shadow(small: Array, background: Array) -> NDArray[np.bool_]:
    """Return which of (n, 3) pixels are the background, darker: all channels by about the same share."""
    shares = small / np.maximum(background, 1.0)
    most, least = shares.max(axis=-1), shares.min(axis=-1)
    return np.asarray((most < 1) & (least > LEAST_SHADED) & (most - least < TINT), np.bool_)


def _with_pale_pieces(
    clear: NDArray[np.bool_], pale: NDArray[np.bool_], kernel: NDArray[Any]
) -> NDArray[np.uint8]:
    """Return what stands out clearly, with what is joined to it and stands out less, where that is more than
    its blurred outline.

    A knife's blade may be brighter than the belt by far, and its handle by little. clear, pale: (h, w).
    """
    grown = cv2.morphologyEx((clear | pale).astype(np.uint8), cv2.MORPH_OPEN, kernel)
    count, labels = cv2.connectedComponents(grown, connectivity=8)
    held = np.zeros(count, np.bool_)
    held[labels[clear]] = True
    held[0] = False  # what is no piece
    joined = held[labels]
    return (clear | joined if joined.sum() > PALE * clear.sum() else clear).astype(np.uint8)


@lru_cache(maxsize=8)
def _basis(width: int, height: int) -> tuple[NDArray[np.bool_], Array]:
    """Return the (h, w) bool border strip, thinned, and 1, x, y, x^2, xy, y^2, (h, w, 6); x, y in [0, 1]."""
    strip = max(2, round(BORDER * min(width, height)))
    border = np.ones((height, width), np.bool_)
    border[strip:-strip, strip:-strip] = False
    positions = np.flatnonzero(border)
    border.flat[np.delete(positions, np.s_[::EVERY])] = False
    x = np.tile(np.arange(width, dtype=np.float32) / width, (height, 1))
    y = np.tile(np.arange(height, dtype=np.float32)[:, None] / height, (1, width))
    return border, np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)


def _background(small: Array) -> tuple[Array, float] | None:
    """Return the (h, w, 3) background and the least difference of a foreground pixel, in grey levels.

    small: (h, w, 3) float32 grey levels. None without a plain background.
    """
    border, basis = _basis(small.shape[1], small.shape[0])
    a, b = basis[border], small[border]
    flat = _fit(a[:, :3], b, 2 * TOLERANCE, TOLERANCE)
    bent = _fit(a, b, 3 * TOLERANCE, TOLERANCE)
    if bent is not None and (flat is None or bent[1] < CURVED * flat[1]):
        flat = bent
    if flat is not None:
        return _evaluate(basis, flat[0]), max(TOLERANCE, 4 * flat[1])
    shade = max(SHADE * float(np.median(b)), TOLERANCE)
    shaded = _fit(a[:, :3], b, shade, shade, most_noise=shade)
    if shaded is None:
        return None
    grain = _largest(b - cv2.GaussianBlur(small, (0, 0), 4)[border])
    if 1.48 * float(np.median(grain)) > MAX_GRAIN:
        return None
    return _evaluate(basis, shaded[0]), shade


def _evaluate(basis: Array, coefficients: Array) -> Array:
    """Return the (h, w, 3) values of the fit; coefficients: (k, 3) of the first k functions of the basis."""
    return np.asarray(basis[..., : len(coefficients)] @ coefficients, dtype=np.float32)


def _fit(
    a: Array, b: Array, first: float, tolerance: float, most_noise: float = MAX_NOISE
) -> tuple[Array, float] | None:
    """Fit a basis, (n, k), to border pixels, (n, 3); return (k, 3) coefficients and noise in grey levels.

    first: largest difference from the border's median of a pixel that the first fit uses; tolerance: largest
    residual of the pixels that later fits use. None where the border is not background.
    """
    keep = _largest(b - np.median(b, axis=0)) <= first
    for _ in range(4):  # refit without the border pixels that the object covers
        if keep.mean() < PLAIN:
            return None
        coefficients = np.linalg.lstsq(a[keep], b[keep], rcond=None)[0]
        residual = _largest(b - a @ coefficients)
        before, keep = keep, residual <= tolerance
        if np.array_equal(before, keep):
            break
    noise = 1.48 * float(np.median(residual))
    if keep.mean() < PLAIN or noise > most_noise:
        return None
    return coefficients, noise


def _largest(differences: NDArray[Any]) -> Array:
    """Return the (...) largest absolute value over the last axis of three, faster than NumPy's `max` does."""
    red, green, blue = np.moveaxis(np.abs(differences), -1, 0)
    return np.asarray(np.maximum(np.maximum(red, green), blue), dtype=np.float32)
