"""What an inspected image is found to be: the verdict and the regions of map and layout together.

One place for both, so that a region has the same number in every tool.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anomaly_core.inspection import Region, Verdict
from anomaly_core.layout.model import LayoutVerdict, combine
from anomaly_core.scoring.regions import describe_region, region_of_mask
from tools.cache import ImagePass
from tools.context import Services
from tools.locations import box_of


@dataclass(frozen=True)
class PlacedRegion:
    """The region at a place. stands_out: whether the map exceeds the normal range there, or the layout does.

    times_limit: the map's peak there over the highest value that is normal for the product.
    """

    region: Region
    stands_out: bool
    times_limit: float


@dataclass(frozen=True)
class FoundRegion:
    """A region and its measured description."""

    region: Region
    text: str


def layout_of(services: Services, image_pass: ImagePass, product: str) -> LayoutVerdict | None:
    """Return what the product's layout says, or None: it has none, or the image's parts cannot be told."""
    layout = services.layout_model(product)
    components = None if layout is None else image_pass.components()
    if layout is None or components is None:
        return None
    pixels = image_pass.image.pixels
    return layout.judge_components(components, (pixels.shape[0], pixels.shape[1]))


def verdict_of(services: Services, image_pass: ImagePass, product: str) -> Verdict:
    """Return the calibrated verdict of map and layout together."""
    _, verdict, _ = image_pass.decoded(product, services.product_model(product))
    return combine(verdict, layout_of(services, image_pass, product))


def regions_of(services: Services, image_pass: ImagePass, product: str) -> list[FoundRegion]:
    """Return the regions, "region-1" first: what is wrong with the layout, then what the map shows.

    A part that is missing where places do not count lies nowhere, and is no region.
    """
    _, _, regions = image_pass.decoded(product, services.product_model(product))
    pixels = image_pass.image.pixels
    layout = layout_of(services, image_pass, product)
    found = [FoundRegion(region, describe_region(pixels, region).text) for region in regions]
    if layout is None:
        return found
    wrong = []
    for finding in layout.findings:
        if finding.bbox is None:
            continue
        x0, y0, x1, y1 = finding.bbox
        mask = np.zeros(pixels.shape[:2], np.bool_)
        mask[y0:y1, x0:x1] = True
        wrong.append(FoundRegion(region_of_mask(mask, score=1.0 - layout.p_value), finding.text))
    return wrong + found


def region_at(services: Services, image_pass: ImagePass, product: str, place: str) -> PlacedRegion:
    """Return the region at a place, see `tools.locations`: what stands out there, else the whole place.

    Raises ConfigError where there is no such place.
    """
    model = services.product_model(product)
    anomaly_map, _, _ = image_pass.decoded(product, model)
    regions = [each.region for each in regions_of(services, image_pass, product)]
    height, width = anomaly_map.values.shape
    x0, y0, x1, y1 = box_of(place, width, height, [region.bbox for region in regions])
    mask: NDArray[np.bool_] = np.zeros((height, width), np.bool_)
    mask[y0:y1, x0:x1] = True
    times_limit = float(anomaly_map.values[mask].max()) / model.pixel_threshold
    for region in regions:
        if region.bbox == (x0, y0, x1, y1):
            return PlacedRegion(region, True, times_limit)
    above = mask & (anomaly_map.values >= model.region_threshold(anomaly_map.values))
    stands_out = bool(above.any())
    return PlacedRegion(region_of_mask(above if stands_out else mask, score=0.0), stands_out, times_limit)


def strongest_region(services: Services, image_pass: ImagePass, product: str) -> Region:
    """Return where the map is highest, also on an image that was judged normal."""
    model = services.product_model(product)
    values = image_pass.decoded(product, model)[0].values
    return model.regions(values, most=1)[0]
