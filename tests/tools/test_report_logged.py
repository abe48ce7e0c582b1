"""Reports on the log: decisions and reasons of its rows, human labels, and what the log keeps for them."""

from __future__ import annotations

from pathlib import Path

import pytest
from logged import entry

from knowledge.log.figures import Filter
from knowledge.log.log import InspectionLog
from tools.context import Context, Origin
from tools.log import log_inspection
from tools.records import LookRecord, MeasuredRegion, OpenedRecord, ProductRecord, VerdictRecord
from tools.report.logged import logged_parts
from tools.report.records import PartRecord


@pytest.fixture
def log(tmp_path: Path) -> InspectionLog:
    return InspectionLog(tmp_path / "log.sqlite")


def parts(log: InspectionLog, **wanted: str) -> list[PartRecord]:
    return log.read(lambda held: logged_parts(held, Filter(**wanted)))


def test_decisions_have_their_reasons(log: InspectionLog) -> None:
    unclear = "The image is out of focus."
    log.append(
        [
            entry(1, "fail"),
            entry(2, "review", p_value=0.1),
            entry(3, "review", p_value=0.6, note=unclear),
            entry(4, "pass"),
        ]
    )
    found = parts(log)
    assert [part.decision for part in found] == ["fail", "review", "review", "pass"]
    assert [part.reasons for part in found] == [
        ["The p-value 0.01 is below the rate 0.05."],
        ["The p-value 0.1 is below the rate 0.2."],
        [unclear],
        [],
    ]
    assert found[0].defect_type is not None
    assert (found[0].defect_type.name, found[0].defect_type.status) == ("crack", "likely")


def test_the_human_label_that_holds_is_shown(log: InspectionLog) -> None:
    said = {"kind": "correction", "decision": None, "sha256": f"{1:064x}", "operator": "kim"}
    log.append(
        [
            entry(1, "fail"),
            entry(2, "fail"),
            entry(3, **said, correction="c1", verdict="anomalous", note="a burr"),
            entry(4, **said, correction="c2", verdict="good", note="dust"),
        ]
    )
    first, second = parts(log)
    assert first.label is not None
    assert (first.label.verdict, first.label.note, first.label.operator) == ("good", "dust", "kim")
    assert second.label is None
    log.append([entry(5, **{**said, "kind": "undo"}, correction="c2", verdict="good")])
    label = parts(log)[0].label
    assert label is not None
    assert label.note == "a burr"


def test_a_station_alone(log: InspectionLog) -> None:
    log.append([entry(1, station="S1"), entry(2, station="S2")])
    assert [part.station for part in parts(log, station="S2")] == ["S2"]


def test_the_log_keeps_why_an_image_could_not_be_judged_and_millimetres(tmp_path: Path) -> None:
    origin = Origin(lot="A17")
    context = Context(
        store=tmp_path / "store",
        model=lambda: pytest.fail("nothing is inspected"),
        text_encoder=lambda: pytest.fail("nothing is encoded"),
        max_pixels=1000,
        log=tmp_path / "log.sqlite",
        origin=origin,
    )
    look = LookRecord(shape="round", length_px=20.0, width_px=10.0, contrast=5.0)
    sizes = {"length_px": 20.0, "width_px": 10.0, "length_mm": 2.0, "width_mm": 1.0}
    region = MeasuredRegion(
        bbox=(1, 2, 21, 12), cell="left", area_px=150, score=0.9, text="a spot", look=look, **sizes
    )
    verdict = VerdictRecord(
        decision="fail",
        anomalous=True,
        score=0.99,
        p_value=0.01,
        uncertain=False,
        alpha=0.05,
        review=0.2,
        problems=["Over-exposed."],
    )
    opened = OpenedRecord(image="a.png", sha256="ab" * 32, width=40, height=30)
    product = ProductRecord(name="nut", similarity=0.9, inferred=False)
    assert log_inspection(context, opened, product, verdict, [region], None) == []
    assert context.log is not None
    (part,) = parts(context.log)
    assert part.reasons == ["The p-value 0.01 is below the rate 0.05.", "Over-exposed."]
    assert (part.regions[0].length_mm, part.regions[0].width_mm) == (2.0, 1.0)
    # So that the scale bar is in millimetres, as the sizes are.
    assert part.mm_per_px == 0.1
