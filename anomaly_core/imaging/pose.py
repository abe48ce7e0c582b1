"""The pose of a product's aligned parts: one size of the encoder input for all, and which way round they lie.

A part's outline varies by a pixel or so, and by that the size of its own input, rounded to the encoder's
stride, by a patch: its details would lie otherwise on the patches than those of another good part. And of a
part whose ends weigh about the same, chance would say which end lies left.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from anomaly_core.imaging.frame import Frame
from anomaly_core.results import Array

SHRINK: Final = 8
"""Side of a small picture's pixel, in pixels of the encoder input."""
ALIKE_DEGREES: Final = 20.0
"""Greatest angle of a good image's part to the mean, for all to lie alike."""
LEAST_FOR_AXIS: Final = 3
"""Least good images for that: fewer lie alike by chance."""
OVERTURNED: Final = 0.5
"""Ratio of the distances to the good parts' picture, turned and not, below which a part lies the other way
than all of them. Set by hand: an end that is missing gives .8, a part that lies the other way .1 and less."""
RESHAPED: Final = 0.15
"""Natural logarithm of the ratio of aspects from which an outline has another shape than the good parts'.
Rounding takes .05 of it; outlines of good bottles, which are partly transparent, differ by .14."""


@dataclass(frozen=True, eq=False)
class Pose:
    """How a product's good parts lie in the encoder input.

    input_size: (height, width) of it. picture: (h, w) float32, the sum of their small pictures; 0 for none.
    axis: (x, y) direction on the image in which all lie, such as upright bottles, or None.
    """

    input_size: tuple[int, int]
    picture: Array
    axis: tuple[float, float] | None = None

    @classmethod
    def of(cls, frames: Sequence[Frame]) -> Pose:
        """Return the pose of one or more aligned frames, without a picture: the size of the median aspect."""
        sizes = sorted((frame.input_size for frame in frames), key=lambda size: size[1] / size[0])
        height, width = sizes[len(sizes) // 2]
        return cls((height, width), np.zeros((height // SHRINK, width // SHRINK), np.float32))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], picture: Array) -> Pose:
        """Return the pose of `to_dict`'s result and its picture. Raises KeyError, TypeError, ValueError."""
        (height, width), axis = values["input_size"], values["axis"]
        return cls((int(height), int(width)), picture, None if axis is None else (axis[0], axis[1]))

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON values to store beside the picture."""
        return {"input_size": list(self.input_size), "axis": None if self.axis is None else list(self.axis)}

    def with_part(self, picture: Array) -> Pose:
        """Return the pose with one more good part's small picture."""
        return replace(self, picture=self.picture + _resized(picture, self.picture))

    def laid(self, frame: Frame) -> Frame:
        """Return an aligned frame at the pose's input size; as it is where the outline has another shape."""
        if not self.fits(frame):
            return frame
        (height, width), (h, w) = self.input_size, frame.input_size
        matrix = frame.matrix @ np.diag([w / width, h / height, 1.0])
        return replace(frame, matrix=matrix, input_size=self.input_size)

    def fits(self, frame: Frame) -> bool:
        """Return whether a frame is aligned, and its outline has the shape of the good parts'."""
        (height, width), (h, w) = self.input_size, frame.input_size
        along, across = (float(length) for length in np.linalg.norm(frame.matrix[:, :2], axis=0))
        return frame.aligned and abs(math.log((along * w * height) / (across * h * width))) <= RESHAPED

    def with_axis(self, frames: Sequence[Frame]) -> Pose:
        """Return the pose with the direction of the good parts' frames, where all lie alike."""
        if len(frames) < LEAST_FOR_AXIS or not all(frame.aligned for frame in frames):
            return self
        directions = np.stack([frame.direction for frame in frames])
        mean = directions.mean(axis=0)
        mean /= max(float(np.linalg.norm(mean)), 1e-9)
        if float((directions @ mean).min()) < math.cos(math.radians(ALIKE_DEGREES)):
            return self
        return replace(self, axis=(float(mean[0]), float(mean[1])))

    def framed(self, own: Frame, pixels: NDArray[np.uint8]) -> tuple[Frame, NDArray[np.uint8]]:
        """Return an image's frame as the good parts', and its input; `own` where it isn't aligned."""
        laid = self.laid(own)
        rendered = laid.render(pixels)
        if not laid.aligned or not self.is_turned(laid, small_picture(rendered)):
            return laid, rendered
        turned = laid.turned()
        return turned, turned.render(pixels)

    def is_turned(self, frame: Frame, picture: Array) -> bool:
        """Return whether an image lies in an aligned frame turned by half a circle against the good parts.

        picture: its small picture. A defect may make the lighter end the heavier one: where all good parts
        lie alike, it is taken to lie as they do unless its picture clearly says otherwise.
        """
        total = float(np.linalg.norm(self.picture))
        if not total:
            return False
        one = _resized(picture, self.picture)
        scale = max(float(np.linalg.norm(one)) * total, 1e-6)
        as_is = 1 - float((one * self.picture).sum()) / scale
        turned = 1 - float((one[::-1, ::-1] * self.picture).sum()) / scale
        if self.axis is None:
            return turned < as_is
        if float(frame.direction @ np.array(self.axis)) >= 0:
            return turned < OVERTURNED * as_is
        return not as_is < OVERTURNED * turned


def small_picture(rendered: NDArray[np.uint8], shrink: int = SHRINK) -> Array:
    """Return an (H, W, 3) input's brightness, (H / shrink, W / shrink) float32 of mean 0 and length 1."""
    grey = cv2.cvtColor(rendered, cv2.COLOR_RGB2GRAY).astype(np.float32)
    height, width = grey.shape
    small = cv2.resize(grey, (width // shrink, height // shrink), interpolation=cv2.INTER_AREA)
    small -= small.mean()
    return np.asarray(small / max(float(np.linalg.norm(small)), 1e-6), dtype=np.float32)


def _resized(picture: Array, like: Array) -> Array:
    height, width = like.shape
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), dtype=np.float32)
