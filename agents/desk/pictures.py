"""Pictures of an inspected image for a screen: itself, heat map, overlay, mask, nearest good part."""

from __future__ import annotations

from io import BytesIO
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from anomaly_core.imaging.registration import laid_on
from anomaly_core.imaging.zones import on_original
from tools.context import Context, Part
from tools.drawing import BRIGHTEST, WARM, draw_overlay, heat_colours, heat_of, mask_of

MadeKind = Literal["heatmap", "overlay", "mask", "template", "registered"]
"""A picture that the product's model has a part in."""
PictureKind = Literal["image", MadeKind]
CLEAR: Final = 0.7
OPAQUE: Final = 1.3
"""Limits of a normal pixel up to which the heat map is transparent, and from which it is opaque."""
NAMED: Final = (0, 190, 255)
IGNORED: Final = (255, 140, 0)
"""Colours of zones."""


def picture(part: Part, kind: MadeKind) -> Image.Image:
    """Return one picture at the size of the upright original; the heat map with transparency.

    Raises UnreadableImage, UnknownProduct and the like, as an inspection does.
    """
    if kind in ("template", "registered"):
        (hit,) = part.context.templates.nearest(part.product, part.encoded.embedding, 1)
        good = part.template(hit).pixels
        return Image.fromarray(good if kind == "template" else _registered(part, good))
    found = part.inspection
    marked = mask_of(found.regions, *part.pixels.shape[:2])
    if kind == "mask":
        return Image.fromarray(marked.astype(np.uint8) * 255)
    heat = heat_of(found.anomaly_map.values, BRIGHTEST * part.model.pixel_threshold)
    if kind == "heatmap":
        # What is well inside the normal range stays clear, so that the part is seen through the map.
        opacity = np.clip((BRIGHTEST * heat - CLEAR) / (OPAQUE - CLEAR), 0.0, 1.0)
        colours = heat_colours(np.asarray(WARM + (1 - WARM) * heat, np.float32))
        return Image.fromarray(np.dstack([colours, np.round(255 * opacity).astype(np.uint8)]))
    return Image.fromarray(draw_overlay(part.pixels, heat, marked, found.regions))


def _registered(part: Part, good: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a good part as the part lies, at the part's size; as it is where the two do not match.

    good: (h, w, 3) uint8 RGB.
    """
    frame = part.detector.frame(good, part.model)
    laid = laid_on(part.pixels, part.encoded.frame, good, frame)
    return good if laid is None else laid


def zones_picture(context: Context, product: str) -> Image.Image:
    """Return a product's first good image with its zones outlined; those that are not judged are hatched."""
    model = context.product(product)
    pixels = context.read(context.templates.images(product)[0].path, model).pixels
    if not model.zones:
        return Image.fromarray(pixels)
    frame = context.model_of(model).frame(pixels, model)
    shown = pixels.copy()
    line = max(2, round(max(pixels.shape[:2]) / 250))
    rows, columns = np.indices(pixels.shape[:2])
    hatched = (rows + columns) % (6 * line) < line
    for zone in model.zones:
        mask = on_original(zone, frame)
        if zone.ignored:
            shown[mask & hatched] = IGNORED
        outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        cv2.drawContours(shown, outlines, -1, IGNORED if zone.ignored else NAMED, line)
    return Image.fromarray(shown)


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
