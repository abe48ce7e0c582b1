"""Size of the part in the image, for a scale from its known length."""

from __future__ import annotations

import cv2
import numpy as np
from pydantic import Field

from anomaly_core.imaging.foreground import foreground_mask
from tools.context import Part
from tools.locations import Box
from tools.records import Record


class PartSizeRecord(Record):
    """Sides of the smallest rectangle around the part; null without a plain background."""

    length_px: float | None = Field(description="the longer side, original pixels")
    width_px: float | None
    area_px: int | None = Field(None, description="pixels within its outline")
    box: Box | None = Field(None, description="[x0, y0, x1, y1] of its outline, end-exclusive")

    @property
    def text(self) -> str:
        """The size in words."""
        if self.length_px is None:
            return "the part's outline can't be told from its background, so its length isn't measured"
        return f"the part is {self.length_px:.0f} px long and {self.width_px:.0f} px wide"


def measure_part(part: Part) -> PartSizeRecord:
    """Measure the part's own length and width in pixels, by its outline on a plain background."""
    mask = foreground_mask(part.pixels)
    if mask is None:
        return PartSizeRecord(length_px=None, width_px=None)
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    largest = max(contours, key=cv2.contourArea)
    width, height = (float(side) + 1 for side in cv2.minAreaRect(largest)[1])
    x, y, across, down = cv2.boundingRect(largest)
    return PartSizeRecord(
        length_px=round(max(width, height), 1),
        width_px=round(min(width, height), 1),
        area_px=round(cv2.contourArea(largest)),
        box=(x, y, x + across, y + down),
    )
