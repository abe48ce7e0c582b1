"""Masks that people paint: the strokes of a brush become an image at the size of the photograph."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, TypeAdapter, ValidationError

from anomaly_core.errors import ConfigError, IadError

Mask = NDArray[np.bool_]
THICKEST: Final = 30_000
"""Pixels; OpenCV draws no thicker line."""


class Stroke(BaseModel):
    """One thing that was done. width: of the brush. points: x, y, x, y ...; both in pixels of the image."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["paint", "erase", "regions", "clear"]
    width: float = Field(1, gt=0, le=THICKEST)
    points: list[FiniteFloat] = Field(default_factory=list, max_length=100_000)


_STROKES: Final = TypeAdapter(Annotated[list[Stroke], Field(max_length=5_000)])


def painted(strokes: object, size: tuple[int, int], found: Callable[[], Mask]) -> Mask:
    """Return the (height, width) mask that strokes leave, in their order.

    strokes: a list of what `Stroke` holds, as a browser sent it. size: height and width. found: gives the
    mask of the regions, which "regions" adds. Raises ConfigError for what is no list of strokes.
    """
    try:
        done = _STROKES.validate_python(strokes)
    except ValidationError as error:
        raise ConfigError(
            f"what was painted cannot be read: paint it anew ({error.error_count()})"
        ) from error
    mask = np.zeros(size, np.uint8)
    for stroke in done:
        if stroke.kind == "clear":
            mask[:] = 0
        elif stroke.kind == "regions":
            mask[found()] = 1
        else:
            _draw(mask, stroke, int(stroke.kind == "paint"))
    return mask.astype(np.bool_)


def _draw(mask: NDArray[np.uint8], stroke: Stroke, value: int) -> None:
    """Draw a line with round ends; one point is a disc."""
    longest = max(mask.shape)
    whole = stroke.points[: len(stroke.points) // 2 * 2]
    points = np.floor(np.clip(np.reshape(whole, (-1, 2)), -longest, 2 * longest)).astype(np.int32)
    if len(points):
        cv2.polylines(mask, [points], isClosed=False, color=value, thickness=max(1, round(stroke.width)))
        for x, y in points[[0, -1]].tolist():
            cv2.circle(mask, (x, y), round(stroke.width / 2), value, thickness=-1)


def as_png(mask: Mask) -> bytes:
    """Return a mask as a PNG file, white where it is true."""
    written = BytesIO()
    Image.fromarray(mask.astype(np.uint8) * 255).save(written, format="PNG")
    return written.getvalue()


@contextmanager
def mask_file(data: bytes | None) -> Iterator[Path | None]:
    """Write a mask, if there is one, to a passing file; errors about it call it "the mask"."""
    if data is None:
        yield None
        return
    with TemporaryDirectory(prefix="iad-mask-") as folder:
        path = Path(folder) / "mask.png"
        path.write_bytes(data)
        try:
            yield path
        except IadError as error:
            if str(path) not in str(error):
                raise
            raise ConfigError(str(error).replace(str(path), "the mask")) from error
