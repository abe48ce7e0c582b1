"""The pose of a compact part on a plain background: where it lies, and how it is turned.

An elongated part shows its direction by its outline (frame.py). A ring with a tab, a gear or a biscuit does
not: it is turned by what it shows along circles about its centre, correlated with the good parts' mean over
all angles, and then moved by fractions of a pixel onto their mean picture (ECC, Evangelidis and Psarakis,
2008).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from anomaly_core.imaging.foreground import find_foreground
from anomaly_core.imaging.frame import LEAST_SHARE, MARGIN, Frame, unseen_pieces, whole_frame
from anomaly_core.imaging.pose import Pose, small_picture
from anomaly_core.results import Array

ANGLES: Final = 512
"""Angles of the picture along circles."""
CIRCLES: Final = 64
"""Circles of that picture, evenly spaced."""
BEYOND: Final = 1.06
"""Radius of the outermost circle, in radii of the part."""
MOST_LEARNED: Final = 32
"""Good images that the pose is learned from."""
COPY_SIDE: Final = 512
"""Longer side in pixels of the copies of good images that the pose is learned from."""
LARGE: Final = 4096
"""Side in pixels of an image by which the aspect of the input is rounded to the encoder's stride."""
ROUNDS: Final = 3
"""Times that the good parts are moved onto their mean picture."""
SAME_SIZE: Final = 0.1
"""Greatest deviation of a good part's size from the median, as a share of it."""
LEAST_AGREEMENT: Final = (0.6, 0.8)
"""Least correlation along circles of each good part with the others, and of half of them, for parts to be
turned: natural ones, such as nuts, show nothing by which they could be. Below the first, an image's part
isn't turned. Set: good parts of ten procedural products have .97 to 1."""
LEAST_FOR_ALIKE: Final = 3
"""Good images from which it is known that all lie alike: fewer do so by chance."""
ALIKE_DEGREES: Final = 20.0
"""Greatest angle of a good part to the mean where all lie alike; then no part is turned further."""
PICTURE: Final = 4
"""Side of a pixel of the mean picture, in pixels of the encoder input."""
FURTHEST: Final = (0.03, 3.0)
"""Greatest shift, as a share of the input's side, and angle in degrees of the move onto the mean picture."""

Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]


@dataclass(frozen=True)
class CompactPart:
    """A part on a plain background, wholly in the image.

    centre: (x, y) of its mask, in pixels of the original. radius: of the circle about it that holds the part.
    size: root of its area in pixels. hull: (n, 2) points of its convex hull, from the centre. side: longer
    side of the image.
    """

    centre: tuple[float, float]
    radius: float
    size: float
    hull: Points
    side: int


@dataclass(frozen=True, eq=False)
class CompactPose:
    """How compact good parts lie in the encoder input. Lengths are shares of the image's longer side.

    input_size: (height, width) of it. radius: of the outermost circle. size: root of the part's area. box:
    (left, top, right, bottom) of the input from the part's centre, in the good parts' common direction.
    most_degrees: greatest angle that a part is turned by, 0 for none. circles: (ANGLES, CIRCLES) float32,
    mean of the good parts. picture: (h, w) float32, the sum of their small pictures.
    """

    input_size: tuple[int, int]
    radius: float
    size: float
    box: tuple[float, float, float, float]
    most_degrees: float
    circles: Array
    picture: Array

    @classmethod
    def of(
        cls, copies: Sequence[Pixels], parts: Sequence[CompactPart], side: int, stride: int
    ) -> CompactPose:
        """Return the pose of one or more good images' parts of one size.

        copies: (H, W, 3) each, see `small_copy`. parts: the part of each copy. side, stride: of the encoder
        input, see `whole_frame`.
        """
        circles = [
            along_circles(copy, part, BEYOND * part.radius) for copy, part in zip(copies, parts, strict=True)
        ]
        mean, degrees, most = _turns(circles)
        hulls = [_turned(part.hull, -own) / part.side for part, own in zip(parts, degrees, strict=True)]
        (left, top), (right, bottom) = np.concatenate(hulls).min(axis=0), np.concatenate(hulls).max(axis=0)
        margin = MARGIN * max(right - left, bottom - top)
        box = (float(left - margin), float(top - margin), float(right + margin), float(bottom + margin))
        breadth, height = (max(round(LARGE * (box[n + 2] - box[n])), 1) for n in (0, 1))
        input_size = whole_frame((height, breadth), side, stride).input_size
        size = float(np.median([part.size / part.side for part in parts]))
        radius = BEYOND * max(part.radius / part.side for part in parts)
        none = np.zeros((input_size[0] // PICTURE, input_size[1] // PICTURE), np.float32)
        pose = cls(input_size, radius, size, box, most, mean, none)
        frames = [
            pose._frame(part, own, (copy.shape[0], copy.shape[1]))
            for copy, part, own in zip(copies, parts, degrees, strict=True)
        ]
        for _ in range(ROUNDS):
            shown = [
                small_picture(frame.render(copy), PICTURE) for frame, copy in zip(frames, copies, strict=True)
            ]
            pose = replace(pose, picture=np.asarray(np.sum(shown, axis=0), dtype=np.float32))
            frames = [pose._moved(frame, copy) for frame, copy in zip(frames, copies, strict=True)]
        return pose

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], circles: Array, picture: Array) -> CompactPose:
        """Return the pose of `to_dict`'s result and its arrays. Raises KeyError, TypeError, ValueError."""
        (height, width), (left, top, right, bottom) = values["input_size"], values["box"]
        box = (float(left), float(top), float(right), float(bottom))
        radius, size, most = (float(values[name]) for name in ("radius", "size", "most_degrees"))
        return cls((int(height), int(width)), radius, size, box, most, circles, picture)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON values to store beside the arrays."""
        return {
            "input_size": list(self.input_size),
            "radius": self.radius,
            "size": self.size,
            "box": list(self.box),
            "most_degrees": self.most_degrees,
        }

    def framed(self, whole: Frame, pixels: Pixels) -> tuple[Frame, Pixels]:
        """Return an image's frame as the good parts', and its input; `whole` where no part is found."""
        found = _parts(pixels)
        if found is None:
            return whole, whole.render(pixels)
        parts, pieces = found
        side = max(pixels.shape[:2])
        part = min(parts, key=lambda one: abs(math.log(one.size / (self.size * side))))
        degrees = 0.0
        if self.most_degrees:
            seen = along_circles(pixels, part, self.radius * side)
            degrees, agreement = turn(seen, self.circles, self.most_degrees)
            degrees = degrees if agreement >= LEAST_AGREEMENT[0] else 0.0
        frame = self._moved(self._frame(part, degrees, (pixels.shape[0], pixels.shape[1])), pixels)
        frame = replace(frame, unseen=unseen_pieces(pieces, frame))
        return frame, frame.render(pixels)

    def without(self, whole: Frame, pixels: Pixels) -> CompactPose:
        """Return the pose as it is known without one of the images that it was learned from.

        Moved onto a picture that holds itself, a good image would lie better than any new one can.
        """
        frame, rendered = self.framed(whole, pixels)
        if not frame.aligned:
            return self
        return replace(self, picture=self.picture - small_picture(rendered, PICTURE))

    def _frame(self, part: CompactPart, degrees: float, original_size: tuple[int, int]) -> Frame:
        """Return the frame of a part that is turned by an angle."""
        side = max(original_size)
        left, top, right, bottom = (length * side for length in self.box)
        height, width = self.input_size
        cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        turned = np.array([[cosine, -sine], [sine, cosine]])
        linear = turned @ np.diag([(right - left) / width, (bottom - top) / height])
        origin = np.array(part.centre) + turned @ np.array([left, top])
        return Frame(np.column_stack([linear, origin]), self.input_size, original_size, aligned=True)

    def _moved(self, frame: Frame, pixels: Pixels) -> Frame:
        """Return the frame moved by a little onto the good parts' picture, where that agrees more."""
        if not self.picture.any():
            return frame
        seen = small_picture(frame.render(pixels), PICTURE)
        wanted = self.picture / float(np.linalg.norm(self.picture))
        warp = np.eye(2, 3, dtype=np.float32)
        steps = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 30, 1e-4)
        try:
            _, warp = cv2.findTransformECC(  # type: ignore[call-overload]
                wanted * 255, seen * 255, warp, cv2.MOTION_EUCLIDEAN, steps, None, 3
            )
        except cv2.error:  # it did not converge: the two are too unlike
            return frame
        share, degrees = FURTHEST
        height, width = seen.shape
        centre = warp @ np.array([width / 2, height / 2, 1.0]) - np.array([width / 2, height / 2])
        if np.abs(centre).max() > share * max(width, height) or abs(_degrees(warp)) > degrees:
            return frame
        there = cv2.warpAffine(
            seen,
            warp,
            (width, height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        if _agreement(there, wanted) <= _agreement(seen, wanted):
            return frame
        # From indices of the picture's pixels to the input, whose pixel centres are at half-integers.
        to_input = np.array([[PICTURE, 0, PICTURE / 2], [0, PICTURE, PICTURE / 2], [0, 0, 1.0]])
        moved = to_input @ np.vstack([warp, [0, 0, 1]]) @ np.linalg.inv(to_input)
        return replace(frame, matrix=frame.matrix @ moved)


AnyPose = Pose | CompactPose


def compact_part(pixels: Pixels) -> CompactPart | None:
    """Return the only large part of an (H, W, 3) uint8 RGB image, or None for none wholly in it."""
    found = _parts(pixels)
    if found is None:
        return None
    parts, _ = found
    areas = [part.size**2 for part in parts]
    return parts[int(np.argmax(areas))] if max(areas) >= LEAST_SHARE * sum(areas) else None


def small_copy(pixels: Pixels) -> Pixels:
    """Return an (H, W, 3) image of which the longer side has at most `COPY_SIDE` pixels."""
    height, width = pixels.shape[:2]
    scale = min(1.0, COPY_SIDE / max(height, width))
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def alike(parts: Sequence[CompactPart]) -> list[int]:
    """Return the numbers of the parts that are as large as most of one or more."""
    sizes = np.array([part.size / part.side for part in parts])
    return np.flatnonzero(np.abs(sizes / np.median(sizes) - 1) <= SAME_SIZE).tolist()


def along_circles(pixels: Pixels, part: CompactPart, radius: float) -> Array:
    """Return what an image shows along circles about a part, (ANGLES, CIRCLES) float32.

    radius: of the outermost, in pixels. Each circle has mean 0, and weighs by its length: an even ring shows
    nothing.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    blurred = cv2.GaussianBlur(grey, (0, 0), max(radius / CIRCLES / 2, 0.6))
    centre = (part.centre[0] - 0.5, part.centre[1] - 0.5)
    flags = cv2.INTER_LINEAR | cv2.WARP_FILL_OUTLIERS
    circles = cv2.GaussianBlur(cv2.warpPolar(blurred, (CIRCLES, ANGLES), centre, radius, flags), (0, 0), 1.0)
    circles = circles - circles.mean(axis=0, keepdims=True)
    return np.asarray(circles * np.sqrt(np.linspace(1 / CIRCLES, 1, CIRCLES)), dtype=np.float32)


def turn(circles: Array, others: Array, most_degrees: float = 180.0) -> tuple[float, float]:
    """Return the angle by which a part is turned against others, in degrees, and the correlation there.

    circles, others: (ANGLES, CIRCLES), see `along_circles`. most_degrees: greatest angle either way.
    """
    spectrum = np.fft.rfft(circles, axis=0) * np.conj(np.fft.rfft(others, axis=0))
    scale = max(float(np.linalg.norm(circles) * np.linalg.norm(others)), 1e-6)
    found = np.fft.irfft(spectrum.sum(axis=1), n=ANGLES) / scale
    angles = (np.arange(ANGLES) + ANGLES // 2) % ANGLES - ANGLES // 2
    allowed = np.abs(angles) * 360 / ANGLES <= most_degrees
    best = int(np.where(allowed, found, -np.inf).argmax())
    before, here, after = found[best - 1], found[best], found[(best + 1) % ANGLES]
    bend = before - 2 * here + after
    between = 0.5 * float((before - after) / bend) if bend < 0 else 0.0
    return (float(angles[best]) + between) * 360 / ANGLES, float(here)


def _turns(circles: Sequence[Array]) -> tuple[Array, list[float], float]:
    """Return the mean of good parts along circles, the angle of each in degrees, and the most to turn by.

    The most is 0 where they agree too little to be turned.
    """
    mean = circles[0]
    degrees = [0.0] * len(circles)
    for _ in range(3):
        degrees = [turn(own, mean)[0] for own in circles]
        mean = np.mean([_rolled(own, -by) for own, by in zip(circles, degrees, strict=True)], axis=0)
    upright = np.exp(1j * np.radians(degrees)).mean()
    alike = len(circles) >= LEAST_FOR_ALIKE and all(
        abs((by - math.degrees(np.angle(upright)) + 180) % 360 - 180) <= ALIKE_DEGREES for by in degrees
    )
    if alike:
        # Their common direction is the image's own.
        mean = np.asarray(np.mean(circles, axis=0), dtype=np.float32)
        degrees = [turn(own, mean, ALIKE_DEGREES)[0] for own in circles]
        mean = np.mean([_rolled(own, -by) for own, by in zip(circles, degrees, strict=True)], axis=0)
    mean = np.asarray(mean, dtype=np.float32)
    most = ALIKE_DEGREES if alike else 180.0
    if len(circles) > 1:
        rest = [len(circles) * mean - _rolled(own, -by) for own, by in zip(circles, degrees, strict=True)]
        agreements = [turn(own, other, most)[1] for own, other in zip(circles, rest, strict=True)]
        least, half = LEAST_AGREEMENT
        if min(agreements) < least or float(np.median(agreements)) < half:
            return mean, [0.0] * len(circles), 0.0
    return mean, degrees, most


def _parts(pixels: Pixels) -> tuple[list[CompactPart], NDArray[np.bool_]] | None:
    """Return the large parts that don't touch an image's border, and all its pieces; None for no part."""
    found = find_foreground(pixels)
    if found is None:
        return None
    height, width = pixels.shape[:2]
    mask = found.objects.astype(np.uint8)
    rows, columns = mask.shape
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    pixel = np.array([width / columns, height / rows])
    parts = []
    for label in range(1, count):
        left, top, breadth, length, area = stats[label].tolist()
        if left <= 0 or top <= 0 or left + breadth >= columns or top + length >= rows:
            continue
        y, x = np.nonzero(labels[top : top + length, left : left + breadth] == label)
        points = (np.stack([x + left, y + top], axis=1) + 0.5) * pixel
        centre = points.mean(axis=0)
        hull = cv2.convexHull((points - centre).astype(np.float32))[:, 0].astype(np.float64)
        radius = float(np.quantile(np.hypot(*(points - centre).T), 0.999))
        size = math.sqrt(area * float(pixel.prod()))
        parts.append(
            CompactPart((float(centre[0]), float(centre[1])), radius, size, hull, max(height, width))
        )
    return (parts, found.pieces) if parts else None


def _agreement(one: NDArray[Any], other: NDArray[Any]) -> float:
    """Return the correlation of two pictures."""
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def _degrees(warp: NDArray[Any]) -> float:
    return math.degrees(math.atan2(float(warp[1, 0]), float(warp[0, 0])))


def _turned(points: Points, degrees: float) -> Points:
    """Return (n, 2) points turned about the origin."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.asarray(points @ np.array([[cosine, sine], [-sine, cosine]]), dtype=np.float64)


def _rolled(circles: Array, degrees: float) -> Array:
    """Return what is seen along circles turned by an angle."""
    return np.asarray(np.roll(circles, round(degrees * ANGLES / 360), axis=0), dtype=np.float32)


def pose_arrays(pose: AnyPose | None) -> dict[str, NDArray[Any]]:
    """Return the arrays to store of a product's pose."""
    if pose is None:
        return {}
    return {"pose": pose.picture} | ({"circles": pose.circles} if isinstance(pose, CompactPose) else {})


def pose_of(values: Mapping[str, Any] | None, arrays: Mapping[str, NDArray[Any]]) -> AnyPose | None:
    """Return the pose of `to_dict`'s result and `pose_arrays`. Raises KeyError, TypeError, ValueError."""
    if values is None:
        return None
    if "circles" in arrays:
        return CompactPose.from_dict(values, arrays["circles"], arrays["pose"])
    return Pose.from_dict(values, arrays["pose"])
