"""Parts of a report from the log's rows, without inspecting again."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from anomaly_core.results import Verdict
from knowledge.log import figures
from tools.detect import reasons_of
from tools.records import VerdictRecord
from tools.report.records import LabelRecord, PartRecord, ReportRegion, ReportType


def logged_parts(connection: sqlite3.Connection, wanted: figures.Filter) -> list[PartRecord]:
    """Return the parts of a period, each by its last inspection in it, the first first, with what people say.

    That is the human label that holds now.
    """
    labels: dict[tuple[str, str], LabelRecord] = {}
    # A label may come after the period; the latest comes first.
    for one in figures.corrections(connection, figures.Filter(product=wanted.product)):
        labels.setdefault((one["sha256"], one["product"]), _label(one))
    return [
        _part(row, labels.get((row["sha256"], row["product"])))
        for row in figures.Parts(connection, wanted).rows("first")
    ]


def _label(row: Mapping[str, Any]) -> LabelRecord:
    return LabelRecord(
        verdict=row["verdict"],
        at=row["at"],
        defect_type=row["type"],
        note=row["note"],
        operator=row["operator"],
    )


def _part(row: Mapping[str, Any], label: LabelRecord | None) -> PartRecord:
    alpha, review, p_value = row["alpha"], row["review"], row["p_value"]
    problems = [row["note"]] if row["note"] else []
    reasons, uncertain = problems, False
    if alpha is not None and review is not None:
        verdict = Verdict(math.log(p_value), alpha, review, tuple(problems))
        uncertain = verdict.uncertain
        stated = VerdictRecord(
            decision=row["decision"],
            anomalous=row["decision"] == "fail",
            score=verdict.score,
            p_value=p_value,
            uncertain=uncertain,
            alpha=alpha,
            review=review,
            problems=problems,
        )
        reasons = reasons_of(stated)
    kinds = row["types"]
    regions = [ReportRegion(**region) for region in row["regions"]]
    return PartRecord(
        image=row["path"],
        name=row["name"],
        sha256=row["sha256"],
        at=row["at"],
        product=row["product"],
        decision=row["decision"],
        reasons=reasons,
        p_value=p_value,
        alpha=alpha,
        review=review,
        uncertain=uncertain,
        regions=regions,
        defect_type=ReportType(**kinds[0]) if kinds else None,
        label=label,
        lot=row["lot"],
        station=row["station"],
        operator=row["operator"],
        mm_per_px=_mm_per_px(regions),
    )


def _mm_per_px(regions: Sequence[ReportRegion]) -> float | None:
    """Return the length of a pixel, which the log does not hold, from the longest size that it holds."""
    sizes = [(one.length_px, one.length_mm) for one in regions if one.length_px and one.length_mm]
    if not sizes:
        return None
    in_px, in_mm = max(sizes)
    return float(f"{in_mm / in_px:.3g}")
