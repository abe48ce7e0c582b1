"""Images of more than 8 bits a sample, scaled to 8 bits by a rule that a few hot pixels do not change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from anomaly_core.errors import UnreadableImage

BITS: Final = (8, 10, 12, 14, 16)
"""Bit depths of cameras, of which the smallest that holds an image's values is its range."""
OUTLIERS: Final = 1e-4
"""Share of the samples that may lie above the range: hot pixels; at least one sample may."""
_BITS_PER_SAMPLE: Final = 258
_PHOTOMETRIC: Final = 262
_PNG_DEPTH, _PNG_COLOUR = 24, 25
"""Places of the bit depth and the colour type in a PNG file."""


@dataclass(frozen=True)
class Scaled:
    """An image of more than 8 bits a sample as 8 bits.

    pixels: (H, W) or (H, W, 3) uint8. top: value that became 255, or None where the values were stretched.
    note: for the user.
    """

    pixels: NDArray[np.uint8]
    top: float | None
    note: str


def scaled_to_8_bit(image: Image.Image, data: bytes, grey_range: float | None = None) -> Scaled | None:
    """Return an image of more than 8 bits a sample as 8 bits, or None for one of 8 bits.

    The scale is `grey_range`, or else the smallest range of `BITS` (floats: 1, then those) that holds all
    values but `OUTLIERS`, so that images of one camera stay comparable; values above are clipped. Values that
    no range holds are stretched, minimum to maximum. image: decoded. data: the file, from which colour is
    decoded again, since Pillow keeps the high byte only. Raises UnreadableImage for values that are not
    finite.
    """
    if image.mode.startswith("I") or image.mode == "F":
        values: NDArray[Any] = np.asarray(image)
    elif _is_deep_colour(image, data):
        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        if decoded is None or decoded.dtype != np.uint16 or decoded.shape[:2] != image.size[::-1]:
            return None
        # Blue first; a channel of transparency is left out.
        values = decoded if decoded.ndim == 2 else decoded[..., 2::-1]
    else:
        return None
    values = values.astype(np.float64)
    if not np.isfinite(values).all():
        raise UnreadableImage("holds values that are not finite; save it with finite grey values")
    top = _range_of(values, floats=image.mode == "F")
    if top is not None and grey_range is not None:
        top = grey_range
    if top is None:
        low, high = float(values.min()), float(values.max())
        grey = (values - low) * (255.0 / max(high - low, np.finfo(np.float64).tiny))
        note = f"grey values {low:g} to {high:g} stretched to 8 bit"
    else:
        grey = values.clip(0, top) * (255.0 / top)
        note = f"grey values 0 to {top:g} scaled to 8 bit"
        above = int((values > top).sum())
        note += f", {above} above it clipped" if above else ""
    if _is_white_zero(image):
        grey, note = 255 - grey, f"{note}, zero is white"
    return Scaled(np.rint(grey).astype(np.uint8), top, note)


def _range_of(values: NDArray[np.float64], *, floats: bool) -> float | None:
    """Return the upper end of the range, or None where no range holds the values."""
    allowed = max(1, int(OUTLIERS * values.size))
    if float(values.min()) < 0:
        return None
    ranges = [1.0] * floats + [2.0**bits - 1 for bits in BITS]
    return next((top for top in ranges if int((values > top).sum()) <= allowed), None)


def _is_deep_colour(image: Image.Image, data: bytes) -> bool:
    """Return whether a file holds 16 bits a sample of colour."""
    if image.format == "PNG":
        return data[_PNG_DEPTH] == 16 and data[_PNG_COLOUR] in (2, 6)
    if image.format == "TIFF" and image.mode in ("RGB", "RGBA", "RGBX") and image.tell() == 0:
        depths = image.tag_v2.get(_BITS_PER_SAMPLE, ())  # type: ignore[attr-defined]
        return isinstance(depths, tuple) and len(depths) >= 3 and set(depths) == {16}
    return False


def _is_white_zero(image: Image.Image) -> bool:
    """Return whether 0 is white in a TIFF of integers, which Pillow inverts for 8 bits only."""
    if image.format != "TIFF" or not image.mode.startswith("I"):
        return False
    return bool(image.tag_v2.get(_PHOTOMETRIC) == 0)  # type: ignore[attr-defined]
