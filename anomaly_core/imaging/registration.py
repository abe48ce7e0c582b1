"""Registration of one image of a product to another: by their frames, then by phase correlation.

Frames (frame.py) normalise a part's pose up to a flip; phase correlation (Kuglin and Hines, 1975) finds the
remaining shift of a few pixels.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from anomaly_core.imaging.frame import Frame

WORKING_SIDE: Final = 256
"""Longer side in pixels of the copies that are registered."""
LEAST_AGREEMENT: Final = 0.6
"""Least correlation of two images that are compared pixel by pixel."""
SHADING: Final = 16.0
"""Standard deviation in working pixels of the blur whose result, the shading, is subtracted: two surfaces
under one lamp are shaded alike without being aligned."""
MOST_SCALED: Final = 0.03
"""Largest difference of scale that is removed, as a share."""
STRONG: Final = 8.0
"""Grey levels a working pixel from which all edges count alike."""
_GREATEST_SHIFT: Final = 0.1
"""Largest accepted shift, as a share of the side."""

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Aligned:
    """Another image, registered to this one.

    pixels: (H, W, 3) uint8 of the other on this image's grid. shown: (H, W) bool, where it has pixels.
    agreement: correlation of the two in [-1, 1], over the frame. shift: (dx, dy) of this image against the
        other in pixels of this image, beyond the difference of their frames.
    warp: (2, 3), pixels of this image -> of the other, both with their centres at integers.
    """

    pixels: Pixels
    shown: NDArray[np.bool_]
    agreement: float
    shift: tuple[float, float]
    warp: NDArray[np.float64]

    @property
    def matches(self) -> bool:
        """Whether the two can be compared pixel by pixel."""
        return self.agreement >= LEAST_AGREEMENT


def align(pixels: Pixels, frame: Frame, other: Pixels, other_frame: Frame) -> Aligned:
    """Register `other` to `pixels`, both (H, W, 3) uint8 RGB of any size, each with its own frame."""
    height, width = frame.original_size
    working = _working_size(frame)
    view, other_view = _view(frame, pixels, working), _view(other_frame, other, working)
    best: tuple[float, NDArray[np.float64]] | None = None
    signs = _FLIPS if frame.aligned and other_frame.aligned else _FLIPS[:1]
    for flip in signs:
        for matrix in _candidates(view, other_view, flip):
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            moved = _floats(
                cv2.warpAffine(other_view, matrix[:2], working, flags=flags, borderMode=cv2.BORDER_REPLICATE)
            )
            agreement = _correlation(view, moved)
            if best is None or agreement > best[0] + 1e-6:
                best = agreement, matrix
    if best is None:
        raise RuntimeError("no flip was tried")
    agreement, on_view = best
    # This original -> this input -> working grid -> the other's working grid -> its input -> its original.
    to_view = np.diag([working[0] / frame.input_size[1], working[1] / frame.input_size[0], 1.0])
    to_other = np.diag([other_frame.input_size[1] / working[0], other_frame.input_size[0] / working[1], 1.0])
    total = _square(other_frame.matrix) @ to_other @ on_view @ to_view @ np.linalg.inv(_square(frame.matrix))
    # Frames place a pixel's centre at half-integers, OpenCV at integers.
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    warp = (np.linalg.inv(half) @ total @ half)[:2]
    laid = _warped(other, warp, (width, height))
    ones = np.full(other.shape[:2], 255, np.uint8)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    shown = cv2.warpAffine(ones, warp, (width, height), flags=flags, borderMode=cv2.BORDER_CONSTANT)
    per_view = frame.matrix[:, :2] @ np.linalg.inv(to_view[:2, :2])
    dx, dy = -per_view @ on_view[:2, :2].T @ _residual(on_view, working)
    return Aligned(
        laid, np.asarray(shown > 127), agreement, (float(dx), float(dy)), np.asarray(warp, np.float64)
    )


def refined(laid: Aligned, reference: Pixels, other: Pixels) -> Aligned:
    """Return an image that was laid on another one moved and scaled by little, so that it lies better.

    By ECC maximisation (Evangelidis and Psarakis, 2008) of their edges: a rim that is bright on one side and
    dark on the other, as the part lies to the lamp, has its edge where it has. laid: of
    `align(reference, ..., other, ...)`.
    """
    side = max(reference.shape[:2])
    own, view = _edges(_small(laid.pixels, side)), _edges(_small(reference, side))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    height, width = view.shape
    best, found = _correlation(view, own), None
    for matrix in _refinements(view, own):
        moved = cv2.warpAffine(own, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        agreement = _correlation(view, _floats(moved))
        if agreement > best:
            best, found = agreement, matrix
    if found is None:
        return laid
    # OpenCV places a pixel's centre at integers, and half a working pixel is not half an original one.
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    to_view = np.diag([width / reference.shape[1], height / reference.shape[0], 1.0])
    step = np.linalg.inv(to_view) @ half @ _square(found) @ np.linalg.inv(half) @ to_view
    warp = (_square(laid.warp) @ np.linalg.inv(half) @ step @ half)[:2]
    size = laid.shown.shape[1], laid.shown.shape[0]
    ones = np.full(other.shape[:2], 255, np.uint8)
    shown = cv2.warpAffine(ones, warp, size, flags=flags, borderMode=cv2.BORDER_CONSTANT)
    return replace(laid, pixels=_warped(other, warp, size), shown=np.asarray(shown > 127), warp=warp)


def _edges(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how strong the edges of (h, w) grey levels are, in grey levels a pixel, up to `STRONG`."""
    soft = cv2.GaussianBlur(grey, (0, 0), 1.0)
    slopes = (cv2.Sobel(soft, cv2.CV_32F, dx, dy, scale=1 / 8) for dx, dy in ((1, 0), (0, 1)))
    return _floats(cv2.GaussianBlur(np.minimum(cv2.magnitude(*slopes), STRONG), (0, 0), 1.0))


def _refinements(view: NDArray[np.float32], own: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Return (2, 3) matrices, pixels of a view -> of an image that lies nearly on it: turned, and scaled too.

    A part nearer to the camera is larger as a whole; one that is stretched is another part.
    """
    found: list[NDArray[np.float32]] = []
    # Raised where it does not converge.
    with suppress(cv2.error):
        start = np.eye(2, 3, dtype=np.float32)
        _, turned = cv2.findTransformECC(view, own, start, cv2.MOTION_EUCLIDEAN, _FINELY)
        found.append(_floats(turned))
        _, affine = cv2.findTransformECC(view, own, turned.copy(), cv2.MOTION_AFFINE, _FINELY)
        scale = float(np.sqrt(max(np.linalg.det(affine[:, :2]), 0.0)))
        scale = min(max(scale, 1 - MOST_SCALED), 1 + MOST_SCALED)
        middle = np.array([view.shape[1] - 1, view.shape[0] - 1]) / 2
        scaled = _floats(np.column_stack([scale * np.eye(2), (1 - scale) * middle]))
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        near = cv2.warpAffine(own, scaled, own.shape[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE)
        _, again = cv2.findTransformECC(view, near, turned.copy(), cv2.MOTION_EUCLIDEAN, _FINELY)
        found.append(_floats((_square(scaled) @ _square(again))[:2]))
    return found


def _warped(other: Pixels, warp: NDArray[np.float64], size: tuple[int, int]) -> Pixels:
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    laid = cv2.warpAffine(other, warp, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(laid, dtype=np.uint8)


def laid_on(pixels: Pixels, frame: Frame, other: Pixels, other_frame: Frame) -> Pixels | None:
    """Return `other` turned and shifted, never stretched or mirrored, so that it lies as `pixels` does.

    Unlike `align` it takes no size from the frames: a part that lacks a piece is compared at its own scale.
    ECC maximisation (Evangelidis and Psarakis, 2008) starts from the images as they are and, where both are
    aligned, from their axes. pixels, other: (H, W, 3) and (h, w, 3) uint8 RGB. Returns (H, W, 3) uint8, in
    the usual colour of the other's border where that has no pixels; None where the two do not match.
    """
    sides = max(pixels.shape[:2]), max(other.shape[:2])
    view, other_view = (_small(one, side) for one, side in zip((pixels, other), sides, strict=True))
    size = view.shape[1], view.shape[0]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    best, on_view = LEAST_AGREEMENT, None
    for start in _starts(frame, other_frame, sides):
        tried = [start]
        # Raised where it does not converge.
        with suppress(cv2.error):
            _, found = cv2.findTransformECC(view, other_view, start.copy(), cv2.MOTION_EUCLIDEAN, _UNTIL)
            tried.append(_floats(found))
        for matrix in tried:
            moved = cv2.warpAffine(other_view, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
            agreement = _correlation(view, _floats(moved))
            if agreement > best:
                best, on_view = agreement, matrix
    if on_view is None:
        return None
    # OpenCV places a pixel's centre at integers, and half a working pixel is not half an original one.
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    here, there = (np.diag([WORKING_SIDE / side, WORKING_SIDE / side, 1.0]) for side in sides)
    total = np.linalg.inv(there) @ half @ _square(on_view) @ np.linalg.inv(half) @ here
    warp = (np.linalg.inv(half) @ total @ half)[:2]
    border = np.concatenate([other[0], other[-1], other[:, 0], other[:, -1]])
    beyond = [float(value) for value in np.median(border, axis=0)]
    whole = pixels.shape[1], pixels.shape[0]
    laid = cv2.warpAffine(other, warp, whole, flags=flags, borderMode=cv2.BORDER_CONSTANT, borderValue=beyond)
    return np.asarray(laid, dtype=np.uint8)


_UNTIL: Final = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 80, 1e-4)
"""Steps of ECC maximisation at most, and the gain in correlation at which it ends."""
_FINELY: Final = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 300, 1e-6)
"""The same where an image lies nearly on another one already."""


def _starts(frame: Frame, other_frame: Frame, sides: tuple[int, int]) -> list[NDArray[np.float32]]:
    """Return (2, 3) matrices, working pixels of one image -> of the other. sides: longer ones, in pixels."""
    starts = [np.eye(2, 3, dtype=np.float32)]
    if frame.aligned and other_frame.aligned:
        (angle, centre), (other_angle, other_centre) = (
            _pose(one, WORKING_SIDE / side) for one, side in zip((frame, other_frame), sides, strict=True)
        )
        for turn in (0.0, np.pi):
            by = other_angle - angle + turn
            rotation = np.array([[np.cos(by), -np.sin(by)], [np.sin(by), np.cos(by)]])
            shift = other_centre - rotation @ centre
            starts.append(_floats(np.column_stack([rotation, shift])))
    return starts


def _pose(frame: Frame, scale: float) -> tuple[float, NDArray[np.float64]]:
    """Return the angle of an aligned part's axis in radians, and its centre (x, y) in scaled pixels."""
    height, width = frame.input_size
    centre = frame.matrix @ np.array([width / 2, height / 2, 1.0])
    return float(np.arctan2(frame.matrix[1, 0], frame.matrix[0, 0])), centre * scale


def _small(pixels: Pixels, side: int) -> NDArray[np.float32]:
    """Return the grey levels at the working size. side: the longer one of the image."""
    height, width = (max(round(each * WORKING_SIDE / side), 8) for each in pixels.shape[:2])
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return _floats(cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA))


_FLIPS: Final = ((1, 1), (-1, -1), (1, -1), (-1, 1))
"""Signs of x and y: unchanged, rotated by 180 degrees, and the two mirror images."""


def _candidates(
    view: NDArray[np.float32], other: NDArray[np.float32], flip: tuple[int, int]
) -> list[NDArray[np.float64]]:
    """Return 3x3 matrices view -> other view: the flip alone, and with the shift of phase correlation."""
    height, width = view.shape
    sx, sy = flip
    flipped_back = np.array(
        [[sx, 0, 0 if sx > 0 else width - 1], [0, sy, 0 if sy > 0 else height - 1], [0, 0, 1.0]]
    )
    flipped = other[::sy, ::sx].copy()
    window = cv2.createHanningWindow((width, height), cv2.CV_32F)
    # OpenCV 5 multiplies the window into its inputs where their size suits the transform: copies.
    (dx, dy), _ = cv2.phaseCorrelate(view.copy(), flipped, window)
    if not max(abs(dx) / width, abs(dy) / height) <= _GREATEST_SHIFT:
        return [flipped_back]
    return [flipped_back, flipped_back @ np.array([[1, 0, dx], [0, 1, dy], [0, 0, 1.0]])]


def _residual(on_view: NDArray[np.float64], working: tuple[int, int]) -> NDArray[np.float64]:
    """Return the shift of a view -> other-view matrix, without its flip."""
    width, height = working
    base = np.array([0 if on_view[0, 0] > 0 else width - 1, 0 if on_view[1, 1] > 0 else height - 1])
    return np.asarray(on_view[:2, 2] - base, dtype=np.float64)


def _working_size(frame: Frame) -> tuple[int, int]:
    height, width = frame.input_size
    scale = min(1.0, WORKING_SIDE / max(height, width))
    return max(round(width * scale), 8), max(round(height * scale), 8)


def _view(frame: Frame, pixels: Pixels, working: tuple[int, int]) -> NDArray[np.float32]:
    grey = _floats(cv2.cvtColor(frame.render(pixels), cv2.COLOR_RGB2GRAY))
    return _floats(cv2.resize(grey, working, interpolation=cv2.INTER_AREA))


def _floats(values: Any) -> NDArray[np.float32]:
    return np.asarray(values, dtype=np.float32)


def _correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Return the correlation without shading; 1 for two flat images, 0 where only one is flat."""
    a, b = (values - cv2.GaussianBlur(values, (0, 0), SHADING) for values in (one, other))
    norms = float(np.sqrt((a**2).sum() * (b**2).sum()))
    if norms < 1e-6:
        return 1.0 if float(np.abs(a).max()) < 1e-3 and float(np.abs(b).max()) < 1e-3 else 0.0
    return float((a * b).sum() / norms)


def _square(matrix: NDArray[Any]) -> NDArray[np.float64]:
    return np.vstack([matrix, [0.0, 0.0, 1.0]])
