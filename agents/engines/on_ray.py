"""The engine on Ray: a worker is an actor, anywhere on a cluster."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

from agents.engines.base import Inspected, Task
from agents.engines.cluster import Cluster
from agents.engines.worker import BatchWorker
from agents.settings import Settings
from anomaly_core.errors import IadError


class RayEngine:
    """Actors on a Ray cluster. workers: their number; as many as the cluster has room for if None.

    Raises ConfigError where Ray is not installed, the cluster does not answer, or no node has the processors
    and GPUs that a worker takes.
    """

    def __init__(self, settings: Settings, workers: int | None) -> None:
        self._cluster = Cluster(settings)
        exceptions = self._cluster.ray.exceptions
        self.deaths: tuple[type[BaseException], ...] = (
            exceptions.RayActorError,
            exceptions.WorkerCrashedError,
            exceptions.NodeDiedError,
            exceptions.LocalRayletDiedError,
            exceptions.ObjectLostError,
            exceptions.OutOfMemoryError,
        )
        room = self._cluster.room()
        self.workers = workers or room

    def start(self, task: Task) -> RayWorker:
        """Return a worker; its process starts once a node has room for it."""
        cluster = self._cluster
        # It is not restarted by Ray: who has it gives its image to another, and knows how often.
        actor = cluster.ray.remote(BatchWorker).options(
            num_cpus=cluster.cpus, num_gpus=cluster.gpus, max_restarts=0, max_task_retries=0
        )
        return RayWorker(cluster.ray, actor.remote(replace(task, settings=cluster.settings)))

    def close(self) -> None:
        """Leave the cluster; see `Cluster.close`."""
        self._cluster.close()


class RayWorker:
    """An actor."""

    def __init__(self, ray: Any, actor: Any) -> None:
        self._ray = ray
        self._actor = actor

    def load(self) -> Future[IadError | None]:
        """Load the models; see `Worker.load`."""
        future: Future[IadError | None] = self._actor.load.remote().future()
        return future

    def inspect(self, path: Path) -> Future[Inspected]:
        """Inspect an image."""
        future: Future[Inspected] = self._actor.inspect.remote(path).future()
        return future

    def close(self) -> None:
        """End the process at once."""
        self._ray.kill(self._actor)
