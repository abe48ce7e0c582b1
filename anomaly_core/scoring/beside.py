"""Regions that lie wholly beside the part, on its plain background, such as a hair on the tray."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from anomaly_core.imaging.foreground import foreground_mask
from anomaly_core.results import Region

NEAR: Final = 0.02
"""Distance from the part, as a share of the image's longer side, within which a region belongs to it."""


def beside_part(pixels: NDArray[np.uint8], regions: Sequence[Region]) -> list[bool]:
    """Return of each region whether it lies beside the part, further than `NEAR`.

    pixels: (H, W, 3) uint8 RGB. None does where the part isn't a single piece on a plain background: a
    region beside several pieces may be where one is missing.
    """
    mask = foreground_mask(pixels) if regions else None
    if mask is None or cv2.connectedComponents(mask.astype(np.uint8))[0] != 2:
        return [False] * len(regions)
    margin = round(NEAR * max(mask.shape))
    near = []
    for region in regions:
        x0, y0, x1, y1 = region.bbox
        near.append(mask[max(y0 - margin, 0) : y1 + margin, max(x0 - margin, 0) : x1 + margin].any())
    return [not one for one in near]
