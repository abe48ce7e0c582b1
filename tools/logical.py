"""Counting the components of an image, and comparing their layout with that of the good parts."""

from __future__ import annotations

from langchain_core.tools import BaseTool, tool
from pydantic import Field

from anomaly_core.components import Component, find_components
from anomaly_core.regions import colour_word
from tools.detect import ImageArgs
from tools.places import cell_of_box
from tools.records import Record
from tools.services import Services


class CountArgs(ImageArgs):
    """Arguments of `count_components`."""

    sha256: str = Field(description="hash that open_image returned")


class ComponentRecord(Record):
    """One component. bbox: [x0, y0, x1, y1], original pixels; elongation: length over breadth, >= 1."""

    id: str
    bbox: tuple[int, int, int, int]
    cell: str
    area_px: int
    elongation: float
    colour: str | None


class CountRecord(Record):
    """The components of an image, top to bottom. count: null where no background can be told from them."""

    id: str
    count: int | None
    components: list[ComponentRecord]

    @property
    def text(self) -> str:
        """The count in one sentence."""
        if self.count is None:
            return "the components cannot be counted: the image shows no background that they stand out from"
        if self.count == 0:
            return "no component stands out from the background"
        where = ", ".join(f"{c.id} at the {c.cell} ({c.area_px} px)" for c in self.components)
        return f"{self.count} component{'' if self.count == 1 else 's'}: {where}"


def logical_tools(services: Services) -> list[BaseTool]:
    """Return `count_components`."""

    @tool(args_schema=CountArgs, response_format="content_and_artifact")
    def count_components(image: str, sha256: str) -> tuple[str, CountRecord]:
        """Count the separate pieces that stand out from the background, with their place, size and colour."""
        pixels = services.passes.get(image, sha256).image.pixels
        found = find_components(pixels)
        height, width = pixels.shape[:2]
        record = CountRecord(
            id="components",
            count=None if found is None else len(found),
            components=[_record(f"component-{n}", c, width, height) for n, c in enumerate(found or [], 1)],
        )
        return record.text, record

    return [count_components]


def _record(name: str, component: Component, width: int, height: int) -> ComponentRecord:
    return ComponentRecord(
        id=name,
        bbox=component.bbox,
        cell=cell_of_box(component.bbox, width, height),
        area_px=component.area_px,
        elongation=round(component.elongation, 2),
        colour=colour_word(component.rgb),
    )
