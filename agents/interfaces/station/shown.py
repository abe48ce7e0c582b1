"""What a page shows of an inspected image, be it just inspected or a row of the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agents.desk import Desk
from anomaly_core.results import Decision
from knowledge.catalogue.entries import Entry
from tools.classify.scores import UNKNOWN
from tools.records import InspectionRecord

MOST = 3
"""Candidates of an unknown type."""


@dataclass(frozen=True)
class ShownRegion:
    """An anomalous area. bbox: original pixels. length, width: with their unit, or empty."""

    bbox: tuple[int, int, int, int]
    place: str
    length: str = ""
    width: str = ""


@dataclass(frozen=True)
class Shown:
    """An inspected image.

    size: width and height in pixels. candidates: types that it may be, where none is likely; None of a row
    of the log, which does not hold them. notes: what the catalogue says of type and candidates.
    """

    sha256: str
    name: str
    product: str
    decision: Decision
    p_value: float
    alpha: float
    review: float
    size: tuple[int, int]
    reasons: list[str] = field(default_factory=list)
    regions: list[ShownRegion] = field(default_factory=list)
    defect: str | None = None
    status: str = ""
    candidates: list[str] | None = None
    notes: list[Entry] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def of_record(desk: Desk, record: InspectionRecord) -> Shown:
    """Return what is shown of an inspection."""
    defect = record.defect_type
    unknown = defect is not None and defect.name == UNKNOWN
    candidates = [each.name for each in defect.alternatives[:MOST]] if defect is not None and unknown else []
    return Shown(
        sha256=record.sha256,
        name=record.image.rsplit("/", 1)[-1],
        product=record.product.name,
        decision=record.decision,
        p_value=record.p_value,
        alpha=record.alpha,
        review=record.review,
        size=desk.size(desk.image(record.sha256)),
        reasons=record.reasons,
        regions=[
            ShownRegion(
                each.bbox,
                each.zone or each.cell,
                _length(each.length_mm, each.length_px),
                _length(each.width_mm, each.width_px),
            )
            for each in record.regions
        ],
        defect=None if defect is None else defect.name,
        status="" if defect is None else defect.status,
        candidates=candidates,
        notes=[] if defect is None else _notes(desk, record.product.name, [defect.name, *candidates]),
        warnings=record.warnings,
    )


def of_row(desk: Desk, row: Mapping[str, Any]) -> Shown:
    """Return what is shown of a row of the log. Raises UnreadableImage where its image is gone."""
    defect = row["types"][0] if row["types"] else None
    return Shown(
        sha256=row["sha256"],
        name=row["name"],
        product=row["product"],
        decision=row["decision"],
        p_value=row["p_value"],
        alpha=row["alpha"],
        review=row["review"],
        size=desk.size(desk.image(row["sha256"])),
        regions=[
            ShownRegion(
                tuple(each["bbox"]),
                each["cell"],
                _length(each["length_mm"], each["length_px"]),
                _length(each["width_mm"], each["width_px"]),
            )
            for each in row["regions"]
        ],
        defect=None if defect is None else defect["name"],
        status="" if defect is None else defect["status"],
        notes=[] if defect is None else _notes(desk, row["product"], [defect["name"]]),
    )


def _notes(desk: Desk, product: str, types: list[str]) -> list[Entry]:
    return [entry for each in types for entry in desk.notes_on(product, each)]


def _length(millimetres: float | None, pixels: float | None) -> str:
    if millimetres is not None:
        return f"{millimetres:.2f} mm"
    return "" if pixels is None else f"{pixels:.0f} px"
