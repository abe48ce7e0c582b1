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
    acknowledged: list[str] = []
    number = 0
    command = [sys.executable, "-c", ENROL_FOREVER, str(store), str(good)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True
    ) as process:
        for _ in range(KILLS):
            names = _enrol_until_killed(process, number, random_moment.uniform(0.0, 2.5))
            acknowledged += names
            number += len(names) + 1
            Store.open(store).snapshot()  # reads at once, whatever was cut off

    application = Application(Settings(store=store, encoder="tiny", text_encoder="tiny"))
    products = {summary.name: summary for summary in application.products()}
    assert acknowledged, "no enrolment ended before its kill: nothing was tested"
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


def _enrol_until_killed(process: subprocess.Popen[str], number: int, seconds: float) -> list[str]:
    """Return the names that a process forked to enrol from `number` on acknowledged before its kill."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{number}\n")
    process.stdin.flush()
    child, ready = process.stdout.readline().split()
    assert ready == "ready"
    time.sleep(seconds)
    os.kill(int(child), signal.SIGKILL)
    names = []
    while not (line := process.stdout.readline()).startswith("killed"):
        assert line, "the process that forks has ended"
        names.append(line.strip())
    assert line.split() == ["killed", str(int(signal.SIGKILL))]
    return names
