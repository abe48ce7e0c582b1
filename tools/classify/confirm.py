"""Confirmed examples: a region with a human label, and its features."""

from __future__ import annotations

import uuid
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from anomaly_core.errors import ConfigError
from anomaly_core.results import Region
from anomaly_core.scoring.region_embedding import Vector, region_vector
from anomaly_core.scoring.regions import region_of_mask
from knowledge.products.examples import Example
from tools.context import Context, Part
from tools.detect import open_image
from tools.localize import region_at, strongest_region


def features_of(part: Part, region: Region) -> Vector:
    """Return the features of a region for comparison with confirmed examples."""
    return region_vector(part.pixels, region, part.encoded, part.model.bank)


def example_of(
    context: Context,
    product: str,
    defect: str,
    image: Path,
    *,
    mask: NDArray[np.bool_] | None = None,
    place: str = "region-1",
    id_: str | None = None,
) -> tuple[Example, Vector]:
    """Return a confirmed example of a defect type on an image, and its features, for `put_example`.

    mask: (H, W) bool of the defect; without it the region at `place`, or the strongest one of an image
    without regions. id_: of the example; a new one if None.
    Raises UnknownProduct, UnreadableImage, ConfigError for an empty mask or one of another size.
    """
    part = Part(context, str(image), open_image(context, str(image)).sha256, product)
    if mask is not None:
        if mask.shape != part.pixels.shape[:2]:
            raise ConfigError(
                f"{image}: the mask is {mask.shape}, of another size than the image: mark it anew"
            )
        region = region_of_mask(mask, score=1.0)
    elif place == "region-1" and not part.inspection.regions:
        region = strongest_region(part)
    else:
        region = region_at(part, place).region
    example = Example(
        id=id_ or uuid.uuid4().hex[:12],
        defect=defect.strip(),
        sha256=part.sha256,
        file_name=image.name,
        bbox=region.bbox,
        encoder=part.detector.encoder.name,
    )
    return example, features_of(part, region)
