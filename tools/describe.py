"""What is measured at a place of an image: shape, size, orientation, contrast, colour, and on a good part."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from anomaly_core.imaging.reading import load_image
from anomaly_core.imaging.registration import Aligned, align
from anomaly_core.scoring.measurement import RegionDescription, describe_region
from knowledge.products.record import TemplateHit
from tools.context import Part
from tools.localize import region_at
from tools.locations import PLACE_HELP
from tools.records import Record

LEAST_SHOWN: Final = 0.9
"""Share of a place that the template must show for the two to be compared there."""


class DescribeArgs(Record):
    """Arguments of `describe`."""

    place: str = Field(default="region-1", description=f"where: {PLACE_HELP}", max_length=100)


class RegionMeasures(Record):
    """What was measured at one place.

    bbox: [x0, y0, x1, y1], original pixels, end-exclusive. stands_out: whether the map exceeds the normal
    range there; where it does, the measures are of what exceeds it, else of the whole place. shape,
    length_px, width_px, orientation_deg, solidity, colour: as `scoring.regions.RegionDescription` has
    them. contrast: grey levels against the surroundings. template: id of the nearest good part;
    template_contrast: grey levels against the same place of it, or null where the two images do not lie on
    each other. times_limit: the map's peak there over the highest value that is normal for the product.
    """

    id: str
    bbox: tuple[int, int, int, int]
    cell: str
    area_px: int
    area_share: float
    stands_out: bool
    times_limit: float
    shape: str
    length_px: float
    width_px: float
    orientation_deg: float | None
    solidity: float
    contrast: float
    template: str
    template_contrast: float | None
    colour: str | None
    text: str


def describe(part: Part, place: str = "region-1") -> RegionMeasures:
    """Measure one place: shape, size, orientation, contrast, colour, and the nearest good part there."""
    placed = region_at(part, place)
    region, pixels = placed.region, part.pixels
    hit, aligned = nearest_template(part)
    seen = describe_region(pixels, region)
    contrast = None
    if aligned.matches and aligned.shown[region.mask].mean() >= LEAST_SHOWN:
        contrast = describe_region(pixels, region, aligned.pixels).contrast
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
        colour=seen.colour,
        text=_sentence(seen, placed.stands_out, placed.times_limit, contrast),
    )


def nearest_template(part: Part) -> tuple[TemplateHit, Aligned]:
    """Return the product's template nearest to the image, and it laid over the image."""
    encoded, context = part.cached.encoded, part.context
    hit = context.templates.nearest(part.product, encoded.embedding, 1)[0]
    other = load_image(hit.path, max_pixels=context.images.max_pixels).pixels
    return hit, align(part.pixels, encoded.frame, other, context.model.frame(other))


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
