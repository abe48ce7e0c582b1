"""Measurement of a place of an image: shape, size, orientation, contrast and colour."""

from __future__ import annotations

import math
from typing import Final

from pydantic import Field

from anomaly_core.imaging.registration import Aligned, Pixels, align
from anomaly_core.results import Region
from anomaly_core.scoring.measurement import RegionDescription, describe_region
from knowledge.catalogue.looks import Change
from knowledge.products.record import TemplateHit
from tools.context import Part
from tools.localize import region_at
from tools.locations import PLACE_HELP
from tools.records import Record

LEAST_CHANGED: Final = 12.0
"""Least contrast in grey levels of what is missing or was added."""
FADED: Final = 0.4
"""Largest ratio of the contrast that is left of what is missing, or that was there of what was added."""
NEAR: Final = 2.5
"""Largest distance of what is missing from what was added of a thing that moved, over the larger size."""
ALIKE: Final = 2.0
"""Largest ratio of their sizes."""
LEAST_SHOWN: Final = 0.9
"""Least share of a place that the template must cover for a comparison."""


class DescribeArgs(Record):
    """Arguments of `describe`."""

    place: str = Field(default="region-1", description=f"where: {PLACE_HELP}", max_length=100)


class RegionMeasures(Record):
    """Measurements of one place; those without a description are as in `RegionDescription`."""

    id: str
    bbox: tuple[int, int, int, int] = Field(description="[x0, y0, x1, y1], original pixels, end-exclusive")
    cell: str
    area_px: int
    area_share: float
    stands_out: bool = Field(
        description="whether the map exceeds the normal range; if so, only those pixels are measured"
    )
    times_limit: float = Field(description="the map's peak in units of the limit of a normal pixel")
    shape: str
    length_px: float
    width_px: float
    orientation_deg: float | None
    solidity: float
    contrast: float = Field(description="grey levels against the surroundings")
    template: str = Field(description="id of the nearest good part")
    template_contrast: float | None = Field(
        description="grey levels against the same place of the template; null without registration"
    )
    change: Change | None = Field(
        description="whether what the nearest good part shows there is missing, lies beside its place, or "
        "something was added to it; null where none is clear"
    )
    colour: str | None
    text: str


def describe(part: Part, place: str = "region-1") -> RegionMeasures:
    """Measure one place: shape, size, orientation, contrast, colour, and the nearest good part there."""
    placed = region_at(part, place)
    region, pixels = placed.region, part.pixels
    hit, aligned = nearest_template(part)
    seen = describe_region(pixels, region)
    contrast = change = None
    if aligned.matches and aligned.shown[region.mask].mean() >= LEAST_SHOWN:
        contrast = describe_region(pixels, region, aligned.pixels).contrast
        change = _change_at(part, region, aligned)
    return RegionMeasures(
        id=place,
        bbox=region.bbox,
        cell=region.cell,
        area_px=region.area_px,
        area_share=round(seen.area_share, 5),
        stands_out=placed.stands_out,
        times_limit=round(placed.times_limit, 3),
        shape=seen.shape,
        length_px=round(seen.length_px, 1),
        width_px=round(seen.width_px, 1),
        orientation_deg=seen.orientation_deg,
        solidity=round(seen.solidity, 3),
        contrast=round(seen.contrast, 1),
        template=f"template:{hit.sha256[:12]}",
        template_contrast=None if contrast is None else round(contrast, 1),
        change=change,
        colour=seen.colour,
        text=_sentence(seen, placed.stands_out, placed.times_limit, contrast),
    )


def _change_at(part: Part, region: Region, aligned: Aligned) -> Change | None:
    """Return what became of a region, with what is said of one that touches it: a thing beside its place."""
    own = _change(part.pixels, aligned.pixels, region)
    for other in part.inspection.regions if own is not None else ():
        apart = math.dist(region.centroid, other.centroid)
        sizes = math.sqrt(region.area_px), math.sqrt(other.area_px)
        if 0 < apart <= NEAR * max(sizes) and max(sizes) <= ALIKE * min(sizes):
            there = _change(part.pixels, aligned.pixels, other)
            if there is not None and there != own:
                return "moved"
    return own


def _change(pixels: Pixels, template: Pixels, region: Region) -> Change | None:
    """Return what became of a region by its contrast with its surroundings, and a good part's there."""
    own, good = (describe_region(one, region).contrast for one in (pixels, template))
    if max(abs(own), abs(good)) < LEAST_CHANGED:
        return None
    if abs(own) <= FADED * abs(good):
        return "missing"
    return "added" if abs(good) <= FADED * abs(own) else None


def nearest_template(part: Part) -> tuple[TemplateHit, Aligned]:
    """Return the template nearest to the image, and its registration to the image."""
    encoded, context = part.encoded, part.context
    hit = context.templates.nearest(part.product, encoded.embedding, 1)[0]
    other = part.template(hit).pixels
    frame = part.detector.frame(other, part.model)
    return hit, align(part.pixels, encoded.frame, other, frame)


def _sentence(
    seen: RegionDescription, stands_out: bool, times_limit: float, template_contrast: float | None
) -> str:
    if not stands_out:
        text = f"nothing there exceeds the normal range: its peak is {times_limit:.2f} of the limit"
    else:
        text = f"{seen.text}; its peak is {times_limit:.2f} times the normal limit"
    if template_contrast is None:
        return (
            f"{text}; no good part lies on it point by point, so it was compared with its surroundings alone"
        )
    levels = abs(round(template_contrast))
    if levels == 0:
        return f"{text}; as bright as the nearest good part there"
    tone = "darker" if template_contrast < 0 else "brighter"
    return f"{text}; {levels} grey levels {tone} than the nearest good part there"
