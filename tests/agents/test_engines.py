"""Workers: the results of one process, whatever dies meanwhile; none lost, none doubled, in order."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

import pytest
from commands import commands
from plates import part

from agents.app import Application
from agents.batch.run import inspect_into
from agents.engines.base import Inspected, Task
from agents.engines.local import LocalEngine, LocalWorker
from agents.engines.on_ray import RayEngine, RayWorker
from agents.engines.pool import ENGINES, TRIES, WorkerPool, worker_pool
from agents.inspecting import Found
from agents.settings import Settings
from anomaly_core.errors import ConfigError, IadError, UnknownProduct, WorkerDied
from anomaly_core.imaging.reading import find_images
from knowledge.log.figures import Filter, rows
from tools.records import FailureRecord

pytestmark = pytest.mark.slow

COUNT = 24
UNREADABLE = 7


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store, and images: blots, and one that cannot be read."""
    folder = tmp_path_factory.mktemp("engines")
    with Application(Settings(store=folder / "store", encoder="tiny", text_encoder="tiny")) as app:
        app.enroll("plate", [part(folder / f"good-{seed}.png", seed) for seed in range(4)])
    (folder / "new").mkdir()
    for number in range(COUNT):
        part(folder / "new" / f"{number:02}.png", number, blot=number % 5 == 0)
    (folder / "new" / f"{UNREADABLE:02}.png").write_bytes(b"no image")
    return folder


@pytest.fixture
def open_app(made: Path, tmp_path: Path) -> Callable[..., Application]:
    def make(**fields: Any) -> Application:
        tiny = {"store": made / "store", "encoder": "tiny", "text_encoder": "tiny", "threads": 1}
        return Application(Settings.model_validate({**tiny, "log": str(tmp_path / "log.sqlite"), **fields}))

    return make


@pytest.fixture
def alone(open_app: Any, made: Path, tmp_path: Path) -> list[dict[str, Any]]:
    """What one process finds."""
    with open_app(log=str(tmp_path / "alone.sqlite")) as app:
        return comparable(app.inspect(find_images([made / "new"]), product="plate"))


def comparable(records: Any) -> list[dict[str, Any]]:
    """The records without what they took."""
    return [one.model_dump(exclude={"timings_ms"}) for one in records]


def logged(app: Application) -> list[str]:
    assert app.tools.log is not None
    app.tools.log.verify()
    return [row["name"] for row in app.tools.log.read(lambda held: list(rows(held, Filter(), "first")))]


def whole_log() -> list[str]:
    return [f"{number:02}.png" for number in range(COUNT) if number != UNREADABLE]


def silent(_: str) -> None:
    """Hear nothing."""


def children() -> list[int]:
    return [one.pid for one in multiprocessing.active_children() if one.pid is not None]


def test_two_workers_give_the_records_of_one_process(
    open_app: Any, made: Path, tmp_path: Path, alone: list[dict[str, Any]]
) -> None:
    held = {path: path.stat().st_mtime_ns for path in (made / "store").rglob("*")}
    with open_app() as app:
        pool = worker_pool(app, "local", 2, silent)
        found = comparable(app.inspect(find_images([made / "new"]), product="plate", by=pool))
        assert logged(app) == whole_log(), "in the order of the images"
    assert found == alone
    assert held == {path: path.stat().st_mtime_ns for path in (made / "store").rglob("*")}, "read only"


def test_a_killed_worker_costs_no_image_and_doubles_none(
    open_app: Any, made: Path, tmp_path: Path, alone: list[dict[str, Any]]
) -> None:
    said: list[str] = []
    images, file = find_images([made / "new"]), tmp_path / "r.jsonl"
    with open_app() as app:
        pool = worker_pool(app, "local", 2, said.append)
        found: list[Found] = []
        stream = inspect_into(file, app, images, product="plate", by=pool, say=said.append)
        killed: set[int] = set()
        for record, _ in stream:
            found.append(record)
            if len(found) in (2, 9, 15):  # by then others are in hand
                victim = next(pid for pid in children() if pid not in killed)
                os.kill(victim, signal.SIGKILL)
                killed.add(victim)
        assert logged(app) == whole_log()
    assert any("died" in one for one in said), "no worker had an image in hand: nothing was tested"
    assert comparable(found) == alone
    assert [json.loads(line)["image"] for line in file.read_text().splitlines()] == [str(p) for p in images]


def test_a_resumed_batch_starts_no_worker_for_what_is_done(
    open_app: Any, made: Path, tmp_path: Path, alone: list[dict[str, Any]]
) -> None:
    images, file = find_images([made / "new"]), tmp_path / "r.jsonl"

    def run(count: int) -> list[tuple[Found, bool]]:
        with open_app() as app:
            pool = worker_pool(app, "local", 2, silent)
            return list(inspect_into(file, app, images[:count], product="plate", by=pool, say=silent))

    run(10)
    found = run(COUNT)
    assert [known for _, known in found] == [True] * 10 + [False] * (COUNT - 10)
    assert comparable(one for one, _ in found) == alone
    before = children()
    assert all(known for _, known in run(COUNT))
    assert set(children()) <= set(before)


@pytest.mark.parametrize(("product", "error"), [("sprocket", UnknownProduct), ("plate", ConfigError)])
def test_what_every_image_would_meet_is_one_error(
    open_app: Any, made: Path, product: str, error: type[IadError]
) -> None:
    fields = {} if error is UnknownProduct else {"input_size": 128}  # another than the product's
    with open_app(**fields) as app, pytest.raises(error):
        pool = worker_pool(app, "local", 2, silent)
        list(app.inspect(find_images([made / "new"]), product=product, by=pool))


def test_an_engine_is_found_by_its_name(open_app: Any) -> None:
    assert ENGINES.names() == ["local", "ray"]
    with open_app() as app, pytest.raises(ConfigError, match="known are local, ray"):
        worker_pool(app, "abacus", 2, silent)


class Deadly(LocalEngine):
    """An engine by somebody else: its workers are killed over some images, or while they load."""

    def __init__(self, settings: Settings, *, over: str) -> None:
        super().__init__(settings, 2)
        self.over = over

    def start(self, task: Task) -> LocalWorker:
        return Mortal(task, self._context, self.over)


class Mortal(LocalWorker):
    """A worker whose process is killed where it gets a certain image."""

    def __init__(self, task: Task, context: BaseContext, over: str) -> None:
        super().__init__(task, context)
        self._over = over

    def load(self) -> Future[IadError | None]:
        return self._pool.submit(_end) if self._over == "loading" else super().load()  # type: ignore[arg-type]

    def inspect(self, path: Path) -> Future[Inspected]:
        return self._pool.submit(_end) if path.name == self._over else super().inspect(path)  # type: ignore[arg-type]


def _end() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_an_image_that_kills_its_workers_is_a_failure_and_the_rest_go_on(
    open_app: Any, made: Path, alone: list[dict[str, Any]]
) -> None:
    said: list[str] = []
    with open_app() as app:
        pool = WorkerPool(app, lambda: Deadly(app.settings, over="03.png"), said.append)
        found = list(app.inspect(find_images([made / "new"]), product="plate", by=pool))
    deadly = found.pop(3)
    assert isinstance(deadly, FailureRecord)
    assert deadly.error.kind == "WorkerDied"
    assert len([one for one in said if "03.png" in one]) == TRIES - 1
    assert comparable(found) == alone[:3] + alone[4:]


def test_workers_that_die_while_they_load_end_the_batch(open_app: Any, made: Path) -> None:
    with open_app() as app, pytest.raises(WorkerDied, match="while they loaded"):
        pool = WorkerPool(app, lambda: Deadly(app.settings, over="loading"), silent)
        list(app.inspect(find_images([made / "new"]), product="plate", by=pool))


def processes_with(text: str) -> set[int]:
    """Processes whose environment holds a text."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*/environ"):
        try:
            if text.encode() in entry.read_bytes():
                found.add(int(entry.parent.name))
        except OSError:
            continue
    return found


def test_a_killed_command_leaves_no_worker_behind(
    made: Path, tmp_path: Path, alone: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IAD_LOT", mark := f"lot-of-{tmp_path.name}-{os.getpid()}")
    file = tmp_path / "r.jsonl"
    with commands(made) as iad:
        before = processes_with(mark)
        arguments = ["inspect", made / "new", "-p", "plate", "--workers", "2", "--json", "--resume", file]
        command = iad.start(*arguments)
        while not file.exists() or file.read_bytes().count(b"\n") < 2:
            time.sleep(0.01)
        command.send(signal.SIGKILL)
        assert command.wait() == -signal.SIGKILL
        until = time.monotonic() + 20
        while processes_with(mark) - before and time.monotonic() < until:
            time.sleep(0.1)
        assert processes_with(mark) <= before
        assert iad.run(*arguments)[0] == 1  # one image cannot be read
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(one["image"], one.get("p_value")) for one in lines] == [
        (one["image"], one.get("p_value")) for one in alone
    ]


def test_without_ray_the_error_names_the_extra(
    open_app: Any, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with open_app() as app, pytest.raises(ConfigError, match=r"pip install 'iad-agent\[ray\]'"):
        list(app.inspect([made / "new" / "00.png"], by=worker_pool(app, "ray", 2, silent)))


# --- Ray --------------------------------------------------------------------------------------------


@contextmanager
def ray_cluster(nodes: int) -> Iterator[Any]:
    """A cluster of nodes of one processor each on this machine, beside a head without one."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install -e '.[ray]'")
    import ray
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    try:
        for _ in range(nodes):
            cluster.add_node(num_cpus=1)
        yield cluster
    finally:
        ray.shutdown()
        cluster.shutdown()


def test_three_nodes_of_a_ray_cluster_one_removed_half_way(
    open_app: Any, made: Path, tmp_path: Path, alone: list[dict[str, Any]]
) -> None:
    images, file = find_images([made / "new"]), tmp_path / "r.jsonl"
    said: list[str] = []
    with ray_cluster(3) as cluster, open_app(ray_address=cluster.address) as app:
        list(inspect_into(file, app, images[:4], product="plate", say=silent))  # here, before
        engine = LosesANode(app.settings, cluster, at=COUNT // 2)
        assert engine.workers == 3, "one for each processor"
        pool = WorkerPool(app, lambda: engine, said.append)
        found = list(inspect_into(file, app, images, product="plate", by=pool, say=silent))
        assert [known for _, known in found] == [True] * 4 + [False] * (COUNT - 4)
        assert logged(app) == whole_log()
    assert comparable(one for one, _ in found) == alone
    assert any("died" in one for one in said), "no worker had an image in hand: nothing was tested"


def alive() -> int:
    import ray

    return sum(node["Alive"] for node in ray.nodes())


def until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


class LosesANode(RayEngine):
    """The engine, on a cluster that loses the node whose worker is given the image of a number."""

    def __init__(self, settings: Settings, cluster: Any, at: int) -> None:
        super().__init__(settings, None)
        self.nodes = cluster
        self.left = at

    def start(self, task: Task) -> RayWorker:
        return OnANode(self, super().start(task))


class OnANode(RayWorker):
    """A worker that is busy while its node is removed, so that it cannot be done with the image before."""

    def __init__(self, engine: LosesANode, worker: RayWorker) -> None:
        super().__init__(worker._ray, worker._actor)
        self.engine = engine

    def inspect(self, path: Path) -> Future[Inspected]:
        self.engine.left -= 1
        if self.engine.left != 0:
            return super().inspect(path)
        call = self._actor.__ray_call__
        node = self._ray.get(call.remote(lambda _: sys.modules["ray"].get_runtime_context().get_node_id()))
        call.remote(lambda _: time.sleep(600))
        future = super().inspect(path)
        assert alive() == 4  # the head, too
        nodes = self.engine.nodes
        lost = next(one for one in nodes.worker_nodes if one.node_id == node)
        nodes.remove_node(lost, allow_graceful=False)
        until(lambda: alive() < 4)
        return future


def test_on_ray_errors_name_the_setting(open_app: Any, made: Path) -> None:
    images = find_images([made / "new"])
    with open_app(ray_address="127.0.0.1:1") as app, pytest.raises(ConfigError, match="ray_address"):
        list(app.inspect(images, product="plate", by=worker_pool(app, "ray", None, silent)))
    with ray_cluster(1) as cluster:
        for fields, words in (
            ({"ray_gpus": 1.0}, "ray_gpus"),
            ({"ray_cpus": 4.0}, "ray_cpus"),
        ):
            with (
                open_app(ray_address=cluster.address, **fields) as app,
                pytest.raises(ConfigError, match=words),
            ):
                list(app.inspect(images, product="plate", by=worker_pool(app, "ray", None, silent)))
        with open_app(ray_address=cluster.address) as app, pytest.raises(UnknownProduct):
            list(app.inspect(images, product="sprocket", by=worker_pool(app, "ray", None, silent)))
