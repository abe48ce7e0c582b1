"""The frame of an encoder input: how its pixels lie on the original image, and back.

Every input is an affine view of the original. The whole image at its own aspect ratio is the plain
case; an aligned part is rotated and cropped. A map computed on the input is always brought back
through the same frame, so no pixel is guessed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from anomaly_core.results import Array

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Frame:
    """An affine view of an original image.

    matrix: (2, 3) float64; takes input coordinates (x, y, 1) to original coordinates, both in
        pixels with pixel centres at half-integers.
    input_size: (height, width) of the encoder input. original_size: (height, width).
    """

    matrix: Matrix
    input_size: tuple[int, int]
    original_size: tuple[int, int]

    def render(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the (h, w, 3) uint8 input seen through this frame.

        Shrinking is area-averaged first, so that no fine defect is skipped between samples.
        """
        height, width = self.original_size
        scale = self._scale()
        if self._is_whole():
            h, w = self.input_size
            method = cv2.INTER_AREA if scale > 1 else cv2.INTER_CUBIC
            return np.asarray(cv2.resize(pixels, (w, h), interpolation=method), dtype=np.uint8)
        source, matrix = pixels, self.matrix
        if scale > 1:
            small = (max(1, round(width / scale)), max(1, round(height / scale)))
            source = np.asarray(cv2.resize(pixels, small, interpolation=cv2.INTER_AREA), dtype=np.uint8)
            matrix = np.diag([small[0] / width, small[1] / height]) @ matrix
        h, w = self.input_size
        warped = cv2.warpAffine(
            source,
            _to_corner_convention(matrix),
            (w, h),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return np.asarray(warped, dtype=np.uint8)

    def to_original(self, values: Array) -> Array:
        """Bring an (h', w') map of any resolution over the input back to the (H, W) original, bilinearly.

        Original pixels that the input did not show are 0.
        """
        height, width = self.original_size
        rows, columns = values.shape
        if self._is_whole():
            resized = cv2.resize(values, (width, height), interpolation=cv2.INTER_LINEAR)
            return np.asarray(resized, dtype=np.float32)
        h, w = self.input_size
        to_map = np.diag([columns / w, rows / h, 1.0]) @ np.linalg.inv(np.vstack([self.matrix, [0, 0, 1]]))
        warped = cv2.warpAffine(
            values,
            _to_corner_convention(to_map[:2]),
            (width, height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=0.0,
        )
        return np.asarray(warped, dtype=np.float32)

    def _scale(self) -> float:
        """Original pixels an input pixel."""
        return math.sqrt(abs(float(np.linalg.det(self.matrix[:, :2]))))

    def _is_whole(self) -> bool:
        (h, w), (height, width) = self.input_size, self.original_size
        return np.allclose(self.matrix, [[width / w, 0, 0], [0, height / h, 0]])


def whole_frame(original_size: tuple[int, int], side: int, stride: int) -> Frame:
    """Return the frame of the whole image at its own aspect ratio and about side x side pixels of area.

    original_size: (height, width). Both sides of the input are multiples of `stride` and at least
    two strides, so the aspect ratio is kept to within one stride; the inverse is exact all the same.
    """
    height, width = original_size
    ratio = math.sqrt(height / width)
    h = max(2, round(side * ratio / stride)) * stride
    w = max(2, round(side / ratio / stride)) * stride
    # A very long image would cost more than the area asked for: its long side is cut back.
    longest = 4 * side // stride * stride
    h, w = min(h, longest), min(w, longest)
    matrix = np.array([[width / w, 0.0, 0.0], [0.0, height / h, 0.0]])
    return Frame(matrix, (h, w), (height, width))


def _to_corner_convention(matrix: Matrix) -> Matrix:
    """Half-integer pixel centres -> OpenCV's convention, where a pixel's centre is its index."""
    shifted = matrix.copy()
    shifted[:, 2] += matrix[:, :2] @ np.array([0.5, 0.5]) - 0.5
    return shifted
