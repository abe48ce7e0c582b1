"""Zones: named areas of a product, and areas that are not judged, in the frame of its encoder input."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from anomaly_core.errors import ConfigError
from anomaly_core.imaging.frame import Frame

Box = tuple[int, int, int, int]
Mask = NDArray[np.bool_]
SUBPIXEL_BITS: Final = 4
"""Binary digits after the point of the corners that are filled."""


@dataclass(frozen=True)
class Zone:
    """An area of a product.

    corners: four points (x, y) as shares of the encoder input's width and height, in order round the area;
        an aligned part's input turns with the part, so that the area stays on it. ignored: it is not judged.
    """

    name: str
    corners: tuple[tuple[float, float], ...]
    ignored: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON values to store; the inverse of `from_dict`."""
        corners = [list(point) for point in self.corners]
        return {"name": self.name, "corners": corners, "ignored": self.ignored}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Zone:
        """Return the zone of `to_dict`'s result. Raises KeyError, TypeError, ValueError for another one."""
        corners = tuple((float(x), float(y)) for x, y in values["corners"])
        return cls(str(values["name"]), corners, bool(values["ignored"]))


def zone_of_box(name: str, box: Box, frame: Frame, *, ignored: bool = False) -> Zone:
    """Return the zone that a box (x0, y0, x1, y1) in pixels of an original image shows.

    Raises ConfigError for a box that holds no pixel of the image.
    """
    height, width = frame.original_size
    x0, y0, x1, y1 = box
    x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, width), min(y1, height)
    if x0 >= x1 or y0 >= y1:
        raise ConfigError(f"the box {list(box)} holds no pixel of a {width} x {height} image: give another")
    points = np.array([[x0, y0, 1], [x1, y0, 1], [x1, y1, 1], [x0, y1, 1]], dtype=np.float64)
    inverse = np.linalg.inv(np.vstack([frame.matrix, [0, 0, 1]]))
    h, w = frame.input_size
    shares = (points @ inverse[:2].T) / [w, h]
    return Zone(name, tuple((float(x), float(y)) for x, y in shares), ignored)


def on_original(zone: Zone, frame: Frame) -> Mask:
    """Return the (H, W) mask of a zone on an original image."""
    return _filled(_corners(zone, frame), frame.original_size)


def ignored_cells(zones: Iterable[Zone], rows: int, columns: int) -> Mask | None:
    """Return the (rows, columns) mask of a map's cells in zones that are not judged, or None for none."""
    ignored = [zone for zone in zones if zone.ignored]
    if not ignored:
        return None
    mask = np.zeros((rows, columns), np.bool_)
    for zone in ignored:
        mask |= _filled(np.array(zone.corners) * [columns, rows], (rows, columns))
    return mask


def zone_at(zones: Sequence[Zone], frame: Frame, point: tuple[float, float]) -> str | None:
    """Return the name of the first zone that a point (x, y) of an original image lies in, or None."""
    for zone in zones:
        corners = _corners(zone, frame).astype(np.float32)
        if cv2.pointPolygonTest(corners, point, False) >= 0:
            return zone.name
    return None


def _corners(zone: Zone, frame: Frame) -> NDArray[np.float64]:
    """Return the (4, 2) corners (x, y) of a zone on an original image."""
    h, w = frame.input_size
    points = np.array([[x * w, y * h, 1.0] for x, y in zone.corners])
    return np.asarray(points @ frame.matrix.T, dtype=np.float64)


def _filled(points: NDArray[np.float64], size: tuple[int, int]) -> Mask:
    """Return the mask of a convex polygon; points: (n, 2), (x, y) with pixel centres at half-integers."""
    mask = np.zeros(size, np.uint8)
    fixed = np.rint((points - 0.5) * 2**SUBPIXEL_BITS).astype(np.int32)
    cv2.fillConvexPoly(mask, fixed, 1, shift=SUBPIXEL_BITS)
    return np.asarray(mask > 0, dtype=np.bool_)
