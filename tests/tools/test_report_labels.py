"""Reports on parts that a person judged, whatever was measured of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from reported import contents, part

from anomaly_core.results import Decision
from tools.report.page import render_page
from tools.report.records import LabelRecord
from tools.report.write import write_report


@pytest.mark.parametrize("suffix", [".html", ".csv", ".xlsx", ".json"])
@pytest.mark.parametrize("verdict", ["good", "anomalous"])
@pytest.mark.parametrize("decision", ["fail", "review", "pass"])
def test_a_part_that_a_person_judged_needs_nothing_measured(
    decision: Decision, verdict: str, suffix: str, tmp_path: Path
) -> None:
    nothing = {"defect_type": None, "regions": [], "models": None, "alpha": None, "review": None}
    labels = [
        LabelRecord(verdict=verdict, at="2026-11-26T09:00:00Z", defect_type=name) for name in (None, "burr")
    ]
    parts = [
        part(tmp_path, f"{number}.png", decision=decision, label=label, **fields)
        for number, (label, fields) in enumerate(
            (label, fields) for label in labels for fields in (nothing, {})
        )
    ]
    write_report(contents(*parts), tmp_path / f"r{suffix}")
    assert (tmp_path / f"r{suffix}").stat().st_size > 0


def test_what_a_person_named_has_no_measured_score(tmp_path: Path) -> None:
    label = LabelRecord(verdict="anomalous", at="2026-11-26T09:00:00Z", defect_type="burr")
    text = render_page(contents(part(tmp_path, label=label)))
    assert "<b>burr</b></dd>" in text
