"""Figures of the service for Prometheus: requests, times, decisions, queue, readiness."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agents.interfaces.service.limits import Queue
from tools.records import InspectionRecord

FIGURES_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Variable with the folder in which several processes add their figures up; set before a process starts."""


class Metrics:
    """The figures of one service, in a registry of its own; those of all processes with `FIGURES_FOLDER`."""

    def __init__(self, queue: Queue) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "iad_requests",
            "Requests by route and status.",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "iad_request_seconds", "Time of requests by route.", ["route"], registry=self._registry
        )
        self._decisions = Counter(
            "iad_inspections", "Inspections by product and decision.", ["product", "decision"],
            registry=self._registry,
        )  # fmt: skip
        length = Gauge(
            "iad_queue_length", "Requests that compute or wait.", registry=self._registry,
            multiprocess_mode="livesum",
        )  # fmt: skip
        queue.hears = length.set
        self.ready = Gauge(
            "iad_ready", "Whether the models are loaded.", registry=self._registry,
            multiprocess_mode="livemin",
        )  # fmt: skip

    def inspected(self, record: InspectionRecord) -> None:
        """Count an inspection."""
        self._decisions.labels(record.product.name, record.decision).inc()

    def requested(self, scope: Scope, status: int, seconds: float) -> None:
        """Count a request by its route, not its path, which has no end of values."""
        # The station makes routes of its own, a few for each open page.
        inner = scope["path"].startswith("/_nicegui")
        route = "station" if inner else getattr(scope.get("route"), "path", "none")
        self._requests.labels(scope["method"], route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """Return all figures in Prometheus' text format."""
        folder = os.environ.get(FIGURES_FOLDER)
        if folder is None:
            return generate_latest(self._registry)
        for path in Path(folder).glob("gauge_live*.db"):
            if not _lives(pid := int(path.stem.rpartition("_")[2])):
                mark_process_dead(pid, folder)  # type: ignore[no-untyped-call]
        registry = CollectorRegistry()
        MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]
        return generate_latest(registry)


def _lives(pid: int) -> bool:
    """Return whether a process of this machine and user runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class Measured:
    """Measures every request."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status = time.perf_counter(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            self._metrics.requested(scope, status, time.perf_counter() - start)
