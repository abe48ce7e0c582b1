"""Pictures of an inspected image for a screen: itself, heat map, overlay, mask, nearest good part."""

from __future__ import annotations

from io import BytesIO
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tools.context import Part
from tools.drawing import draw_overlay, heat_colours

PictureKind = Literal["image", "heatmap", "overlay", "mask", "template"]
KINDS: Final[tuple[PictureKind, ...]] = get_args(PictureKind)
BRIGHTEST: Final = 3
"""Limits of a normal pixel at the brightest colour, as in the files of `iad inspect --out`."""


def picture(part: Part, kind: PictureKind) -> Image.Image:
    """Return one picture at the size of the upright original; the heat map with transparency.

    Raises UnreadableImage, UnknownProduct and the like, as an inspection does.
    """
    if kind == "image":
        return Image.fromarray(part.pixels)
    if kind == "template":
        (hit,) = part.context.templates.nearest(part.product, part.encoded.embedding, 1)
        return Image.fromarray(part.template(hit).pixels)
    found = part.inspection
    marked = np.zeros(part.pixels.shape[:2], np.bool_)
    for region in found.regions:
        marked |= region.mask
    if kind == "mask":
        return Image.fromarray(marked.astype(np.uint8) * 255)
    heat = _heat(part)
    if kind == "heatmap":
        opacity = np.round(255 * np.minimum(1.0, 0.15 + heat)).astype(np.uint8)
        return Image.fromarray(np.dstack([heat_colours(heat), opacity]))
    return Image.fromarray(draw_overlay(part.pixels, heat, marked, found.regions))


def _heat(part: Part) -> NDArray[np.float32]:
    """Return the (H, W) anomaly map in [0, 1]."""
    limit = BRIGHTEST * part.model.pixel_threshold
    values = part.inspection.anomaly_map.values / limit
    return np.asarray(np.clip(np.nan_to_num(values, nan=1.0), 0.0, 1.0), dtype=np.float32)


def within(image: Image.Image, side: int) -> Image.Image:
    """Return an image scaled down so that its longer side has at most `side` pixels."""
    shown = image.copy()
    shown.thumbnail((side, side), Image.Resampling.LANCZOS)
    return shown


def as_file(image: Image.Image) -> tuple[bytes, str]:
    """Return an image's file and its media type: PNG for transparency or a mask, else JPEG."""
    written = BytesIO()
    if image.mode in ("RGBA", "L"):
        image.save(written, format="PNG")
        return written.getvalue(), "image/png"
    image.save(written, format="JPEG", quality=88)
    return written.getvalue(), "image/jpeg"
