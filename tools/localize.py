"""Where the anomaly is: regions, their measured description, and pictures of them."""

from __future__ import annotations

from pathlib import Path

from langchain_core.tools import BaseTool, tool
from pydantic import Field

from tools.context import Services
from tools.detect import PartArgs
from tools.drawing import write_pictures
from tools.findings import regions_of
from tools.records import FilesRecord, MeasuredRegion


class PictureArgs(PartArgs):
    """Arguments of `draw_anomaly`."""

    out: str = Field(description="folder for the pictures")


def localize_tools(services: Services) -> list[BaseTool]:
    """Return `locate_anomalies` and `draw_anomaly`."""

    @tool(args_schema=PartArgs, response_format="content_and_artifact")
    def locate_anomalies(image: str, sha256: str, product: str) -> tuple[str, list[MeasuredRegion]]:
        """List the anomalous regions: box in pixels, 3x3 cell, area, score, and a measured description."""
        found = regions_of(services, services.passes.get(image, sha256), product)
        measured = [
            MeasuredRegion(
                id=f"region-{number}",
                bbox=each.region.bbox,
                cell=each.region.cell,
                area_px=each.region.area_px,
                score=round(each.region.score, 4),
                text=each.text,
            )
            for number, each in enumerate(found, start=1)
        ]
        lines = [f"{region.id} at the {region.cell}: {region.text}" for region in measured]
        return "; ".join(lines) or "no region stands out", measured

    @tool(args_schema=PictureArgs, response_format="content_and_artifact")
    def draw_anomaly(image: str, sha256: str, product: str, out: str) -> tuple[str, FilesRecord]:
        """Write the heat map, the mask and the overlay of an inspected image as PNG files."""
        image_pass = services.passes.get(image, sha256)
        model = services.product_model(product)
        anomaly_map, _, _ = image_pass.decoded(product, model)
        files = write_pictures(
            image_pass.image.pixels,
            anomaly_map.values,
            [each.region for each in regions_of(services, image_pass, product)],
            Path(out),
            f"{Path(image).stem}-{sha256[:8]}",
            vmax=3 * model.pixel_threshold,
        )
        return f"pictures in {out}", files

    return [locate_anomalies, draw_anomaly]
