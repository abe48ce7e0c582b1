"""Pictures of a report: JPEG, small enough for the page, and crops of regions beside a good part."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from anomaly_core.errors import UnreadableImage
from anomaly_core.imaging.reading import load_image
from anomaly_core.results import Box
from tools.locations import widened
from tools.report.records import PartRecord

Pixels = NDArray[np.uint8]

LARGEST: Final = 900
"""Longer side of a card's picture in pixels, at most."""
THUMBNAIL: Final = 170
CROP: Final = 300
MOST_CROPS: Final = 4
"""Regions of a part that are shown enlarged, strongest first."""
QUALITY: Final = 82
MARGIN: Final = 0.35
"""What a crop shows around its region, as a share of the region's longer side."""
LEAST_CROP: Final = 0.15
"""Least side of a crop, as a share of the image's shorter side, so that its surroundings tell where it is."""


@dataclass(frozen=True)
class Picture:
    """A JPEG file. width, height: its own, in pixels."""

    jpeg: bytes
    width: int
    height: int

    @property
    def url(self) -> str:
        """The file as a data URL."""
        return "data:image/jpeg;base64," + b64encode(self.jpeg).decode("ascii")

    def at_most(self, side: int) -> Picture:
        """Return the picture with a longer side of at most `side` pixels."""
        if max(self.width, self.height) <= side:
            return self
        with Image.open(BytesIO(self.jpeg)) as image:
            return _encoded(image, side)


@dataclass(frozen=True)
class Crop:
    """A place enlarged. number: of the region, from 1; None for the most unusual place where there is none.

    box: the place, in pixels of the original. good: the same place of the nearest good part; None where it
    does not show the place.
    """

    number: int | None
    box: Box
    here: Picture
    good: Picture | None


@dataclass(frozen=True)
class Pictures:
    """The pictures of a part.

    width, height: of the original, in pixels. heat: the image with the anomaly map; None from a log.
    good_name: file name of the nearest good part; good_lies_on: whether it could be registered pixel by
    pixel, else a crop of it is of about the same place.
    """

    width: int
    height: int
    thumbnail: Picture
    plain: Picture
    heat: Picture | None = None
    crops: list[Crop] = field(default_factory=list)
    good_name: str = ""
    good_lies_on: bool = True


@dataclass(frozen=True)
class Shown:
    """A part with its pictures. gone: why it has none, or empty."""

    part: PartRecord
    pictures: Pictures | None = None
    gone: str = ""


def shown_from_file(record: PartRecord, kept: Path | None = None) -> Shown:
    """Return a part with pictures of the file at its path, where that is still the one that was inspected.

    kept: a copy of the image, taken instead where there is one.
    """
    if kept is None and not record.image:
        return Shown(record, gone="The image came without a file, and is not kept.")
    file = Path(record.image) if kept is None else kept
    if not file.exists():
        return Shown(record, gone="The image is no longer at its path.")
    try:
        image = load_image(file)
    except UnreadableImage:
        return Shown(record, gone="The image can no longer be read.")
    if image.sha256 != record.sha256:
        return Shown(record, gone="Another image is at the path now; that one is not shown.")
    height, width = image.pixels.shape[:2]
    plain = picture_of(image.pixels, LARGEST)
    crops = []
    for number, region in enumerate(record.regions[:MOST_CROPS], start=1):
        box = surroundings(region.bbox, width, height)
        crops.append(Crop(number, box, cropped(image.pixels, box), None))
    return Shown(record, Pictures(width, height, plain.at_most(THUMBNAIL), plain, crops=crops))


def picture_from_file(path: Path) -> Picture | None:
    """Return an image file, upright, as a picture of at most LARGEST pixels; None where it cannot be read."""
    try:
        return picture_of(load_image(path).pixels, LARGEST)
    except UnreadableImage:
        return None


def surroundings(box: Box, width: int, height: int) -> Box:
    """Return what a crop shows of a region's box, in an image of width x height pixels."""
    return widened(box, MARGIN, width, height, least=round(LEAST_CROP * min(width, height)))


def cropped(pixels: Pixels, box: Box) -> Picture:
    """Return a place of (H, W, 3) uint8 pixels as a picture."""
    x0, y0, x1, y1 = box
    return picture_of(pixels[y0:y1, x0:x1], CROP)


def picture_of(pixels: Pixels, side: int) -> Picture:
    """Return (H, W, 3) uint8 pixels as a picture with a longer side of at most `side` pixels."""
    return _encoded(Image.fromarray(np.ascontiguousarray(pixels)), side)


def _encoded(image: Image.Image, side: int) -> Picture:
    # A JPEG is decoded, and any image averaged, at a whole fraction first, of at least the size asked for.
    image.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=1.0)
    file = BytesIO()
    image.save(file, format="JPEG", quality=QUALITY, optimize=True)
    return Picture(file.getvalue(), *image.size)
