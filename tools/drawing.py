"""The pictures of one inspection: heat map, mask, and the original with the anomaly drawn over it."""

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
"""Perceptually uniform, so equal steps of the map look equal, also in grey and to colour-blind eyes."""
BOX: Final = (255, 32, 32)
FAINTEST: Final = 0.25
STRONGEST: Final = 0.55
"""Opacity of the overlay's heat in a region, where the map is 0 and where it is vmax."""
WARM: Final = 0.45
"""Where on the colour map the overlay's heat begins: below it, colours are too dark to see on a dark part."""


def write_pictures(
    pixels: NDArray[np.uint8],
    map_values: NDArray[np.float32],
    regions: Sequence[Region],
    out: Path,
    stem: str,
    vmax: float,
) -> FilesRecord:
    """Write heat map, mask and overlay as PNG files into `out`, which is made if it is not there.

    pixels: (H, W, 3) uint8 RGB. map_values: (H, W) float32, 0 at best, the decoder's unit.
    stem: what the image is known by, unique to it, such as its whole path; any characters.
    vmax: > 0, the map value drawn at full heat. It comes from the calibration, not from this map, so
        that a good part stays dark.

    Raises ValueError for shapes that differ or a vmax that is not positive, and ConfigError where `out`
    cannot be written.
    """
    height, width = pixels.shape[:2]
    if map_values.shape != (height, width):
        raise ValueError(f"the map is {map_values.shape}, the image {(height, width)}")
    if not vmax > 0:
        raise ValueError(f"vmax is {vmax}, it must be above 0")
    name = safe_name(stem)
    heat = np.clip(np.nan_to_num(map_values / vmax, nan=1.0), 0.0, 1.0)
    mask = np.zeros((height, width), np.uint8)
    for region in regions:
        mask[region.mask] = 255
    return FilesRecord(
        heatmap=save_picture(heat_colours(heat), out / f"{name}-heatmap.png"),
        mask=save_picture(mask, out / f"{name}-mask.png"),
        overlay=save_picture(draw_overlay(pixels, heat, mask > 0, regions), out / f"{name}-overlay.png"),
    )


def safe_name(stem: str) -> str:
    """A file name for `stem`: its last part's plain characters, and a hash of the whole.

    Two images of one name in different folders get different names; nothing in a hostile name survives.
    """
    digest = hashlib.sha256(stem.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    last = re.split(r"[/\\]", stem)[-1].rsplit(".", 1)[0]
    words = re.sub(r"[^A-Za-z0-9_-]+", "-", last).strip("-")[:60]
    return f"{words or 'image'}-{digest}"


def heat_colours(heat: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(H, W) in [0, 1] -> (H, W, 3) uint8 RGB."""
    levels = np.asarray(np.minimum(heat * 256, 255), dtype=np.uint8)
    return np.asarray(cv2.cvtColor(cv2.applyColorMap(levels, HEAT), cv2.COLOR_BGR2RGB), dtype=np.uint8)


def draw_overlay(
    pixels: NDArray[np.uint8],
    heat: NDArray[np.float32],
    above_normal: NDArray[np.bool_],
    regions: Sequence[Region],
) -> NDArray[np.uint8]:
    """The image, translucent heat where it is above normal, and a box round each region; (H, W, 3) uint8.

    heat: (H, W) in [0, 1]. above_normal: (H, W) bool. Elsewhere, outlines aside, pixels stay as they are.
    """
    return draw_boxes(blend(pixels, heat, above_normal), regions)


def blend(
    pixels: NDArray[np.uint8], heat: NDArray[np.float32], above_normal: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """Return the image with translucent heat, in [0, 1], where it is above normal."""
    opacity = (above_normal * (FAINTEST + (STRONGEST - FAINTEST) * heat))[..., None]
    blended = (1.0 - opacity) * pixels + opacity * heat_colours(WARM + (1.0 - WARM) * heat)
    return np.asarray(np.round(blended), dtype=np.uint8)


def draw_boxes(pixels: NDArray[np.uint8], regions: Sequence[Region]) -> NDArray[np.uint8]:
    """The image with a box just outside each region; (H, W, 3) uint8."""
    picture = Image.fromarray(pixels)
    draw = ImageDraw.Draw(picture)
    line = max(1, round(min(picture.size) / 200))
    for region in regions:
        x0, y0, x1, y1 = region.bbox
        # Pillow's box includes its end, ours does not; the outline lies just outside the region.
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
