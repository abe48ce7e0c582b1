"""Anomaly maps from files: another detector's scores or a mask, as NumPy array, PNG or TIFF."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from anomaly_core.errors import UnreadableImage
from anomaly_core.inspection import Array

SUFFIXES: Final = (".npy", ".png", ".tif", ".tiff")
RATIO_TOLERANCE: Final = 0.03
"""How far a map's aspect ratio may be from the image's: a map of 28 x 28 patches is rounded."""
_GREY_MODES: Final = frozenset({"1", "L", "I", "I;16", "I;16B", "I;16L", "F"})


def read_map(path: Path, height: int, width: int, *, max_pixels: int) -> Array:
    """Return the map of a file as (height, width) float32 in the file's own unit, larger = more anomalous.

    A map of another size is brought to the image's, a mask by nearest pixel. Square maps are taken for
    the squashed image that most detectors look at. max_pixels: beyond it a file is refused.
    Raises UnreadableImage, naming file and mend, for a file that is missing, no map, coloured, not finite,
    or of another shape than the image.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UnreadableImage(f"{path}: no map is read from it; give one of {', '.join(SUFFIXES)}")
    values = _read_array(path, max_pixels) if suffix == ".npy" else _read_picture(path, max_pixels)
    if not np.isfinite(values).all():
        raise UnreadableImage(f"{path}: the map holds NaN or infinity; write finite scores")
    rows, columns = values.shape
    ratio = (rows / columns) / (height / width)
    if rows != columns and not 1 / (1 + RATIO_TOLERANCE) <= ratio <= 1 + RATIO_TOLERANCE:
        raise UnreadableImage(
            f"{path}: the map is {columns} x {rows}, the image {width} x {height}; give the map of this image"
        )
    if (rows, columns) == (height, width):
        return values
    method = cv2.INTER_NEAREST if is_mask(values) else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(values, (width, height), interpolation=method), dtype=np.float32)


def is_mask(values: Array) -> bool:
    """Return whether a map has two values at most, as a mask has."""
    low, high = values.min(), values.max()
    return bool(((values == low) | (values == high)).all())


def _read_array(path: Path, max_pixels: int) -> Array:
    try:
        # Mapped, not read, so that a huge file is refused by its header alone. Pickles stay closed.
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except OSError as error:
        raise UnreadableImage(f"{path}: {error.strerror or error}; give a file that can be read") from error
    except (ValueError, EOFError) as error:
        raise UnreadableImage(
            f"{path}: no NumPy array of numbers ({error}); save it by numpy.save"
        ) from error
    squeezed = np.squeeze(array)
    if squeezed.ndim != 2 or squeezed.dtype.kind not in "fiub":
        raise UnreadableImage(
            f"{path}: an array of shape {array.shape} and type {array.dtype}; give (H, W) numbers"
        )
    _check_size(path, squeezed.shape[1], squeezed.shape[0], max_pixels)
    with np.errstate(over="ignore"):  # what overflows float32 is infinite, and refused as such
        return np.array(squeezed, dtype=np.float32)


def _read_picture(path: Path, max_pixels: int) -> Array:
    try:
        with Image.open(path) as picture:
            _check_size(path, picture.width, picture.height, max_pixels)
            values = np.asarray(picture)
            mode = picture.mode
    except OSError as error:
        reason = (
            "not a picture" if isinstance(error, UnidentifiedImageError) else error.strerror or str(error)
        )
        raise UnreadableImage(f"{path}: {reason}; give a whole PNG or TIFF file") from error
    except (ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UnreadableImage(f"{path}: a damaged picture ({error}); save it again") from error
    if mode not in _GREY_MODES:
        # A mask may be saved in colours that are all grey; a heat map's colours have no order.
        if values.ndim != 3 or not (values[..., :3] == values[..., :1]).all():
            raise UnreadableImage(f"{path}: a coloured picture is no map; give the scores in grey levels")
        values = values[..., 0]
    return np.asarray(values, dtype=np.float32)


def _check_size(path: Path, width: int, height: int, max_pixels: int) -> None:
    if width < 1 or height < 1 or width * height > max_pixels:
        raise UnreadableImage(
            f"{path}: a map of {width} x {height}; give one of 1 to {max_pixels} pixels (IAD_MAX_PIXELS)"
        )


def squash(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a map brought to [0, 1] by its own range; a flat one becomes 0."""
    low, high = float(values.min()), float(values.max())
    if high <= low:
        return np.zeros_like(values)
    return np.asarray((values - low) / (high - low), dtype=np.float32)
