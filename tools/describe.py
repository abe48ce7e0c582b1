"""Measurement of a place of an image: shape, size, orientation, contrast and colour."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from anomaly_core.scoring.measurement import RegionDescription, describe_region
from knowledge.catalogue.looks import Change
from tools.changes import change_at
from tools.context import Part
from tools.localize import PlacedRegion, region_at
from tools.locations import PLACE_HELP
from tools.records import Record

LEAST_JUDGED: Final = 0.1
"""Least share of a place that must be judged for anything to be said of it."""


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
    judged: float = Field(
        1.0, description="share of the place that is judged; what lies beside a part is not"
    )
    shape: str
    length_px: float
    width_px: float
    orientation_deg: float | None
    solidity: float
    bend: float = Field(0.0, description="how far its middle line leaves a straight one, over its length")
    forked: float = Field(0.0, description="share of its length where it is in two or more arms")
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
    changed = change_at(part, region)
    seen = describe_region(pixels, region)
    contrast = None if changed is None else changed.contrast
    return RegionMeasures(
        id=place,
        bbox=region.bbox,
        cell=region.cell,
        area_px=region.area_px,
        area_share=round(seen.area_share, 5),
        stands_out=placed.stands_out,
        times_limit=round(placed.times_limit, 3),
        judged=placed.judged,
        shape=seen.shape,
        length_px=round(seen.length_px, 1),
        width_px=round(seen.width_px, 1),
        orientation_deg=seen.orientation_deg,
        solidity=round(seen.solidity, 3),
        bend=round(seen.bend, 3),
        forked=round(seen.forked, 3),
        contrast=round(seen.contrast, 1),
        template=f"template:{part.nearest[0].sha256[:12]}",
        template_contrast=contrast,
        change=None if changed is None else changed.change,
        colour=seen.colour,
        text=_sentence(seen, placed, contrast),
    )


def _sentence(seen: RegionDescription, placed: PlacedRegion, template_contrast: float | None) -> str:
    if placed.judged < LEAST_JUDGED:
        return "that place lies beside the part, and nothing is judged there"
    if not placed.stands_out:
        text = f"nothing there exceeds the normal range: its peak is {placed.times_limit:.2f} of the limit"
    else:
        text = f"{seen.text}; its peak is {placed.times_limit:.2f} times the normal limit"
    if template_contrast is None:
        return (
            f"{text}; no good part lies on it point by point, so it was compared with its surroundings alone"
        )
    levels = abs(round(template_contrast))
    if levels == 0:
        return f"{text}; as bright as the nearest good part there"
    tone = "darker" if template_contrast < 0 else "brighter"
    return f"{text}; {levels} grey levels {tone} than the nearest good part there"
