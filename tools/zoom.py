"""A second look at one place: at the photograph's own resolution, against the same place of good parts."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomaly_core.imaging.frame import WHOLE_SHARE, Frame
from anomaly_core.imaging.reading import load_image
from anomaly_core.imaging.registration import align
from anomaly_core.inspection import Inspection
from anomaly_core.results import Box, Region
from tools.context import Part
from tools.detect import rounded_p
from tools.drawing import save_picture
from tools.locations import PLACE_HELP, box_of, cell_of_box, widened
from tools.records import Record, RegionRecord

TEMPLATES: Final = 4
"""Most good parts that the place is compared with, the nearest first."""
LEAST_SHOWN: Final = 0.9
"""Share of the place that a good part must show to be compared there."""
LEAST_MAGNIFICATION: Final = 1.2
"""Below this the second look shows hardly more than the first."""


class ZoomArgs(Record):
    """Arguments of `zoom`."""

    place: str = Field(description=f"where: {PLACE_HELP}", max_length=100)


class ZoomRecord(Record):
    """A second look. It adds to the verdict of the whole image and does not replace it.

    bbox: what was looked at, [x0, y0, x1, y1], original pixels. magnification: pixels of this look over
    those of the first, along a side. templates: good parts compared at this place; 0 gives no verdict.
    p_value: the chance that this place of a good part scores as high, or null; anomalous: below alpha.
    regions: what stands out in this look, original pixels. picture: path of the crop as PNG, or null.
    """

    id: str
    place: str
    bbox: Box
    cell: str
    magnification: float
    templates: int
    anomalous: bool | None
    p_value: float | None
    alpha: float
    regions: list[RegionRecord]
    picture: str | None

    @property
    def note(self) -> str | None:
        """What the look cannot tell, or None."""
        if self.templates == 0:
            return "no good part shows this place, so there is nothing to compare it with"
        if self.magnification < LEAST_MAGNIFICATION:
            return "the first look already saw this place as large, so the second one shows nothing finer"
        if self.templates < TEMPLATES:
            return f"with only {_parts(self.templates)} to compare, its normal variation is hardly known"
        return None

    @property
    def text(self) -> str:
        """The second look in one sentence."""
        seen = (
            f"{self.place}, box {list(self.bbox)}, seen {self.magnification:.1f} times as large as at first"
        )
        if self.p_value is None:
            return f"{seen}: {self.note}"
        word = "stands out" if self.anomalous else "does not stand out"
        seen += f": it {word} from the same place of {_parts(self.templates)} (p-value {self.p_value:.3g})"
        return f"{seen}; {self.note}" if self.note else seen


def zoom(part: Part, place: str, out: Path | None = None) -> ZoomRecord:
    """Look again at one place at full resolution, against the same place of the product's good parts.

    out: folder for a picture of the place, or None for none. Raises ConfigError where there is no such place.
    """
    pixels, context = part.pixels, part.context
    height, width = pixels.shape[:2]
    # The place is learned from good parts' crops as a product is, with the front door's own method.
    close_up = context.model.close_up()
    first = part.inspection
    side = round(close_up.config.input_side * WHOLE_SHARE**0.5)
    named = box_of(place, width, height, [region.bbox for region in first.regions])
    box = widened(named, 0.1, width, height, least=side)
    crop = np.ascontiguousarray(_crop(pixels, box))
    crops = _template_crops(part, box)
    seen: Inspection | None = None
    if crops:
        told = first.verdict
        seen = close_up.inspect(crop, close_up.fit(crops), alpha=told.alpha, review=told.review)
    picture = None
    if out is not None:
        corners = "-".join(str(value) for value in box)
        picture = save_picture(crop, out / f"{part.sha256[:8]}-zoom-{corners}.png")
    regions = seen.regions if seen is not None and seen.verdict.anomalous else ()
    return ZoomRecord(
        id=f"zoom:{','.join(str(value) for value in box)}",
        place=place,
        bbox=box,
        cell=cell_of_box(box, width, height),
        magnification=round(_magnification(first.image.frame, close_up.frame(crop)), 2),
        templates=len(crops),
        anomalous=None if seen is None else seen.verdict.anomalous,
        p_value=None if seen is None else rounded_p(seen.verdict.p_value),
        alpha=first.verdict.alpha,
        regions=[_on_image(region, box, width, height) for region in regions],
        picture=picture,
    )


def _template_crops(part: Part, box: Box) -> list[NDArray[np.uint8]]:
    """The same place of the nearest good parts, each laid over the image first."""
    encoded, context = part.cached.encoded, part.context
    crops = []
    for hit in context.templates.nearest(part.product, encoded.embedding, TEMPLATES):
        other = load_image(hit.path, max_pixels=context.images.max_pixels).pixels
        aligned = align(part.pixels, encoded.frame, other, context.model.frame(other))
        if _crop(aligned.shown, box).mean() >= LEAST_SHOWN:
            crops.append(np.ascontiguousarray(_crop(aligned.pixels, box)))
    return crops


def _on_image(region: Region, box: Box, width: int, height: int) -> RegionRecord:
    x0, y0, x1, y1 = region.bbox
    moved = (x0 + box[0], y0 + box[1], x1 + box[0], y1 + box[1])
    cell = cell_of_box(moved, width, height)
    return RegionRecord(bbox=moved, cell=cell, area_px=region.area_px, score=round(region.score, 4))


def _magnification(first: Frame, second: Frame) -> float:
    """Pixels that the encoder sees of a place now, over those that it saw at first, along a side."""
    # A pixel that the photograph does not have shows nothing, however often it is enlarged.
    return min(1.0, 1 / second.scale) / min(1.0, 1 / first.scale)


def _parts(count: int) -> str:
    return "one good part" if count == 1 else f"{count} good parts"


def _crop(values: NDArray[Any], box: Box) -> NDArray[Any]:
    x0, y0, x1, y1 = box
    return values[y0:y1, x0:x1]
