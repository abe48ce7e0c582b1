"""A Ray cluster: joined or started, and what one process of this program takes of it."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Mapping
from typing import Any, Final

from agents.settings import Settings
from anomaly_core.errors import ConfigError
from anomaly_core.extras import install

HEAD: Final = "node:__internal_head__"
"""Resource that the head of a cluster alone has."""


class Cluster:
    """The Ray cluster of the settings, which this process joins.

    ray: the module. cpus, gpus: that a worker takes. settings: of a worker. Raises ConfigError where Ray is
    not installed, or the cluster does not answer.
    """

    def __init__(self, settings: Settings) -> None:
        try:
            import ray
        except ImportError as error:
            raise ConfigError(f"the engine ray needs Ray: {install('ray')}") from error
        self.ray: Any = ray
        self._connected = not ray.is_initialized()
        if self._connected:
            _connect(ray, settings.ray_address or os.environ.get("RAY_ADDRESS"))
        self.cpus = settings.ray_cpus
        on_cuda = settings.device.startswith("cuda")
        self.gpus = float(on_cuda) if settings.ray_gpus is None else settings.ray_gpus
        self.settings = settings.model_copy(
            update={
                "threads": settings.threads or max(1, int(self.cpus)),
                # Ray shows a worker its own GPUs alone, numbered from 0.
                "device": "cuda" if on_cuda else settings.device,
            }
        )

    def room(self, *, on_head: bool = False) -> int:
        """Return how many workers the cluster, or its head alone, has room for.

        Leaves the cluster and raises ConfigError where it is none.
        """
        nodes = [node["Resources"] for node in self.ray.nodes() if node["Alive"]]
        room = sum(self._room(node) for node in nodes if not on_head or HEAD in node)
        if not room:
            self.close()
            raise ConfigError(
                f"no {'head' if on_head else 'node'} of the Ray cluster has {self.cpus:g} processors and "
                f"{self.gpus:g} GPUs, as a worker takes: change the settings ray_cpus and ray_gpus, or add "
                "a node"
            )
        return room

    def on_head(self) -> bool:
        """Return whether this process is on the machine of the cluster's head."""
        own = self.ray.get_runtime_context().get_node_id()
        return any(node["NodeID"] == own and HEAD in node["Resources"] for node in self.ray.nodes())

    def close(self) -> None:
        """Leave the cluster, unless the process was on it before; end one that was started for this."""
        if self._connected:
            self.ray.shutdown()

    def _room(self, node: Mapping[str, float]) -> int:
        """Return how many workers a node has room for."""
        room = node.get("CPU", 0.0) / self.cpus
        if self.gpus:
            room = min(room, node.get("GPU", 0.0) / self.gpus)
        return int(room + 1e-6)


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
