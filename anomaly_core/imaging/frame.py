"""The frame of an encoder input: the affine map between input and original image.

The input is the whole image at its own aspect ratio, or an aligned part, rotated and cropped. A map on the
input returns to the original through the same frame.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from anomaly_core.imaging.foreground import Foreground, find_foreground
from anomaly_core.results import Array

LEAST_ELONGATION: Final = 1.5
"""Least ratio of a part's standard deviations along and across its axis, for alignment."""
LEAST_SHARE: Final = 0.9
"""Least share of the foreground that the part must have, for alignment."""
WHOLE_SHARE: Final = 0.5
"""Pixels of a whole image's input over those of an aligned part's."""
LEAST_PIECE: Final = 0.0003
"""Least area of a piece beside the part, as a share of the image; smaller ones are dirt."""
MARGIN: Final = 0.08
"""Background around an aligned part, as a share of its length; twice that across."""

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Frame:
    """An affine view of an original image.

    matrix: (2, 3) float64; maps input coordinates (x, y, 1) to original coordinates, both in pixels with
        pixel centres at half-integers.
    input_size: (height, width) of the encoder input. original_size: (height, width).
    aligned: whether the input is one part, rotated to its main axis and cropped.
    unseen: (h, w) bool on any grid over the original, true on pieces beside an aligned part that lie outside
        the input; None for none.
    goes_on: whether something crosses the border of an aligned part's input: the part may go on beyond it,
        and stand out too little from the background there.
    """

    matrix: Matrix
    input_size: tuple[int, int]
    original_size: tuple[int, int]
    aligned: bool = False
    unseen: NDArray[np.bool_] | None = None
    goes_on: bool = False

    def render(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the (h, w, 3) uint8 input; where it shrinks, pixels are area-averaged.

        Beyond the original it is mirrored: a row that is repeated looks like no surface.
        """
        height, width = self.original_size
        scale = self.scale
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
            borderMode=cv2.BORDER_REFLECT,
        )
        return np.asarray(warped, dtype=np.uint8)

    def to_original(self, values: Array) -> Array:
        """Return an (h', w') map over the input, of any resolution, on the (H, W) original, bilinearly.

        Original pixels outside the input are 0.
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

    def inside(self, rows: int, columns: int) -> NDArray[np.bool_]:
        """Return which cells of a (rows, columns) grid over the input have their centre on the original.

        An aligned part at the image's border has an input that reaches beyond it.
        """
        (h, w), (height, width) = self.input_size, self.original_size
        y, x = (np.mgrid[0:rows, 0:columns] + 0.5) * np.array([h / rows, w / columns])[:, None, None]
        at_x, at_y = (a * x + b * y + c for a, b, c in self.matrix.tolist())
        return np.asarray((at_x >= 0) & (at_x < width) & (at_y >= 0) & (at_y < height), dtype=np.bool_)

    def shown(self) -> NDArray[np.bool_]:
        """Return which pixels of the (H, W) original lie on the input: all, but for an aligned part."""
        if not self.aligned:
            return np.ones(self.original_size, np.bool_)
        area = np.zeros(self.original_size, np.uint8)
        cv2.fillConvexPoly(area, np.rint(_corners(self)).astype(np.int32), 1)
        return area > 0

    @property
    def scale(self) -> float:
        """Length of an input pixel, in original pixels."""
        return math.sqrt(abs(float(np.linalg.det(self.matrix[:, :2]))))

    @property
    def direction(self) -> NDArray[np.float64]:
        """The (2,) unit vector on the original along which the input's x runs."""
        along: NDArray[np.float64] = self.matrix[:, 0] / np.linalg.norm(self.matrix[:, 0])
        return along

    def shows_the_same(self, other: Frame) -> bool:
        """Return whether another frame shows the same of an image on an input of the same size."""
        return self.input_size == other.input_size and np.allclose(
            self.matrix, other.matrix, rtol=1e-9, atol=1e-6
        )

    def turned(self) -> Frame:
        """Return the frame of the same area, turned by half a circle."""
        h, w = self.input_size
        half_turn = np.array([[-1.0, 0.0, w], [0.0, -1.0, h], [0.0, 0.0, 1.0]])
        return replace(self, matrix=self.matrix @ half_turn)

    def sampling(self) -> NDArray[np.float32]:
        """Return the (2, 3) matrix for `torch.nn.functional.affine_grid` to sample a map on the original.

        It maps the original's coordinates to the input's, both from -1 to 1.
        """
        (h, w), (height, width) = self.input_size, self.original_size
        unit_to_pixel = np.array([[width / 2, 0, width / 2], [0, height / 2, height / 2], [0, 0, 1]])
        pixel_to_unit = np.array([[2 / w, 0, -1], [0, 2 / h, -1], [0, 0, 1]])
        inverse = np.linalg.inv(np.vstack([self.matrix, [0, 0, 1]]))
        return np.asarray((pixel_to_unit @ inverse @ unit_to_pixel)[:2], dtype=np.float32)

    def _is_whole(self) -> bool:
        (h, w), (height, width) = self.input_size, self.original_size
        return np.allclose(self.matrix, [[width / w, 0, 0], [0, height / h, 0]])


def whole_frame(original_size: tuple[int, int], side: int, stride: int) -> Frame:
    """Return the frame of the whole image at its own aspect ratio, about side x side pixels in area.

    original_size: (height, width). Both sides of the input are multiples of `stride`, at least two. A small
    image is enlarged: all images have about the same number of patches, so that image scores compare.
    """
    height, width = original_size
    ratio = math.sqrt(height / width)
    h = max(2, round(side * ratio / stride)) * stride
    w = max(2, round(side / ratio / stride)) * stride
    # The least width of a very long image would exceed the area: its long side is capped.
    longest = 4 * side // stride * stride
    h, w = min(h, longest), min(w, longest)
    matrix = np.array([[width / w, 0.0, 0.0], [0.0, height / h, 0.0]])
    return Frame(matrix, (h, w), (height, width))


def frame_of(pixels: NDArray[np.uint8], side: int, stride: int) -> Frame:
    """Return the frame of an (H, W, 3) image: of one elongated part on a plain background, else the whole.

    The part is aligned: its main axis lies along x, its heavier end to the left.
    """
    foreground = find_foreground(pixels)
    size = (pixels.shape[0], pixels.shape[1])
    aligned = None if foreground is None else _aligned_frame(foreground, size, side, stride)
    return aligned or whole_frame_of(pixels, side, stride)


def whole_frame_of(pixels: NDArray[np.uint8], side: int, stride: int) -> Frame:
    """Return the frame of the whole image; see `frame_of`."""
    return whole_frame((pixels.shape[0], pixels.shape[1]), round(side * WHOLE_SHARE**0.5), stride)


def _aligned_frame(
    foreground: Foreground, original_size: tuple[int, int], side: int, stride: int
) -> Frame | None:
    """Return the frame of the foreground's only large part, or None where its pose is ambiguous."""
    height, width = original_size
    mask = foreground.objects
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    if count < 2:
        return None
    areas = stats[1:, cv2.CC_STAT_AREA]
    largest = 1 + int(np.argmax(areas))
    if areas.max() < LEAST_SHARE * areas.sum():
        return None
    rows, columns = np.nonzero(labels == largest)
    pixel = np.array([width / mask.shape[1], height / mask.shape[0]])
    points = (np.stack([columns, rows], axis=1) + 0.5) * pixel
    centre = points.mean(axis=0)
    variances, axes = np.linalg.eigh(np.cov((points - centre).T))
    if variances[1] < LEAST_ELONGATION**2 * max(float(variances[0]), 1e-9):
        return None
    along = axes[:, 1]
    offsets = (points - centre) @ along
    if float((offsets**3).mean()) < 0:
        along, offsets = -along, -offsets
    across = np.array([-along[1], along[0]])
    sideways = (points - centre) @ across
    length = (1 + MARGIN) * float(np.ptp(offsets))
    breadth = (1 + 2 * MARGIN) * float(np.ptp(sideways))
    middle = centre + along * _midrange(offsets) + across * _midrange(sideways)
    h, w = whole_frame((max(round(breadth), 1), max(round(length), 1)), side, stride).input_size
    linear = np.stack([along * length / w, across * breadth / h], axis=1)
    origin = middle - linear @ np.array([w / 2, h / 2])
    matrix = np.column_stack([linear, origin])
    frame = Frame(matrix, (h, w), original_size, True)
    crossed = foreground.crossed(_corners(frame) / pixel)
    return replace(frame, unseen=unseen_pieces(foreground.pieces, frame), goes_on=crossed)


def unseen_pieces(pieces: NDArray[np.bool_], frame: Frame) -> NDArray[np.bool_] | None:
    """Return the pieces wholly outside a frame's input, specks left out, or None for none.

    pieces: (h, w) bool on any grid over the original, see `Foreground`.
    """
    height, width = frame.original_size
    pixel = np.array([width / pieces.shape[1], height / pieces.shape[0]])
    corners = _corners(frame) / pixel
    inside_input = np.zeros(pieces.shape, dtype=np.uint8)
    cv2.fillConvexPoly(inside_input, np.rint(corners).astype(np.int32), 1)
    shown = inside_input > 0
    count, labels, stats, _ = cv2.connectedComponentsWithStats(pieces.astype(np.uint8), connectivity=8)
    inside = set(np.unique(labels[shown]).tolist())
    least = LEAST_PIECE * pieces.size
    kept = [i for i in range(1, count) if i not in inside and stats[i, cv2.CC_STAT_AREA] >= least]
    return np.isin(labels, kept) if kept else None


def _corners(frame: Frame) -> NDArray[np.float64]:
    """Return the (4, 2) corners of a frame's input on the original, x and y in pixels."""
    h, w = frame.input_size
    return np.asarray(np.array([[0, 0, 1], [w, 0, 1], [w, h, 1], [0, h, 1]]) @ frame.matrix.T)


def _midrange(values: NDArray[np.float64]) -> float:
    return float(values.max() + values.min()) / 2


def _to_corner_convention(matrix: Matrix) -> Matrix:
    """Convert half-integer pixel centres to OpenCV's convention, where a pixel's centre is its index."""
    shifted = matrix.copy()
    shifted[:, 2] += matrix[:, :2] @ np.array([0.5, 0.5]) - 0.5
    return shifted
