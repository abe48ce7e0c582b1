"""Visual prompting: regions drawn on the image for a vision-language model.

The notations are those of MMAD's agent (Jiang et al., ICLR 2025): box, contour, highlight, mask.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from anomaly_core.results import Region
from tools.context import Part
from tools.drawing import BOX, BRIGHTEST, blend, draw_boxes, heat_of, mask_of, save_picture

Notation = Literal["box", "contour", "highlight", "mask"]

_MARKS: Final = {
    "box": "Red boxes mark",
    "contour": "Red outlines mark",
    "highlight": "Warm colours mark",
    "mask": "White marks",
}


def show_regions(part: Part, out: Path, notation: Notation = "box") -> tuple[str, str]:
    """Draw an image's regions on it; return the path and a caption. Raises ConfigError."""
    found = part.inspection
    heat = heat_of(found.anomaly_map.values, BRIGHTEST * part.model.pixel_threshold)
    picture = draw_notation(notation, part.pixels, heat, found.regions)
    path = save_picture(picture, out / f"{part.sha256[:8]}-{notation}.png")
    if not found.regions:
        return path, "No area exceeds the product's normal range."
    where = ", ".join(dict.fromkeys(region.cell for region in found.regions))
    what = "what exceeds the normal range of the product's good parts"
    return path, f"{_MARKS[notation]} {what}: {len(found.regions)} at the {where}."


def draw_notation(
    notation: Notation, pixels: NDArray[np.uint8], heat: NDArray[np.float32], regions: Sequence[Region]
) -> NDArray[np.uint8]:
    """Mark the regions on an (H, W, 3) image; "mask" gives (H, W), 255 in a region. heat: in [0, 1]."""
    mask = mask_of(regions, *pixels.shape[:2])
    if notation == "box":
        return draw_boxes(pixels, regions)
    if notation == "highlight":
        return blend(pixels, heat, mask)
    if notation == "mask":
        return np.where(mask, np.uint8(255), np.uint8(0))
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    picture = np.ascontiguousarray(pixels).copy()
    cv2.drawContours(picture, contours, -1, BOX, max(1, round(min(mask.shape) / 200)))
    return picture
