"""Any detector as an expert: its map drawn on the image in a notation that a vision-language model reads.

The notations are those of MMAD's agent (Jiang et al., ICLR 2025): box, contour, highlight, mask. A map from
a file has no calibration, so the picture says where that detector points and not whether it is right.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
from langchain_core.tools import BaseTool, tool
from pydantic import Field

from anomaly_core.errors import ConfigError
from anomaly_core.inspection import Array, Region
from anomaly_core.scoring.regions import MOST_REGIONS, find_regions, regions_of_mask
from tools.context import Services
from tools.detect import ImageArgs
from tools.drawing import Notation, draw_notation, safe_name, save_picture
from tools.findings import regions_of
from tools.map_files import is_mask, read_map, squash
from tools.records import Record, RegionRecord

OURS = "ours"


class ShowMapArgs(ImageArgs):
    """Arguments of `show_map`."""

    sha256: str = Field(description="hash that open_image returned")
    out: str = Field(description="folder for the picture")
    map: str = Field(
        default=OURS,
        description='"ours" for the calibrated few-shot map, or the path of a map: .npy, .png or .tiff',
    )
    notation: Notation = Field(default="box", description="how the anomalous areas are marked")
    product: str | None = Field(default=None, description='name of the enrolled product, needed for "ours"')


class MapRecord(Record):
    """A map drawn on its image.

    id: to cite, "map:ours" or "map:FILE". regions: the marked areas, strongest first; scores are in the
    normal range's unit where `calibrated`, else in the map's own range, [0, 1]. level: the map's value from
    which a pixel is marked. picture: path of the PNG. caption: what the picture shows, for its reader.
    """

    id: str
    source: str
    kind: Literal["ours", "mask", "scores"]
    calibrated: bool
    notation: Notation
    level: float
    regions: list[RegionRecord]
    picture: str
    caption: str


def expert_tools(services: Services) -> list[BaseTool]:
    """Return `show_map`."""

    @tool(args_schema=ShowMapArgs, response_format="content_and_artifact")
    def show_map(
        image: str,
        sha256: str,
        out: str,
        map: str = OURS,
        notation: Notation = "box",
        product: str | None = None,
    ) -> tuple[str, MapRecord]:
        """Draw an anomaly map on the image: ours, or another detector's or a mask from a file."""
        image_pass = services.passes.get(image, sha256)
        pixels = image_pass.image.pixels
        kind: Literal["ours", "mask", "scores"] = "ours"
        if map == OURS:
            if product is None:
                raise ConfigError('our map needs the product: give its name, or the path of a map as "map"')
            model = services.product_model(product)
            anomaly_map, _, _ = image_pass.decoded(product, model)
            regions = [each.region for each in regions_of(services, image_pass, product)]
            values, level = anomaly_map.values, model.region_threshold(anomaly_map.values)
            heat = np.clip(values / (3 * model.pixel_threshold), 0.0, 1.0)
        else:
            height, width = pixels.shape[:2]
            values = read_map(Path(map), height, width, max_pixels=services.passes.max_pixels)
            kind = "mask" if is_mask(values) else "scores"
            heat = squash(values)
            level, regions = _marked(values, kind)
        picture = draw_notation(notation, pixels, np.asarray(heat, dtype=np.float32), regions)
        source = OURS if kind == "ours" else Path(map).name
        name = f"{safe_name(f'{image}{map}')}-{notation}.png"
        record = MapRecord(
            id=f"map:{source}",
            source=source,
            kind=kind,
            calibrated=kind == "ours",
            notation=notation,
            level=level,
            regions=[
                RegionRecord(bbox=r.bbox, cell=r.cell, area_px=r.area_px, score=round(r.score, 4))
                for r in regions
            ],
            picture=save_picture(picture, Path(out) / name),
            caption=_caption(kind, notation, regions),
        )
        return f"{record.caption} The picture is {record.picture}.", record

    return [show_map]


def _marked(values: Array, kind: Literal["mask", "scores"]) -> tuple[float, list[Region]]:
    """The level and the regions of a map from a file: a mask's own, or what exceeds half its range.

    Half-way from the median to the peak is the rule of `ProductModel.region_threshold` without the normal
    range, which a foreign map does not have.
    """
    low, high = float(values.min()), float(values.max())
    if high <= low:
        return high, []
    if kind == "mask":
        return high, regions_of_mask(values == high)[:MOST_REGIONS]
    level = (float(np.median(values)) + high) / 2
    return level, find_regions(values, threshold=level, scale=high - level)


def _caption(kind: Literal["ours", "mask", "scores"], notation: Notation, regions: list[Region]) -> str:
    marks = {
        "box": "Red boxes mark",
        "contour": "Red outlines mark",
        "highlight": "Warm colours mark",
        "mask": "White marks",
    }
    if not regions:
        return "The map marks no area." if kind != "ours" else "No area exceeds the product's normal range."
    where = ", ".join(dict.fromkeys(region.cell for region in regions))
    what = {
        "ours": "what exceeds the normal range of the product's good parts",
        "mask": "the areas of the given mask",
        "scores": "what exceeds half the range of a given map; it is not calibrated, so it marks something "
        "on every image",
    }
    return f"{marks[notation]} {what[kind]}: {len(regions)} at the {where}."
