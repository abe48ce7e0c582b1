"""Anomalous regions of an image, and images of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomaly_core.errors import ConfigError
from anomaly_core.imaging.zones import on_original, zone_at
from anomaly_core.results import Region
from anomaly_core.scoring.measurement import describe_region
from anomaly_core.scoring.regions import region_of_mask
from tools.changes import change_at
from tools.context import Part
from tools.drawing import BRIGHTEST, write_pictures
from tools.locations import ZONE, Box, box_of
from tools.records import FilesRecord, LookRecord, MeasuredRegion, Record


@dataclass(frozen=True)
class PlacedRegion:
    """The region at a place. stands_out: whether it is anomalous, by the map or the layout.

    times_limit: the map's peak there, in units of the limit of a normal pixel. judged: share of the place, in
    [0, 1], that is judged: of an aligned part's image what lies beside the part is not.
    """

    region: Region
    stands_out: bool
    times_limit: float
    judged: float = 1.0


def locate(part: Part) -> list[MeasuredRegion]:
    """List the anomalous regions: box in pixels, 3x3 cell, area, score, and a measured description."""
    found = []
    for number, region in enumerate(part.inspection.regions, start=1):
        look = _look(part, region)
        length, width = (None, None) if look is None else (look.length_px, look.width_px)
        found.append(
            MeasuredRegion(
                id=f"region-{number}",
                bbox=region.bbox,
                cell=region.cell,
                area_px=region.area_px,
                score=round(region.score, 4),
                zone=zone_at(part.model.zones, part.encoded.frame, region.centroid),
                beside=region.beside,
                length_px=length,
                width_px=width,
                length_mm=_in_mm(length, part.model.mm_per_px),
                width_mm=_in_mm(width, part.model.mm_per_px),
                text=region.text,
                look=look,
            )
        )
    return found


def _in_mm(pixels: float | None, mm_per_px: float | None) -> float | None:
    return None if pixels is None or mm_per_px is None else round(pixels * mm_per_px, 3)


def _look(part: Part, region: Region) -> LookRecord | None:
    """Return how an area of the map looks; None for a layout's finding, whose words are its own."""
    seen = describe_region(part.pixels, region)
    if seen.text != region.text:
        return None
    changed = change_at(part, region)
    return LookRecord(
        shape=seen.shape,
        length_px=round(seen.length_px, 1),
        width_px=round(seen.width_px, 1),
        contrast=round(seen.contrast, 1),
        colour=seen.colour,
        change=None if changed is None else changed.change,
        shown=None if changed is None else changed.shown,
    )


def region_at(part: Part, place: str) -> PlacedRegion:
    """Return the anomalous region at a place, see `tools.locations`, else the whole place.

    place: also "zone NAME", a zone of the product. Raises ConfigError where there is no such place.
    """
    model, found = part.model, part.inspection
    values = found.anomaly_map.values
    mask = _mask_of(part, place)
    times_limit = float(values[mask].max()) / model.pixel_threshold
    box = region_of_mask(mask, score=0.0).bbox
    for region in found.regions:
        if region.bbox == box:
            return PlacedRegion(region, True, times_limit)
    above = mask & (values >= model.region_threshold(values))
    stands_out = bool(above.any())
    judged = float(part.encoded.frame.shown()[mask].mean())
    where = region_of_mask(above if stands_out else mask, score=0.0)
    return PlacedRegion(where, stands_out, times_limit, round(judged, 3))


def _mask_of(part: Part, place: str) -> NDArray[np.bool_]:
    """Return the (H, W) mask of a place of the image. Raises ConfigError where there is none."""
    found = part.inspection
    height, width = found.anomaly_map.values.shape
    if place.startswith(ZONE):
        name = place.removeprefix(ZONE)
        zone = next((each for each in part.model.zones if each.name == name), None)
        mask = None if zone is None else on_original(zone, part.encoded.frame)
        if mask is None or not mask.any():
            raise ConfigError(f"no zone {name!r} of {part.product} is on the image: see `iad zone list`.")
        return mask
    x0, y0, x1, y1 = box_of(place, width, height, [region.bbox for region in found.regions])
    mask = np.zeros((height, width), np.bool_)
    mask[y0:y1, x0:x1] = True
    return mask


def box_at(part: Part, place: str) -> Box:
    """Return the box of a place as `region_at` takes it. Raises ConfigError where there is no such place."""
    return region_of_mask(_mask_of(part, place), score=0.0).bbox


def strongest_region(part: Part) -> Region:
    """Return the region of the map's peak, also for an image that was judged normal."""
    return part.model.regions(part.inspection.image, part.inspection.scores, most=1)[0]


class PeakRecord(Record):
    """The place of the map's highest value, whatever the verdict."""

    bbox: tuple[int, int, int, int]
    cell: str
    times_limit: float

    @property
    def text(self) -> str:
        """The place in words."""
        return (
            f"the most unusual place is at the {self.cell}, box {list(self.bbox)}, at {self.times_limit:.2f} "
            "times the limit of a normal pixel"
        )


def locate_peak(part: Part) -> PeakRecord:
    """Find the most unusual place of the image, also where nothing is anomalous."""
    region, peak = strongest_region(part), float(part.inspection.anomaly_map.values.max())
    return PeakRecord(
        bbox=region.bbox, cell=region.cell, times_limit=round(peak / part.model.pixel_threshold, 3)
    )


class ZonesRecord(Record):
    """The product's zones that are on the image, in words and as boxes."""

    text: str
    boxes: dict[str, Box] = Field(default_factory=dict, description="by name: x0, y0, x1, y1")


def locate_zones(part: Part) -> ZonesRecord:
    """List the named areas of the product, with their boxes on this image."""
    told: list[str] = []
    boxes: dict[str, Box] = {}
    for zone in part.model.zones:
        mask = on_original(zone, part.encoded.frame)
        if mask.any():
            boxes[zone.name] = box = region_of_mask(mask, score=0.0).bbox
            told.append(f"zone {zone.name}: box {list(box)}{', not judged' if zone.ignored else ''}")
    return ZonesRecord(text="; ".join(told) or "the product has no zone on this image", boxes=boxes)


def draw(part: Part, out: Path) -> FilesRecord:
    """Write the heat map, the mask and the overlay as PNG files. Raises ConfigError."""
    found = part.inspection
    return write_pictures(
        part.pixels,
        found.anomaly_map.values,
        found.regions,
        out,
        f"{Path(part.image).stem}-{part.sha256[:8]}",
        vmax=BRIGHTEST * part.model.pixel_threshold,
    )
