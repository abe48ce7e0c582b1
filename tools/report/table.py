"""Report as CSV, one row an image."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO
from typing import Final

from tools.records import FailureRecord, InspectionRecord

COLUMNS: Final = (
    "image",
    "sha256",
    "product",
    "product_similarity",
    "decision",
    "reasons",
    "note",
    "uncertain",
    "score",
    "p_value",
    "regions",
    "places",
    "defect_type",
    "defect_score",
    "answer",
    "error_kind",
    "error_message",
)
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""First characters that make a spreadsheet read a cell as a formula."""


def render_csv(records: Sequence[InspectionRecord | FailureRecord]) -> str:
    """Return a header row and one row a record; the decision is pass, review, fail or error."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for record in records:
        row = _failure(record) if isinstance(record, FailureRecord) else _inspection(record)
        writer.writerow([safe_cell(row.get(column, "")) for column in COLUMNS])
    return text.getvalue()


def safe_cell(value: str | float) -> str | float:
    """Return a value, with an apostrophe before a text that a spreadsheet would read as a formula."""
    if isinstance(value, str) and value.startswith(FORMULA):
        return "'" + value
    return value


def _failure(record: FailureRecord) -> dict[str, str | float]:
    return {
        "image": record.image,
        "decision": "error",
        "error_kind": record.error.kind,
        "error_message": record.error.message,
    }


def _inspection(record: InspectionRecord) -> dict[str, str | float]:
    return {
        "image": record.image,
        "sha256": record.sha256,
        "product": record.product.name,
        "product_similarity": record.product.similarity,
        "decision": record.decision,
        "reasons": " ".join(record.reasons),
        "note": record.note or "",
        "uncertain": "yes" if record.uncertain else "no",
        "score": record.score,
        "p_value": record.p_value,
        "regions": len(record.regions),
        "places": "; ".join(region.cell for region in record.regions),
        "defect_type": record.defect_type.name if record.defect_type else "",
        "defect_score": record.defect_type.score if record.defect_type else "",
        "answer": record.answer,
    }
