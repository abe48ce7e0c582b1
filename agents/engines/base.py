"""The Engine and Worker Protocols, and what a worker is told and returns."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from agents.inspecting import Found
from agents.settings import Settings
from anomaly_core.errors import IadError
from knowledge.log.entry import Entry


@dataclass(frozen=True)
class Task:
    """What all workers of a batch are told.

    folder: absolute; relative paths, of images and in the settings, are relative to it. The others: see
    `ImageInspector.inspect_unknown`.
    """

    settings: Settings
    folder: Path
    product: str | None = None
    out: Path | None = None
    run: str | None = None


class Inspected(NamedTuple):
    """An image's record, and what is to be logged of it by the process that writes the log."""

    found: Found
    entries: list[Entry]


class Worker(Protocol):
    """A process with models of its own, which inspects one image at a time.

    Where the process dies, the futures that it has not settled raise one of its engine's `deaths`.
    """

    def load(self) -> Future[IadError | None]:
        """Load the models, before anything else; return the error that every image would meet, if any."""
        ...

    def inspect(self, path: Path) -> Future[Inspected]:
        """Inspect an image."""
        ...

    def close(self) -> None:
        """End the process, at the latest after the image in hand."""
        ...


class Engine(Protocol):
    """Starts workers. workers: how many there may be at the same time."""

    workers: int
    deaths: tuple[type[BaseException], ...]

    def start(self, task: Task) -> Worker:
        """Return a worker, whose process may start later."""
        ...

    def close(self) -> None:
        """Let go what the engine holds; the workers are closed by then."""
        ...
