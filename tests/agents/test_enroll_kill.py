"""An enrolment killed at any moment leaves a store that reads, with all that was acknowledged."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from agents.app import Application
from agents.settings import Settings
from knowledge.store.store import Store
from tools.records import InspectionRecord

KILLS = 20

# Loads the libraries once; for each number read, forks a process that says "PID ready" and enrols pN,
# pN+1, ... until it is killed, printing each name once `enroll` has returned; then it says "killed N".
ENROL_FOREVER = """
import os, sys
from pathlib import Path
import anomaly_core.anomalygpt, anomaly_core.encoders.fakes, knowledge.products.templates
import anomaly_core.soft_prompt.adapters
import scipy.optimize, scipy.special, tools.enrollment.enroll
from agents.app import Application
from agents.settings import Settings
from PIL import Image
Image.init()  # its readers are loaded at first use
for line in sys.stdin:
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        print("killed", os.WTERMSIG(status), flush=True)
        continue
    app = Application(Settings(store=sys.argv[1], encoder="tiny", text_encoder="tiny", threads=1))
    images = sorted(Path(sys.argv[2]).glob("*.png"))
    app.tools.references(app.tools.model)  # encoded once a process, longer than an enrolment here
    print(os.getpid(), "ready", flush=True)
    number = int(line)
    while True:
        app.enroll(f"p{number}", images)
        print(f"p{number}", flush=True)
        number += 1
"""


@pytest.mark.slow
def test_what_was_acknowledged_survives_kills_at_random_moments(tmp_path: Path) -> None:
    random_moment = random.Random(0)
    good = tmp_path / "good"
    good.mkdir()
    for seed in range(2):
        pixels = np.random.default_rng(seed).integers(90, 130, (64, 64, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(good / f"{seed}.png")
    store = tmp_path / "store"
    Store.open(store, create=True)
    command = [sys.executable, "-c", ENROL_FOREVER, str(store), str(good)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True
    ) as process:
        acknowledged, enrolment_s = _enrol_one(process, 0)
        number = len(acknowledged) + 1
        for _ in range(KILLS):
            names = _enrol_until_killed(process, number, random_moment.uniform(0.0, 2 * enrolment_s))
            acknowledged += names
            number += len(names) + 1
            Store.open(store).snapshot()  # reads at once, whatever was cut off

    application = Application(Settings(store=store, encoder="tiny", text_encoder="tiny"))
    products = {summary.name: summary for summary in application.products()}
    assert len(acknowledged) > 1, "no enrolment ended before its kill: nothing was tested"
    assert set(acknowledged) <= set(products)
    assert all(summary.templates == 2 for summary in products.values())
    snapshot = Store.open(store).snapshot()
    for key in snapshot.keys():  # noqa: SIM118  (a method, not a mapping's)
        snapshot.read(key)
    for name in (acknowledged[0], acknowledged[-1]):
        (record,) = application.inspect([good / "0.png"], product=name)
        assert isinstance(record, InspectionRecord)
        assert not record.anomalous
    application.enroll("after", sorted(good.glob("*.png")))
    assert "after" in {summary.name for summary in application.products()}


def _enrol_one(process: subprocess.Popen[str], number: int) -> tuple[list[str], float]:
    """Return the names acknowledged by a process killed after its first, and the seconds that this one took.

    A machine under load takes ten times as long as an idle one: kills at fixed moments would all come before
    the first enrolment, and test nothing.
    """
    child = _fork(process, number)
    started = time.monotonic()
    first = _line(process)
    seconds = time.monotonic() - started
    return [first, *_kill(process, child)], seconds


def _enrol_until_killed(process: subprocess.Popen[str], number: int, seconds: float) -> list[str]:
    """Return the names that a process forked to enrol from `number` on acknowledged before its kill."""
    child = _fork(process, number)
    time.sleep(seconds)
    return _kill(process, child)


def _fork(process: subprocess.Popen[str], number: int) -> int:
    """Return the id of a process that is ready to enrol from `number` on."""
    assert process.stdin is not None
    process.stdin.write(f"{number}\n")
    process.stdin.flush()
    child, ready = _line(process).split()
    assert ready == "ready"
    return int(child)


def _kill(process: subprocess.Popen[str], child: int) -> list[str]:
    """Return the names that `child` acknowledged and nobody has read yet, after its kill."""
    os.kill(child, signal.SIGKILL)
    names = []
    while not (line := _line(process)).startswith("killed"):
        names.append(line)
    assert line.split() == ["killed", str(int(signal.SIGKILL))]
    return names


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, "the process that forks has ended"
    return line.strip()
