"""The service by several processes of this machine, behind Ray Serve: `iad serve --engine ray`.

Each replica is a whole service with models of its own. What they must agree on is on this machine's disk:
store, log, threads and sent images as ever, which several processes may write; jobs, rates and figures in a
folder for the time of the command. SQLite's files tell processes of one machine alone what others write, so
all replicas are on the machine of the command.
"""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from fastapi import FastAPI

from agents.app import Application
from agents.desk.warm import warm
from agents.engines.cluster import HEAD, Cluster
from agents.interfaces.service.metrics import FIGURES_FOLDER
from agents.interfaces.service.service import create_service
from agents.settings import Settings
from anomaly_core.errors import ConfigError, IadError
from anomaly_core.extras import install

NAME: Final = "iad"
MORE: Final = 64
"""Requests that a replica holds beside its queue, which refuses for itself what it has no place for."""
CLOSING_S: Final = 25.0
"""Seconds that a replica has to end what it works on when the command ends."""


@contextmanager
def replicated(
    settings: Settings, host: str, port: int, replicas: int | None, *, any_host: bool = False
) -> Iterator[int]:
    """Serve the API by replicas within the block, whose models are loaded when it begins; yield their number.

    replicas: as many as this machine has room for if None. any_host: see `create_service`. Raises ConfigError
    where Ray or a part of it is not installed, the cluster is another machine's or serves something already,
    it has no room, or the port is taken; KeyboardInterrupt at SIGTERM, too.
    """
    cluster = Cluster(settings)
    # Joining the cluster set another one, which aborts the process.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        number = _number(cluster, replicas)
        serve = _serve_of(cluster)
        with TemporaryDirectory(prefix="iad-replicas-") as name:
            try:
                _deploy(serve, cluster, Path(name), host, port, number, any_host)
                yield number
            finally:
                serve.shutdown()
    finally:
        cluster.close()


def _number(cluster: Cluster, wanted: int | None) -> int:
    """Return how many replicas there will be. Raises ConfigError where there is no room for them."""
    if not cluster.on_head():
        raise ConfigError(
            "replicas share the log and other files of SQLite, which several machines cannot: run the "
            "command on the machine of the cluster's head, or unset ray_address"
        )
    room = cluster.room(on_head=True)
    if (wanted or 0) > room:
        raise ConfigError(
            f"--replicas {wanted}: this machine has room for {room}, with {cluster.cpus:g} processors and "
            f"{cluster.gpus:g} GPUs for each: ask for fewer, or change the settings ray_cpus and ray_gpus"
        )
    return wanted or room


def _serve_of(cluster: Cluster) -> Any:
    """Return Ray's module for serving. Raises ConfigError where it is incomplete, or serves already."""
    try:
        from ray import serve
    except ImportError as error:
        raise ConfigError(f"replicas need Ray Serve ({error}): {install('ray')}") from error
    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    with suppress(ValueError):
        cluster.ray.get_actor("SERVE_CONTROLLER_ACTOR", namespace="serve")
        raise ConfigError(
            "the Ray cluster serves something already, at an address of its own: end that (serve shutdown), "
            "or unset ray_address for a cluster of this command's own"
        )
    return serve


def _deploy(
    serve: Any, cluster: Cluster, shared: Path, host: str, port: int, number: int, any_host: bool
) -> None:
    """Start the replicas, and return once all have loaded. Raises ConfigError where they cannot start."""
    settings, folder = cluster.settings, Path.cwd()

    def build() -> FastAPI:
        return _replica(settings, folder, shared, any_host)

    figures = shared / "figures"
    figures.mkdir()
    deployment = serve.deployment(serve.ingress(build)()).options(
        name=NAME,
        num_replicas=number,
        max_ongoing_requests=settings.queue_length + MORE,
        graceful_shutdown_timeout_s=CLOSING_S,
        ray_actor_options={
            "num_cpus": cluster.cpus,
            "num_gpus": cluster.gpus,
            "resources": {HEAD: 0.001},
            "runtime_env": {"env_vars": {FIGURES_FOLDER: str(figures)}},
        },
    )
    try:
        serve.start("HeadOnly", {"host": host, "port": port})
        serve.run(deployment.bind(), name=NAME, route_prefix="/")
    except RuntimeError as error:
        # Above its last line is the traceback of another process.
        raise ConfigError(f"the replicas do not start: {str(error).splitlines()[-1]}") from error


def _replica(settings: Settings, folder: Path, shared: Path, any_host: bool) -> FastAPI:
    """Return the service in the process of a replica, its models loaded, so that it gets no request before.

    folder: what relative paths are relative to. What cannot be loaded is told at /readyz.
    """
    os.chdir(folder)
    app = Application(settings)
    with suppress(IadError):
        warm(app, lambda _: None)
    return create_service(app, any_host=any_host, shared=shared)
