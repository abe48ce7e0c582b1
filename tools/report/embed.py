"""Images as data URLs, scaled down for an HTML page."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import Image

from anomaly_core.errors import UnreadableImage
from anomaly_core.imaging.reading import load_image

LONGEST: Final = 900
"""Longer side of an embedded image, in pixels, at most."""
QUALITY: Final = 85


@dataclass(frozen=True)
class Embedded:
    """An embedded image. url: `data:image/jpeg;base64,...`. width, height: of the file, in pixels."""

    url: str
    width: int
    height: int


def embed_image(path: str) -> Embedded | None:
    """Return an image file, upright and scaled to LONGEST; None where it cannot be read any more."""
    try:
        pixels = load_image(path).pixels
    except UnreadableImage:
        return None
    picture = Image.fromarray(pixels)
    width, height = picture.size
    picture.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    encoded = BytesIO()
    picture.save(encoded, format="JPEG", quality=QUALITY, optimize=True)
    return Embedded("data:image/jpeg;base64," + b64encode(encoded.getvalue()).decode("ascii"), width, height)
