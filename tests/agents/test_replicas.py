"""`iad serve` by two replicas on Ray: nothing is lost or mixed up, and each sees what the other did."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.request import urlopen

import pytest
from prometheus_client.multiprocess import MultiProcessCollector
from served import Client, environment, free_port
from service import QUESTIONS, marked, painted

from agents.app import Application
from agents.settings import Settings

REQUESTS: Final = 40
WAIT_S: Final = 180.0
TINY: Final[dict[str, Any]] = {"encoder": "tiny", "text_encoder": "tiny", "input_size": 96, "threads": 1}


@dataclass(frozen=True)
class Replicas:
    """A running command. mark: in the environment of all its processes."""

    process: subprocess.Popen[bytes]
    port: int
    told: Path
    mark: str

    def ids(self) -> set[int]:
        """The processes of the replicas."""
        found = set()
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                title, given = (folder / "cmdline").read_bytes(), (folder / "environ").read_bytes()
            except OSError:
                continue
            if title.startswith(b"ray::ServeReplica") and self.mark.encode() in given:
                found.add(int(folder.name))
        return found

    def taken(self, product: str) -> dict[int, float]:
        """How many parts of a product each process has inspected, by the figures it keeps for Prometheus."""
        (folder,) = {variable(process, "PROMETHEUS_MULTIPROC_DIR") for process in self.ids()}
        return {
            int(file.stem.rpartition("_")[2]): sum(
                sample.value
                for metric in MultiProcessCollector.merge([str(file)])
                for sample in metric.samples
                if sample.name == "iad_inspections_total" and sample.labels["product"] == product
            )
            for file in Path(folder).glob("counter_*.db")
        }


def variable(process: int, name: str) -> str:
    """A variable of a process's environment."""
    lines = Path(f"/proc/{process}/environ").read_text().split("\0")
    return next(line.partition("=")[2] for line in lines if line.startswith(f"{name}="))


@contextmanager
def two_replicas(store: Path, **settings: object) -> Iterator[Replicas]:
    """Two replicas on a cluster of two processors, which have loaded when the block begins."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install -e '.[ray]'")
    from ray.cluster_utils import Cluster

    mark = f"lot-{store.parent.name}-{os.getpid()}"
    given = {**TINY, "lot": mark, "queue_length": 2 * REQUESTS, **settings}
    # The cluster's processes have its environment, and so the replicas.
    before = {**os.environ}
    os.environ.update(environment(given))
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "include_dashboard": False})
    try:
        port, told = free_port(), store.parent / "told.txt"
        command = [sys.executable, "-m", "agents", "serve", "--engine", "ray", "--replicas", "2"]
        with told.open("wb") as file:
            process = subprocess.Popen(
                [*command, "--port", str(port), "--store", str(store)],
                env={**os.environ, "IAD_RAY_ADDRESS": cluster.address},
                stdout=file,
                stderr=file,
            )
        try:
            wait_for(lambda: b"2 replicas answer" in told.read_bytes() or process.poll() is not None)
            assert process.poll() is None, told.read_text()
            yield Replicas(process, port, told, mark)
        finally:
            process.terminate()
            process.wait(60)
    finally:
        cluster.shutdown()
        os.environ.clear()
        os.environ.update(before)


def wait_for(true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    until = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < until
        time.sleep(0.1)


def turn(port: int, number: int, product: str) -> str:
    """Inspect an image of one's own, or ask about it; check the answer, and return the image's hash."""
    data = marked(painted(product, 100 + number, blot=number % 4 > 1), f"{product} {number}")
    name, question = f"{product}-{number}.png", QUESTIONS[number // 2 % len(QUESTIONS)]
    with Client(port) as client:
        asked: dict[str, Any] = {"name": name, "product": product}
        if number % 2:
            asked["question"] = question
        reply = client.call("POST", "ask" if number % 2 else "inspect", data, **asked)
    assert reply.status == 200, reply.body
    record, digest = reply.json(), hashlib.sha256(data).hexdigest()
    assert (record["image"], record["sha256"], record["product"]["name"]) == (name, digest, product)
    assert record.get("question") == asked.get("question")
    return digest


def turns(port: int, numbers: Sequence[int], product: str) -> list[str]:
    """Many at once."""
    with ThreadPoolExecutor(len(numbers)) as pool:
        return list(pool.map(lambda number: turn(port, number, product), numbers))


@pytest.mark.slow
def test_two_replicas_lose_nothing_and_see_what_the_other_did(tmp_path: Path) -> None:
    store = tmp_path / "store"
    good = [painted("plate", number, blot=False) for number in range(6)]
    for number, data in enumerate(good):
        (tmp_path / f"{number}.png").write_bytes(data)
    with Application(Settings(store=store, **TINY)) as app:
        app.enroll("plate", sorted(tmp_path.glob("*.png")))
    with two_replicas(store) as served:
        port, first = served.port, served.ids()
        assert len(first) == 2
        sent = turns(port, range(REQUESTS), "plate")
        taken = served.taken("plate")
        assert set(taken) == first
        assert min(taken.values()) > 0
        assert sum(taken.values()) == REQUESTS / 2  # questions are not counted

        with Client(port) as client:
            figures = urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
            counted = [line for line in figures.splitlines() if line.startswith("iad_inspections_total{")]
            assert sum(float(line.split()[-1]) for line in counted) == REQUESTS / 2  # of whichever replica
            assert "iad_ready 1.0" in figures
            reply = client.upload(
                "products/washer/enrollment", [painted("washer", number, blot=False) for number in range(6)]
            )
            assert reply.status == 202
            job = f"jobs/{reply.json()['id']}"

            def over() -> bool:
                # Another connection each time, so perhaps another replica: none says that there is no job.
                with Client(port) as other:
                    return bool(other.call("GET", job).json()["status"] in ("done", "failed"))

            wait_for(over)
            assert client.call("GET", job).json()["status"] == "done"
        sent += turns(port, range(REQUESTS), "washer")
        assert min(served.taken("washer").values()) > 0

        for number in range(6):  # a thread goes on in whichever replica
            with Client(port) as client:
                data = marked(good[0], f"thread {number}")
                asked = {"product": "plate", "thread": "kept", "question": QUESTIONS[0]}
                assert client.call("POST", "ask", data, **asked).status == 200
                sent.append(hashlib.sha256(data).hexdigest())
        with Client(port) as client:
            assert len(client.call("GET", "threads/kept").json()) == 6

        os.kill(killed := min(first), signal.SIGKILL)
        sent += turns(port, range(REQUESTS, REQUESTS + 8), "plate")
        wait_for(lambda: len(served.ids() - {killed}) == 2)
        sent += turns(port, range(REQUESTS + 8, 2 * REQUESTS), "plate")
        with Client(port) as client:
            assert client.call("GET", "log/check").status == 200
    assert served.process.returncode == 0, served.told.read_text()
    with Application(Settings(store=store, **TINY)) as app:
        assert app.tools.log is not None
        app.tools.log.verify()
        rows = app.tools.log.read(
            lambda held: held.execute("SELECT sha256 FROM rows WHERE kind = 'inspection'").fetchall()
        )
    assert Counter(row[0] for row in rows) == Counter(sent)
