"""Second inspection of one place at full resolution, against the same place of good parts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomaly_core.imaging.frame import WHOLE_SHARE, Frame
from anomaly_core.imaging.registration import Aligned, align
from anomaly_core.inspection import Inspection
from anomaly_core.results import Box, Region
from knowledge.products.record import TemplateHit
from tools.context import Part
from tools.detect import rounded_p
from tools.drawing import save_picture
from tools.localize import box_at
from tools.locations import PLACE_HELP, cell_of_box, widened
from tools.records import Record, RegionRecord

TEMPLATES: Final = 4
"""Most good parts that the place is compared with, nearest first."""
LEAST_SHOWN: Final = 0.9
"""Least share of the place that a good part must cover for a comparison."""
LEAST_MAGNIFICATION: Final = 1.2
"""Magnification below which the record notes that nothing finer is visible."""


class ZoomArgs(Record):
    """Arguments of `zoom`."""

    place: str = Field(description=f"where: {PLACE_HELP}", max_length=100)


class ZoomRecord(Record):
    """A second inspection of one place, in addition to the verdict on the whole image."""

    id: str
    place: str
    bbox: Box = Field(description="the crop, [x0, y0, x1, y1], original pixels, end-exclusive")
    cell: str
    magnification: float = Field(description="resolution in units of the first inspection's, along a side")
    templates: int = Field(description="good parts compared at this place; 0 gives no verdict")
    anomalous: bool | None = Field(description="whether the p-value is below alpha; null without a verdict")
    p_value: float | None = Field(description="probability that this place of a good part scores as high")
    alpha: float
    regions: list[RegionRecord] = Field(description="anomalous regions of the crop, in original pixels")
    picture: str | None = Field(description="path of the crop as PNG, or null")

    @property
    def note(self) -> str | None:
        """A limitation of this inspection, or None."""
        if self.templates == 0:
            return "no good part shows this place, so there is nothing to compare it with"
        if self.magnification < LEAST_MAGNIFICATION:
            return "the first look already saw this place as large, so the second one shows nothing finer"
        if self.templates < TEMPLATES:
            return f"with only {_parts(self.templates)} to compare, its normal variation is hardly known"
        return None

    @property
    def text(self) -> str:
        """The second inspection in one sentence."""
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

    place: as `tools.localize.region_at` takes it. out: folder for an image of the place, or None. Raises
    ConfigError where there is no such place.
    """
    pixels = part.pixels
    height, width = pixels.shape[:2]
    # The crops of good parts are fitted as a product.
    crop_model = part.detector.crop_model()
    first = part.inspection
    side = round(crop_model.config.input_side * WHOLE_SHARE**0.5)
    box = widened(box_at(part, place), 0.1, width, height, least=side)
    crop = np.ascontiguousarray(_crop(pixels, box))
    found = (crop_of(aligned, box) for _, aligned in aligned_templates(part, TEMPLATES))
    crops = [one for one in found if one is not None]
    seen: Inspection | None = None
    if crops:
        rates = first.verdict
        seen = crop_model.inspect(crop, crop_model.fit(crops), alpha=rates.alpha, review=rates.review)
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
        magnification=round(_magnification(first.image.frame, crop_model.input.frame(crop)), 2),
        templates=len(crops),
        anomalous=None if seen is None else seen.verdict.anomalous,
        p_value=None if seen is None else rounded_p(seen.verdict.p_value),
        alpha=first.verdict.alpha,
        regions=[_on_image(region, box, width, height) for region in regions],
        picture=picture,
    )


def aligned_templates(part: Part, k: int) -> Iterator[tuple[TemplateHit, Aligned]]:
    """Yield the k nearest good parts, nearest first, each registered to the image."""
    encoded = part.encoded
    for hit in part.context.templates.nearest(part.product, encoded.embedding, k):
        other = part.template(hit).pixels
        frame = part.detector.frame(other, part.model)
        yield hit, align(part.pixels, encoded.frame, other, frame)


def crop_of(aligned: Aligned, box: Box) -> NDArray[np.uint8] | None:
    """Return a place of a registered image, (y1 - y0, x1 - x0, 3); None where it does not show the place."""
    if _crop(aligned.shown, box).mean() < LEAST_SHOWN:
        return None
    return np.ascontiguousarray(_crop(aligned.pixels, box))


def _on_image(region: Region, box: Box, width: int, height: int) -> RegionRecord:
    x0, y0, x1, y1 = region.bbox
    moved = (x0 + box[0], y0 + box[1], x1 + box[0], y1 + box[1])
    cell = cell_of_box(moved, width, height)
    return RegionRecord(bbox=moved, cell=cell, area_px=region.area_px, score=round(region.score, 4))


def _magnification(first: Frame, second: Frame) -> float:
    """Return the encoder's resolution of a place, in units of that of the first frame, along a side."""
    # Enlarging beyond the photograph's resolution adds nothing.
    return min(1.0, 1 / second.scale) / min(1.0, 1 / first.scale)


def _parts(count: int) -> str:
    return "one good part" if count == 1 else f"{count} good parts"


def _crop(values: NDArray[Any], box: Box) -> NDArray[Any]:
    x0, y0, x1, y1 = box
    return values[y0:y1, x0:x1]
