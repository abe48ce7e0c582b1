"""The forecast from the log: of good parts, of a calibration that is too wide, of what people said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from logged import START, entry
from typer.testing import CliRunner

from agents.interfaces.cli import app
from knowledge.log.entry import timestamp
from knowledge.log.log import InspectionLog
from knowledge.log.outlook import LEAST, Outlook, outlook


@pytest.fixture
def log(tmp_path: Path) -> Iterator[InspectionLog]:
    opened = InspectionLog(tmp_path / "store-log.sqlite")
    yield opened
    opened.close()


def inspected(log: InspectionLog, p_values: Sequence[float]) -> None:
    for number, p_value in enumerate(p_values):
        decision = "fail" if p_value < 0.05 else "review" if p_value < 0.2 else "pass"
        log.append([entry(number, decision, p_value=float(p_value))])


def found(log: InspectionLog) -> Outlook | None:
    return log.read(lambda held: outlook(held, "screw"))


def test_few_parts_say_nothing(log: InspectionLog) -> None:
    inspected(log, np.linspace(0.01, 0.99, LEAST - 1))
    assert found(log) is None


def test_good_parts_fail_at_about_the_stated_rate(log: InspectionLog) -> None:
    inspected(log, (np.arange(200) + 0.5) / 200)
    one = found(log)
    assert one is not None
    assert (one.parts, one.failed, one.review, one.good_share, one.too_usual) == (200, 10, 30, 1.0, False)
    assert one.told[0] == "Of 100 parts like the last 200, 5 (3 to 9) fail and 15 (11 to 21) go to review."


def test_defects_are_told_from_good_parts_by_the_spread(log: InspectionLog) -> None:
    inspected(log, [*((np.arange(80) + 0.5) / 80), *([0.001] * 20)])
    one = found(log)
    assert one is not None
    assert one.good_share == pytest.approx(0.8)
    assert "about 80% of them are good" in one.told[1]


def test_a_calibration_that_is_too_wide_is_told(log: InspectionLog) -> None:
    inspected(log, np.linspace(0.45, 0.99, 60))
    one = found(log)
    assert one is not None
    assert one.too_usual
    assert "iad calibrate screw PATH..." in one.told[-1]


def test_what_people_said_is_counted_and_what_was_before_a_calibration_is_not(log: InspectionLog) -> None:
    inspected(log, [0.01] * 20)
    at = timestamp(START + timedelta(minutes=19.5))
    log.append([entry(0, kind="change", decision=None, note="calibrated with 9 images", at=at)])
    for number, p_value in enumerate([0.01, 0.01, *[0.6] * 38], 20):
        log.append([entry(number, "fail" if p_value < 0.05 else "pass", p_value=p_value)])
    for number, verdict in ((20, "good"), (30, "anomalous"), (31, "anomalous")):
        log.append(
            [entry(number, kind="correction", decision=None, correction=f"c{number}", verdict=verdict)]
        )
    one = found(log)
    assert one is not None
    assert (one.parts, one.failed) == (40, 2)
    assert (one.called_good, one.false_alarms, one.called_bad, one.escapes) == (1, 1, 2, 2)


def test_the_summary_of_a_product_ends_with_it(log: InspectionLog, tmp_path: Path) -> None:
    inspected(log, (np.arange(40) + 0.5) / 40)
    options = ["log", "--summary", "--store", str(tmp_path / "store")]
    of_product = CliRunner().invoke(app, [*options, "--product", "screw"])
    assert "outlook  Of 100 parts like the last 40" in of_product.stdout
    assert "outlook" not in CliRunner().invoke(app, options).stdout
