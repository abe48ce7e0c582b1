"""A report as rows, one a part, and as CSV that a spreadsheet opens as it is meant."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO
from typing import Final

from tools.records import FailureRecord
from tools.report.contents import Contents
from tools.report.records import ASPECTS, PartRecord

Cell = str | int | float | None

COLUMNS: Final = (
    *("number", "name", "decision", "reasons", "p_value", "alpha", "review", "near_limit"),
    *("defect_type", "type_status", "type_score", "regions", "places"),
    *("length_px", "width_px", "length_mm", "width_mm", "area_px"),
    *(*ASPECTS, "citations", "human_label", "human_type", "human_note"),
    *("product", "similarity", "lot", "station", "operator", "inspected_at"),
    *("encoder", "decoder", "language_model", "read_with", "answer", "image", "sha256"),
    *("error_kind", "error_message"),
)
"""Columns of the parts. Sizes are of the strongest region."""
REGION_COLUMNS: Final = (
    *("number", "name", "region", "cell", "zone", "x0", "y0", "x1", "y1"),
    *("length_px", "width_px", "length_mm", "width_mm", "area_px", "score"),
)
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""First characters that make a spreadsheet read a text as a formula; Japanese ones read wide signs too."""
BOM: Final = "\ufeff"
"""Without it Excel reads UTF-8 as the code page of the machine."""


def render_csv(contents: Contents) -> str:
    """Return a header row and a row a part, then one a file that failed, whose decision is error."""
    text = StringIO()
    text.write(BOM)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in part_rows(contents):
        writer.writerow([safe_cell(row.get(column)) for column in COLUMNS])
    return text.getvalue()


def safe_cell(value: Cell) -> Cell:
    """Return a value, with an apostrophe before a text that a spreadsheet would read as a formula."""
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA):
        return "'" + value
    return value


def part_rows(contents: Contents) -> Iterator[dict[str, Cell]]:
    """Yield the parts in order of inspection, then the files that failed."""
    for number, part in enumerate(contents.parts, start=1):
        yield {"number": number, **_part(part)}
    for failure in contents.failures:
        yield _failure(failure)


def region_rows(contents: Contents) -> Iterator[dict[str, Cell]]:
    """Yield the regions of all parts."""
    for number, part in enumerate(contents.parts, start=1):
        for index, region in enumerate(part.regions, start=1):
            held = region.model_dump()
            corners = zip(("x0", "y0", "x1", "y1"), region.bbox, strict=True)
            yield {"number": number, "name": part.name, "region": index, **held, **dict(corners)}


def _failure(record: FailureRecord) -> dict[str, Cell]:
    return {
        "name": record.image,
        "image": record.image,
        "decision": "error",
        "error_kind": record.error.kind,
        "error_message": record.error.message,
    }


def _part(part: PartRecord) -> dict[str, Cell]:
    first = part.regions[0] if part.regions else None
    sizes = ("length_px", "width_px", "length_mm", "width_mm", "area_px")
    kind, label, models = part.defect_type, part.label, part.models
    return {
        **part.model_dump(
            include={"name", "decision", "p_value", "alpha", "review", "product", "similarity"}
        ),
        **part.model_dump(include={"lot", "station", "operator", "read_with", "answer", "image", "sha256"}),
        "reasons": " ".join(part.reasons),
        "near_limit": "yes" if part.uncertain else "no",
        "defect_type": kind.name if kind else None,
        "type_status": kind.status if kind else None,
        "type_score": kind.score if kind else None,
        "regions": len(part.regions),
        "places": "; ".join(region.zone or region.cell for region in part.regions),
        **{size: getattr(first, size, None) for size in sizes},
        **{key: " ".join(note.text for note in part.notes if note.aspect == key) for key in ASPECTS},
        "citations": " ".join(dict.fromkeys(f"[{note.id}]" for note in part.notes)),
        "human_label": label.verdict if label else None,
        "human_type": label.defect_type if label else None,
        "human_note": label.note if label else None,
        "inspected_at": part.at,
        "encoder": models.encoder if models else None,
        "decoder": models.decoder if models else None,
        "language_model": models.llm if models else None,
    }
