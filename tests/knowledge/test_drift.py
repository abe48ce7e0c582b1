"""Drift: seldom told by chance, soon after a change, since the right part; corrections, recalibration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from logged import START, entry, made_earlier
from scipy.special import ndtr, ndtri

from knowledge.log.cusum import shifts
from knowledge.log.drift import Drift, drifts, image_shifts
from knowledge.log.entry import RECORDING, Entry, Recording, timestamp
from knowledge.log.figures import Filter
from knowledge.log.log import InspectionLog


@pytest.fixture
def log(tmp_path: Path) -> Iterator[InspectionLog]:
    opened = InspectionLog(tmp_path / "log.sqlite")
    yield opened
    opened.close()


def parts(levels: list[tuple[int, float]], seed: int = 0, **fields: object) -> list[Entry]:
    """Inspections whose scores lie at each level, in standard deviations above enrolment, for a count."""
    draw = np.random.default_rng(seed)
    scores = np.concatenate([draw.normal(level, size=count) for count, level in levels])
    made = []
    for number, p_value in enumerate(ndtr(-scores)):
        decision = "fail" if p_value < 0.05 else "review" if p_value < 0.2 else "pass"
        made.append(entry(number, decision, p_value=float(p_value), **fields))
    return made


def found(log: InspectionLog, wanted: Filter | None = None) -> list[Drift]:
    return log.read(lambda held: drifts(held, wanted or Filter()))


def test_a_false_alarm_comes_once_in_many_thousand_values() -> None:
    draw = np.random.default_rng(0)
    count = sum(len(shifts(draw.normal(size=10_000))) for _ in range(40))
    # 400,000 values; `benchmarks/drift.py` measures about one in 25,000.
    assert 4 <= count <= 32


@pytest.mark.parametrize("size", [-3.0, -1.5, 1.5, 3.0])
def test_a_shift_is_found_soon_since_its_first_value_and_until_its_last(size: float) -> None:
    for seed in range(20):
        draw = np.random.default_rng(seed)
        values = draw.normal(size=900)
        values[300:600] += size
        one, *others = shifts(values)
        assert others == []
        assert abs(one.first - 300) <= 25
        assert 300 <= one.found <= 360
        assert one.end is not None
        assert abs(one.end - 600) <= 40
        assert np.sign(one.size) == np.sign(size)
        assert abs(one.size) == pytest.approx(abs(size), abs=0.4)


def test_the_sums_are_those_of_the_definition() -> None:
    """The chart against its recursion, value by value."""
    draw = np.random.default_rng(3)
    values = np.concatenate([draw.normal(size=200), draw.normal(1.2, size=200)])
    from scipy.stats import t as student

    seen = [*np.sqrt(31 / 32) * np.tile([1.0, -1.0], 16)]  # 32 values of mean 0 and variance 1
    upper, began = 0.0, 0
    for index, value in enumerate(values):
        away = (value - np.mean(seen)) / (np.std(seen, ddof=1) * np.sqrt(1 + 1 / len(seen)))
        if upper == 0.0:
            began = index
        upper = max(0.0, upper + ndtri(student.cdf(away, len(seen) - 1)) - 0.5)
        if upper > 9.0:
            break
        seen.append(value)
    (one,) = shifts(values)
    assert (one.first, one.found) == (began, index)


def test_a_calibration_that_is_off_from_the_first_part_on_is_told() -> None:
    draw = np.random.default_rng(0)
    (one,) = shifts(draw.normal(2.5, size=200))
    assert one.first <= 2
    assert one.end is None


def test_drift_is_told_by_product_and_station_with_its_first_part(log: InspectionLog) -> None:
    log.append(parts([(400, 0.0), (200, 1.5)], station="line-1", product="screw"))
    log.append(parts([(600, 0.0)], seed=1, station="line-2", product="screw"))
    log.append(parts([(600, 0.0)], seed=2, product="nut"))
    log.append(parts([(300, 0.0), (300, -1.5)], seed=3, product="plate"))
    screw, plate = found(log)
    assert (screw.product, screw.station, screw.direction, screw.until) == ("screw", "line-1", "higher", None)
    number = int(screw.name.removeprefix("part-").removesuffix(".png"))
    assert abs(number - 400) <= 20
    assert screw.since == timestamp(START + timedelta(minutes=number)) < screw.found
    assert screw.advice.endswith("iad calibrate screw PATH...")
    assert (plate.product, plate.station, plate.direction) == ("plate", None, "lower")
    assert "defects may pass" in plate.advice
    assert found(log, Filter(product="screw", station="line-2")) == []
    assert found(log, Filter(until=timestamp(START + timedelta(minutes=200)))) == []
    assert found(log, Filter(since=timestamp(START + timedelta(days=3)))) == [screw, plate]


def test_what_has_ended_is_of_its_period_alone(log: InspectionLog) -> None:
    log.append(parts([(300, 0.0), (100, 2.0), (300, 0.0)]))
    (one,) = found(log)
    assert one.until is not None
    assert found(log, Filter(since=timestamp(START + timedelta(minutes=600)))) == []


def test_recalibration_begins_anew(log: InspectionLog) -> None:
    log.append(parts([(300, 0.0), (200, 2.0)]))
    assert len(found(log)) == 1
    note = "rates set to alpha 0.05, review 0.2"
    change = entry(500, kind="change", decision=None, sha256="", p_value=1.0, note=note)
    log.append([change])
    assert len(found(log)) == 1
    log.append([replace(change, note="calibrated with 20 further good images", uid="c")])
    log.append([replace(one, at=timestamp(START + timedelta(days=1)), uid=f"n{number}")
                for number, one in enumerate(parts([(200, 0.0)], seed=5))])  # fmt: skip
    assert found(log) == []


def test_corrections_count(log: InspectionLog) -> None:
    """That all parts fail, only people can tell to be wrong; that some did not fail, too."""
    log.append(parts([(300, 0.0)]))
    at = {"at": timestamp(START + timedelta(days=1))}
    log.append([entry(1000 + number, "fail", p_value=1e-4, **at) for number in range(8)])
    assert found(log) == []
    said = [
        entry(1000 + number, kind="correction", decision=None, correction=f"c{number}", verdict="good")
        for number in range(8)
    ]
    log.append(said)
    (one,) = found(log)
    assert (one.parts, one.direction) == (8 + 1, "higher"), (
        "the part before them was near the limit by chance"
    )
    log.append([replace(each, kind="undo", uid=f"u{each.correction}") for each in said])
    assert found(log) == []
    near = [entry(2000 + number, "review", p_value=0.051, **at) for number in range(12)]
    log.append(near)
    assert len(found(log)) == 1
    log.append(
        [
            entry(
                2000 + number, kind="correction", decision=None, correction=f"d{number}", verdict="anomalous"
            )
            for number in range(12)
        ]
    )
    assert found(log) == []


def test_one_missed_defect_after_the_other_among_good_parts_is_no_drift(log: InspectionLog) -> None:
    made = parts([(400, 0.0)])
    log.append(
        [
            replace(one, p_value=0.0501, decision="review") if n % 40 == 0 else one
            for n, one in enumerate(made)
        ]
    )
    assert found(log) == []


def recorded(steps: list[tuple[int, tuple[float, float, float]]], **fields: object) -> list[Entry]:
    """Good parts of steady scores whose images have each step's sharpness, level and noise, for a count."""
    means = np.concatenate([np.tile(means, (count, 1)) for count, means in steps])
    values = np.random.default_rng(0).normal(means, (0.1, 4.0, 0.05)).tolist()
    made = parts([(len(values), 0.0)], **fields)
    return [replace(one, recording=Recording(*each)) for one, each in zip(made, values, strict=True)]


USUAL = (-2.0, 150.0, 0.8)
"""As of real products' good images, and so are the spreads; a blur by 2 pixels in 1000 takes 0.4 to 0.7."""


@pytest.mark.parametrize(
    ("changed", "became", "advice"),
    [
        ((-2.4, 150.0, 0.8), "softer", "clean the lens or refocus it"),
        ((-1.6, 150.0, 0.8), "sharper", "check whether lens or camera were changed"),
        ((-2.0, 135.0, 0.8), "darker", "check the light"),
        ((-2.0, 165.0, 0.8), "brighter", "check the light"),
        ((-2.0, 150.0, 1.3), "noisier", "check the camera's gain"),
    ],
)
def test_a_change_of_the_images_is_told_since_its_first(
    log: InspectionLog, changed: tuple[float, float, float], became: str, advice: str
) -> None:
    log.append(recorded([(500, USUAL)], station="line-3"))
    assert found(log) == []
    log.append(recorded([(500, USUAL), (36, changed)], station="line-3")[500:])
    (one,) = found(log)
    assert (one.station, one.became, one.until) == ("line-3", became, None)
    number = int(one.name.removeprefix("part-").removesuffix(".png"))
    assert abs(number - 500) <= 3
    assert one.since == timestamp(START + timedelta(minutes=number)) < one.found
    assert one.found <= timestamp(START + timedelta(minutes=530))
    index = RECORDING.index(one.measure)  # type: ignore[arg-type]
    assert one.before == pytest.approx(USUAL[index], rel=0.05)
    assert one.after == pytest.approx(changed[index], rel=0.05)
    assert one.advice.startswith(f"the images got {became}: {advice}")
    assert one.told.startswith(f"the images of screw at line-3 got {became} since ")
    assert f'"{one.name}"; {advice}' in one.told
    assert log.read(lambda held: drifts(held, Filter(), of_images=False)) == []


def test_images_are_told_to_be_as_before_and_recalibration_begins_anew(log: InspectionLog) -> None:
    log.append(recorded([(200, USUAL), (100, (-2.0, 120.0, 0.8)), (100, USUAL), (100, (-2.0, 135.0, 0.8))]))
    lasting, ended = found(log)
    assert (lasting.became, lasting.until, ended.became) == ("darker", None, "darker")
    assert ended.until is not None
    assert ended.since < ended.until < lasting.since
    note = {"note": "calibrated with 20 further good images", "uid": "c"}
    log.append([entry(500, kind="change", decision=None, sha256="", p_value=1.0, **note)])
    assert found(log) == []


def test_less_noise_few_images_and_rows_of_before_tell_nothing(log: InspectionLog) -> None:
    log.append(parts([(300, 0.0)]))
    log.append(recorded([(10, USUAL), (25, (-4.0, 20.0, 5.0))], product="nut"))
    log.append(recorded([(300, USUAL), (100, (-2.0, 150.0, 0.2))], product="plate"))
    assert found(log) == []


def test_a_steady_line_is_seldom_told_to_have_changed() -> None:
    """500 images, where they spread as widely as a change that matters; whatever the distribution."""
    draw = np.random.default_rng(0)
    false = 0
    for _ in range(200):
        varied = draw.normal(size=500), draw.standard_t(4, size=500) / 2**0.5, draw.uniform(-1.7, 1.7, 500)
        false += sum(bool(image_shifts("sharpness", 0.1 * values)) for values in varied)
        assert image_shifts("sharpness", 0.03 * draw.standard_t(4, size=500)) == []
    assert false <= 12  # of 600


def test_few_images_of_something_else_are_no_change() -> None:
    values = np.random.default_rng(0).normal(150, 4, 500)
    for at in range(100, 500, 50):
        values[at : at + 3] = 20
    assert image_shifts("level", values) == []


def test_an_index_serves_it_also_in_a_log_of_an_earlier_version(log: InspectionLog) -> None:
    log.append(parts([(300, 0.0), (100, 2.0)]))
    told = found(log)
    log.close()
    made_earlier(log.path, 1)
    assert found(log) == told
    query = (
        "EXPLAIN QUERY PLAN SELECT number, p_value, alpha, decision, sharpness, level, noise FROM rows "
        "WHERE kind = 'inspection' AND product = 'nut' AND station IS NULL AND at > '' ORDER BY at, number"
    )
    plan = log.read(lambda held: held.execute(query).fetchall())
    assert [step[3].partition(" (")[0] for step in plan] == ["SEARCH rows USING COVERING INDEX by_level"]
