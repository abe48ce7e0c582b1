"""Alarms of drift: each once, also where the watch is started again, and sent as the results are."""

from __future__ import annotations

import json
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from commands import commands
from logged import entry
from plates import part
from scipy.special import ndtr

from agents.app import Application
from agents.settings import Settings
from agents.watch.alarms import DriftAlarms, alarm_object
from anomaly_core.json_lines import json_line
from knowledge.log.entry import Entry, Recording, timestamp
from knowledge.log.log import InspectionLog


def drifting(before: int, after: int) -> list[Entry]:
    """Inspections of now, of which the last ones score higher by two standard deviations."""
    draw = np.random.default_rng(0)
    scores = np.concatenate([draw.normal(size=before), draw.normal(2.0, size=after)])
    start = datetime.now(UTC)
    return [
        entry(
            number,
            "fail" if p_value < 0.05 else "pass",
            p_value=float(p_value),
            product="plate",
            at=timestamp(start + timedelta(milliseconds=number)),
        )
        for number, p_value in enumerate(ndtr(-scores))
    ]


def test_each_is_told_once(tmp_path: Path) -> None:
    log = InspectionLog(tmp_path / "log.sqlite")
    made = drifting(300, 100)
    alarms = DriftAlarms(log)
    log.append(made[:300])
    assert alarms.new() == []
    log.append(made[300:])
    told = []
    deadline = time.monotonic() + 60
    while not told:  # the next look is after a pause
        assert time.monotonic() < deadline
        told = alarms.new()
    (one,) = told
    again = DriftAlarms(log)
    assert [each.id for each in again.new()] == [one.id]
    time.sleep(0.5)
    assert again.new() == []
    assert DriftAlarms(None).new() == []
    log.close()


def test_a_change_of_the_images_is_an_alarm_of_its_own(tmp_path: Path) -> None:
    log = InspectionLog(tmp_path / "log.sqlite")
    draw = np.random.default_rng(0)
    log.append(
        entry(n, recording=Recording(*draw.normal((-2.0, 150.0 if n < 200 else 130.0, 0.8), (0.1, 2, 0.05))))
        for n in range(260)
    )
    (found,) = (alarm_object(one) for one in DriftAlarms(log).new())
    assert (found["alarm"], found["measure"], found["direction"]) == ("drift", "level", "lower")
    assert found["id"].startswith("drift-level-")
    assert found["name"] in ("part-199.png", "part-200.png")
    assert found["advice"].startswith("the images got darker: check the light")
    assert json.loads(json_line(found)) == found
    log.close()


@pytest.mark.slow
def test_a_watch_sends_an_alarm_once_over_its_restarts(tmp_path: Path) -> None:
    with Application(Settings(store=tmp_path / "store", encoder="tiny", text_encoder="tiny")) as app:
        app.enroll("plate", [part(tmp_path / f"good-{seed}.png", seed) for seed in range(4)])
        assert app.tools.log is not None
        app.tools.log.append(drifting(300, 100))
    (tmp_path / "in").mkdir()
    with commands(tmp_path) as iad:
        for number in range(2):
            part(tmp_path / "in" / f"{number}.png", number)
            command = iad.start("watch", tmp_path / "in", "-p", "plate", "--settle", 0.1, "--json",
                                "--send", tmp_path / "there")  # fmt: skip
            deadline = time.monotonic() + 120
            while "drift:" not in command.err.read_text() or not command.out.read_bytes():
                assert time.monotonic() < deadline, command.err.read_text()
                time.sleep(0.05)
            command.send(signal.SIGINT)
            assert command.wait() == 130
        code, _ = iad.run("log", "--summary", "--json")
        summary = json.loads((tmp_path / "out.txt").read_text())
        assert code == 0
        iad.run("log")
        shown = (tmp_path / "out.txt").read_text()
    (alarm,) = (json.loads(path.read_text()) for path in (tmp_path / "there").glob("drift-*.json"))
    assert (alarm["alarm"], alarm["product"], alarm["direction"]) == ("drift", "plate", "higher")
    assert alarm["id"] == summary["drift"][0]["id"]
    assert alarm["advice"] == summary["drift"][0]["advice"]
    assert "iad calibrate plate PATH..." in alarm["advice"]
    assert f'is "{alarm["name"]}"' in " ".join(shown.split())
    assert len(list((tmp_path / "there").glob("*.json"))) == 3
