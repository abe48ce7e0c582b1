"""The engine on Ray: a worker is an actor, anywhere on a cluster."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

from agents.engines.base import Inspected, Task
from agents.engines.worker import BatchWorker
from agents.settings import Settings
from anomaly_core.errors import ConfigError, IadError


class RayEngine:
    """Actors on a Ray cluster. workers: their number; as many as the cluster has room for if None.

    Raises ConfigError where Ray is not installed, the cluster does not answer, or no node has the processors
    and GPUs that a worker takes.
    """

    def __init__(self, settings: Settings, workers: int | None) -> None:
        try:
            import ray
            from ray import exceptions
        except ImportError as error:
            raise ConfigError("the engine ray needs Ray: pip install 'iad-agent[ray]'") from error
        self._ray = ray
        self.deaths: tuple[type[BaseException], ...] = (
            exceptions.RayActorError,
            exceptions.WorkerCrashedError,
            exceptions.NodeDiedError,
            exceptions.LocalRayletDiedError,
            exceptions.ObjectLostError,
            exceptions.OutOfMemoryError,
        )
        self._connected = not ray.is_initialized()
        if self._connected:
            _connect(ray, settings.ray_address or os.environ.get("RAY_ADDRESS"))
        self._cpus = settings.ray_cpus
        on_cuda = settings.device.startswith("cuda")
        self._gpus = float(on_cuda) if settings.ray_gpus is None else settings.ray_gpus
        self._settings = settings.model_copy(
            update={
                "threads": settings.threads or max(1, int(self._cpus)),
                # Ray shows a worker its own GPUs alone, numbered from 0.
                "device": "cuda" if on_cuda else settings.device,
            }
        )
        room = sum(self._room(node["Resources"]) for node in ray.nodes() if node["Alive"])
        if not room:
            self.close()
            raise ConfigError(
                f"no node of the Ray cluster has {self._cpus:g} processors and {self._gpus:g} GPUs, as a "
                "worker takes: change the settings ray_cpus and ray_gpus, or add a node"
            )
        self.workers = workers or room

    def start(self, task: Task) -> RayWorker:
        """Return a worker; its process starts once a node has room for it."""
        # It is not restarted by Ray: who has it gives its image to another, and knows how often.
        actor = self._ray.remote(BatchWorker).options(
            num_cpus=self._cpus, num_gpus=self._gpus, max_restarts=0, max_task_retries=0
        )
        return RayWorker(self._ray, actor.remote(replace(task, settings=self._settings)))

    def close(self) -> None:
        """Leave the cluster, unless the process was on it before; end one that was started for this."""
        if self._connected:
            self._ray.shutdown()

    def _room(self, node: Mapping[str, float]) -> int:
        """Return how many workers a node has room for."""
        room = node.get("CPU", 0.0) / self._cpus
        if self._gpus:
            room = min(room, node.get("GPU", 0.0) / self._gpus)
        return int(room + 1e-6)


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


def _connect(ray: Any, address: str | None) -> None:
    """Connect this process to a cluster, or start one. Raises ConfigError where it does not answer."""
    named = address or "on this machine"
    # Read where a cluster is started here: no figures of it are sent to Ray's makers unless somebody asks.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        host, _, port = (address or "").rpartition(":")
        if host and port.isdigit() and "://" not in host:
            # Ray itself tries for minutes.
            socket.create_connection((host.strip("[]"), int(port)), timeout=10.0).close()
        # What workers print would stand among the records.
        ray.init(address=address, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, ValueError, RuntimeError) as error:
        raise ConfigError(
            f"the Ray cluster {named} cannot be used ({error}): check the setting ray_address, or RAY_ADDRESS"
        ) from error
