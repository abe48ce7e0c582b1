"""Anomalous regions of an image, and images of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from anomaly_core.results import Region
from anomaly_core.scoring.regions import region_of_mask
from anomaly_core.scoring.scorer import FEW_SHOT
from tools.context import Part
from tools.drawing import write_pictures
from tools.locations import box_of
from tools.records import FilesRecord, MeasuredRegion


@dataclass(frozen=True)
class PlacedRegion:
    """The region at a place. stands_out: whether it is anomalous, by the map or the layout.

    times_limit: the map's peak there, in units of the limit of a normal pixel.
    """

    region: Region
    stands_out: bool
    times_limit: float


def locate(part: Part) -> list[MeasuredRegion]:
    """List the anomalous regions: box in pixels, 3x3 cell, area, score, and a measured description."""
    return [
        MeasuredRegion(
            id=f"region-{number}",
            bbox=region.bbox,
            cell=region.cell,
            area_px=region.area_px,
            score=round(region.score, 4),
            text=region.text,
        )
        for number, region in enumerate(part.inspection.regions, start=1)
    ]


def region_at(part: Part, place: str) -> PlacedRegion:
    """Return the anomalous region at a place, see `tools.locations`, else the whole place.

    Raises ConfigError where there is no such place.
    """
    model, found = part.model, part.inspection
    values = found.anomaly_map.values
    height, width = values.shape
    x0, y0, x1, y1 = box_of(place, width, height, [region.bbox for region in found.regions])
    mask: NDArray[np.bool_] = np.zeros((height, width), np.bool_)
    mask[y0:y1, x0:x1] = True
    times_limit = float(values[mask].max()) / model.pixel_threshold
    for region in found.regions:
        if region.bbox == (x0, y0, x1, y1):
            return PlacedRegion(region, True, times_limit)
    above = mask & (values >= model.region_threshold(values))
    stands_out = bool(above.any())
    return PlacedRegion(region_of_mask(above if stands_out else mask, score=0.0), stands_out, times_limit)


def strongest_region(part: Part) -> Region:
    """Return the region of the map's peak, also for an image that was judged normal."""
    return part.model.regions(part.inspection.image, part.inspection.scores[FEW_SHOT], most=1)[0]


def draw(part: Part, out: Path) -> FilesRecord:
    """Write the heat map, the mask and the overlay as PNG files. Raises ConfigError."""
    found = part.inspection
    return write_pictures(
        part.pixels,
        found.anomaly_map.values,
        found.regions,
        out,
        f"{Path(part.image).stem}-{part.sha256[:8]}",
        vmax=3 * part.model.pixel_threshold,
    )
