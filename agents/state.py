"""The typed state of the inspection graph: paths, hashes and small records, never arrays."""

from __future__ import annotations

from typing import Annotated, TypedDict

from tools.records import (
    DefectRecord,
    EvidenceRecord,
    FilesRecord,
    MeasuredRegion,
    OpenedRecord,
    PassageRecord,
    ProductRecord,
    TemplateRecord,
    VerdictRecord,
)


def add_times(left: dict[str, float], right: dict[str, float]) -> dict[str, float]:
    """Sum milliseconds by step."""
    return {key: left.get(key, 0.0) + right.get(key, 0.0) for key in {**left, **right}}


class InspectionInput(TypedDict, total=False):
    """What a caller gives: an image and, where wanted, its product, a question, a folder for pictures."""

    image: str
    named_product: str | None
    question: str | None
    out: str | None


class InspectionState(InspectionInput, total=False):
    """The input, and what each node adds to it."""

    opened: OpenedRecord
    encoder: str
    product: ProductRecord
    verdict: VerdictRecord
    regions: list[MeasuredRegion]
    defect_type: DefectRecord | None
    templates: list[TemplateRecord]
    passages: list[PassageRecord]
    answer: str
    analysis: str
    evidence: list[EvidenceRecord]
    files: FilesRecord
    timings_ms: Annotated[dict[str, float], add_times]
