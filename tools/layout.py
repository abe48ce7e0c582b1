"""Component count and layout of an image, against the good parts."""

from __future__ import annotations

from pydantic import Field

from anomaly_core.imaging.components import Component
from anomaly_core.product import INDEPENDENT_SHARE
from anomaly_core.scorers.layout import layout_of
from anomaly_core.scoring.measurement import colour_word
from anomaly_core.scoring.scorer import LAYOUT
from tools.context import Part
from tools.detect import rounded_p
from tools.locations import cell_of_box
from tools.records import Record


class ComponentRecord(Record):
    """One component."""

    id: str
    bbox: tuple[int, int, int, int] = Field(description="[x0, y0, x1, y1], original pixels, end-exclusive")
    cell: str
    area_px: int
    elongation: float = Field(description="length over breadth, >= 1")
    colour: str | None


class CountRecord(Record):
    """The components of an image."""

    id: str
    count: int | None = Field(description="null where no background can be segmented")
    components: list[ComponentRecord] = Field(description="top to bottom")

    @property
    def text(self) -> str:
        """The count in one sentence."""
        if self.count is None:
            return "the components cannot be counted: the image shows no background that they stand out from"
        if self.count == 0:
            return "no component stands out from the background"
        where = ", ".join(f"{c.id} at the {c.cell} ({c.area_px} px)" for c in self.components)
        return f"{self.count} component{'' if self.count == 1 else 's'}: {where}"


class FindingRecord(Record):
    """A finding of the layout; see `anomaly_core.scoring.scorer.Finding`."""

    kind: str
    bbox: tuple[int, int, int, int] | None
    expected: tuple[int, int, int, int] | None
    text: str


class LayoutRecord(Record):
    """The layout of an image against that of the good parts; null values where it cannot be compared."""

    id: str
    learned: bool = Field(description="whether the product has a layout")
    p_value: float | None = Field(description="probability that a good part deviates as much")
    limit: float = Field(description="p-value below which the layout makes the part anomalous")
    count: int | None = Field(description="components of the image")
    expected: int | None = Field(description="components of the good parts")
    findings: list[FindingRecord]

    @property
    def text(self) -> str:
        """The comparison in one sentence."""
        if not self.learned:
            return "no layout to compare: the good parts are not several separate components, always as many"
        if self.p_value is None:
            return "the layout cannot be judged: the image shows no background that components stand out from"
        counted = f"{self.count} components, {self.expected} in the good parts (p-value {self.p_value:.3g})"
        if not self.findings:
            return f"the layout is that of the good parts: {counted}"
        return f"{'; '.join(finding.text for finding in self.findings)}; {counted}"


def count_components(part: Part) -> CountRecord:
    """Count the separate pieces that stand out from the background, with their place, size and colour."""
    found = part.encoded.components
    height, width = part.pixels.shape[:2]
    return CountRecord(
        id="components",
        count=None if found is None else len(found),
        components=[_record(f"component-{n}", c, width, height) for n, c in enumerate(found or [], 1)],
    )


def check_layout(part: Part) -> LayoutRecord:
    """Compare the components with the good parts': which are missing, extra, moved, swapped, changed."""
    model, found = part.model, part.inspection
    alpha = found.verdict.alpha
    score, state = found.scores.get(LAYOUT), model.states.get(LAYOUT)
    learned = state is not None
    p_value = None if score is None else model.independent[LAYOUT].p_value(score.log_score)
    return LayoutRecord(
        id="layout",
        learned=learned,
        p_value=None if p_value is None else rounded_p(p_value),
        limit=alpha * INDEPENDENT_SHARE,
        count=None if score is None else len(found.image.components or ()),
        expected=None if score is None or state is None else len(state.derived(layout_of).slots),
        findings=[
            FindingRecord(kind=f.kind, bbox=f.bbox, expected=f.expected, text=f.text)
            for f, _ in model.findings(found.scores, alpha, alpha)
        ],
    )


def _record(name: str, component: Component, width: int, height: int) -> ComponentRecord:
    return ComponentRecord(
        id=name,
        bbox=component.bbox,
        cell=cell_of_box(component.bbox, width, height),
        area_px=component.area_px,
        elongation=round(component.elongation, 2),
        colour=colour_word(component.rgb),
    )
