"""Images of an inspection: heat map, mask, and overlay on the original."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from anomaly_core.files import write_whole
from anomaly_core.results import Region
from tools.records import FilesRecord

HEAT: Final = cv2.COLORMAP_INFERNO
"""Perceptually uniform colour map, also in grey and for colour-blind viewers."""
BOX: Final = (255, 32, 32)
FAINTEST: Final = 0.25
STRONGEST: Final = 0.55
"""Opacity of the overlay in a region, where the map is 0 and where it is vmax."""
BRIGHTEST: Final = 3.0
"""Map value of the brightest colour, in units of the limit of a normal pixel; on all pictures the same."""
WARM: Final = 0.45
"""Lowest value of the colour map in the overlay; darker colours are invisible on a dark part."""


def write_pictures(
    pixels: NDArray[np.uint8],
    map_values: NDArray[np.float32],
    regions: Sequence[Region],
    out: Path,
    stem: str,
    vmax: float,
) -> FilesRecord:
    """Write heat map, mask and overlay as PNG files into `out`, which is made where missing.

    pixels: (H, W, 3) uint8 RGB. map_values: (H, W) float32 >= 0. stem: unique name of the image, such as its
    path. vmax: map value > 0 of the brightest colour, from the calibration, so that a good part stays dark.

    Raises ValueError for shapes that differ or a vmax that is not positive, ConfigError where `out` cannot be
    written.
    """
    height, width = pixels.shape[:2]
    if map_values.shape != (height, width):
        raise ValueError(f"the map is {map_values.shape}, the image {(height, width)}")
    if not vmax > 0:
        raise ValueError(f"vmax is {vmax}, it must be above 0")
    name = safe_name(stem)
    heat, mask = heat_of(map_values, vmax), mask_of(regions, height, width)
    return FilesRecord(
        heatmap=save_picture(heat_colours(heat), out / f"{name}-heatmap.png"),
        mask=save_picture(np.where(mask, np.uint8(255), np.uint8(0)), out / f"{name}-mask.png"),
        overlay=save_picture(draw_overlay(pixels, heat, mask, regions), out / f"{name}-overlay.png"),
    )


def safe_name(stem: str) -> str:
    """Return a safe, unique file name for `stem`: the plain characters of its last part, and a hash of it."""
    digest = hashlib.sha256(stem.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    last = re.split(r"[/\\]", stem)[-1].rsplit(".", 1)[0]
    words = re.sub(r"[^A-Za-z0-9_-]+", "-", last).strip("-")[:60]
    return f"{words or 'image'}-{digest}"


def heat_of(map_values: NDArray[np.float32], vmax: float) -> NDArray[np.float32]:
    """Return an (H, W) anomaly map in [0, 1]: 1 from `vmax` on, and where it is not a number."""
    heat = np.clip(np.nan_to_num(map_values / vmax, nan=1.0), 0.0, 1.0)
    return np.asarray(heat, dtype=np.float32)


def mask_of(regions: Sequence[Region], height: int, width: int) -> NDArray[np.bool_]:
    """Return the (height, width) mask of all regions."""
    mask = np.zeros((height, width), np.bool_)
    for region in regions:
        mask |= region.mask
    return mask


def heat_colours(heat: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return (H, W) values in [0, 1] as (H, W, 3) uint8 RGB colours."""
    levels = np.asarray(np.minimum(heat * 256, 255), dtype=np.uint8)
    return np.asarray(cv2.cvtColor(cv2.applyColorMap(levels, HEAT), cv2.COLOR_BGR2RGB), dtype=np.uint8)


def draw_overlay(
    pixels: NDArray[np.uint8],
    heat: NDArray[np.float32],
    above_normal: NDArray[np.bool_],
    regions: Sequence[Region],
) -> NDArray[np.uint8]:
    """Return the (H, W, 3) uint8 image with translucent heat, see `blend`, and a box around each region."""
    return draw_boxes(blend(pixels, heat, above_normal), regions)


def blend(
    pixels: NDArray[np.uint8], heat: NDArray[np.float32], above_normal: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """Return the image with translucent heat, (H, W) in [0, 1], on the (H, W) bool mask `above_normal`."""
    opacity = (above_normal * (FAINTEST + (STRONGEST - FAINTEST) * heat))[..., None]
    blended = (1.0 - opacity) * pixels + opacity * heat_colours(WARM + (1.0 - WARM) * heat)
    return np.asarray(np.round(blended), dtype=np.uint8)


def draw_boxes(pixels: NDArray[np.uint8], regions: Sequence[Region]) -> NDArray[np.uint8]:
    """Return the (H, W, 3) uint8 image with a box just outside each region."""
    picture = Image.fromarray(pixels)
    draw = ImageDraw.Draw(picture)
    line = max(1, round(min(picture.size) / 200))
    for region in regions:
        x0, y0, x1, y1 = region.bbox
        # Pillow's box includes its end, a region's does not.
        draw.rectangle((x0 - line, y0 - line, x1 - 1 + line, y1 - 1 + line), outline=BOX, width=line)
    return np.asarray(picture)


def save_picture(picture: NDArray[np.uint8], path: Path) -> str:
    """Write an (H, W, 3) or (H, W) uint8 picture as PNG and return its path.

    Raises ConfigError where it cannot be written.
    """
    encoded = BytesIO()
    Image.fromarray(picture).save(encoded, format="PNG")
    write_whole(path, encoded.getvalue())
    return str(path)
