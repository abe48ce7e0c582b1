"""The result of inspecting one image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from anomaly_core.decoders.patches import EncodedImage
from anomaly_core.imaging.quality import Quality
from anomaly_core.results import AnomalyMap, Array, LanguageAnswer, Region, Verdict
from anomaly_core.scoring.beside import beside_part
from anomaly_core.scoring.measurement import describe_region
from anomaly_core.scoring.regions import region_of_box, region_of_mask
from anomaly_core.scoring.scorer import Finding, Score


@dataclass(frozen=True, eq=False)
class Inspection:
    """One inspected image.

    regions: layout findings, then areas of the map, each strongest first, those beside the part last; none
        where the part is clearly normal. scores: by scorer. language: the language model's answer.
    image: the encoded image.
    quality: of the image, None where the product has no limits of it.
    timings_ms: milliseconds of "encode", "decode" and "llm".
    """

    verdict: Verdict
    anomaly_map: AnomalyMap
    regions: tuple[Region, ...]
    scores: Mapping[str, Score]
    language: LanguageAnswer
    image: EncodedImage
    quality: Quality | None
    timings_ms: Mapping[str, float]


def marked(values: Array, wrong: Sequence[tuple[Finding, float]], limit: float) -> Array:
    """Return an (H, W) map in which the areas that another scorer outlines stand as high as they do there.

    wrong: findings with their scores. limit: of a normal pixel, in the map's unit.
    """
    for finding, _ in wrong:
        if finding.mask is not None:
            values = np.where(finding.mask, np.maximum(values, np.float32(limit * finding.times)), values)
    return values


def described_regions(
    image: EncodedImage, wrong: Sequence[tuple[Finding, float]], shown: Sequence[Region]
) -> tuple[Region, ...]:
    """Return the scorers' findings as regions, then the map's regions, each with a description.

    Findings with an outline of their own come behind the latter, unless one of these touches them. Those
    beside the part come last. wrong: findings with their scores in [0, 1]; one without a box, such as a part
    missing from a layout without fixed places, gives no region.
    """
    found = [
        replace(region_of_box(finding.bbox, image.size, score=score), text=finding.text)
        for finding, score in wrong
        if finding.bbox is not None
    ]
    areas = list(shown)
    for finding, score in wrong:
        # An area that another scorer outlines is told once.
        if finding.mask is not None and not any((finding.mask & each.mask).any() for each in areas):
            areas.append(region_of_mask(finding.mask, score=score))
    described = [
        replace(region, text=describe_region(image.pixels, region).text, beside=beside)
        for region, beside in zip(areas, beside_part(image.pixels, areas), strict=True)
    ]
    return (*found, *sorted(described, key=lambda region: region.beside))
