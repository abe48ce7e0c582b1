"""A pool of workers: images handed out, results in order, the images of dead workers given again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from agents.app import Application
from agents.engines.base import Engine, Inspected, Task, Worker
from agents.engines.local import LocalEngine
from agents.engines.on_ray import RayEngine
from agents.in_flight import in_flight
from agents.inspecting import AHEAD, Found
from anomaly_core.errors import ConfigError, IadError, WorkerDied
from anomaly_core.files import make_folder
from anomaly_core.registry import Registry
from knowledge.log.entry import Entry
from tools.log import log_entries
from tools.records import FailureRecord, InspectionRecord

K = TypeVar("K")
WINDOW: Final = 8
"""Images, for each worker, that are looked at and not yet yielded: so much may one be behind the others."""
TRIES: Final = 3
"""Workers that may die over one image, or while they load, before it counts as its, or their, own fault."""

ENGINES: Final[Registry[Engine]] = Registry("engine", "iad.engines")
"""Engines by name; a factory is called with the settings, and the number of workers or None."""
ENGINES.register("local", LocalEngine)
ENGINES.register("ray", RayEngine)


def worker_pool(app: Application, engine: str, workers: int | None, say: Callable[[str], None]) -> WorkerPool:
    """Return a pool of workers of an engine, by its name. Raises ConfigError where there is none.

    workers: if None, one on this machine, and elsewhere as many as there is room for.
    """
    make = ENGINES.find(engine)
    if make is None:
        raise ConfigError(
            f"option --engine: there is no engine {engine!r}; known are {', '.join(ENGINES.names())}"
        )
    return WorkerPool(app, partial(make, app.settings, workers), say)


class WorkerPool:
    """Inspects images by workers; an `ImageInspector`. The log is written here, in the order of the images.

    make_engine: called once a batch. say: hears of workers that die.
    """

    def __init__(
        self, app: Application, make_engine: Callable[[], Engine], say: Callable[[str], None]
    ) -> None:
        self._app = app
        self._make_engine = make_engine
        self._say = say

    def inspect_unknown(
        self,
        paths: Iterable[Path],
        known: Callable[[Path], K | None],
        *,
        product: str | None = None,
        out: Path | None = None,
        run: str | None = None,
    ) -> Iterator[Found | K]:
        """Yield for each image, in order, what is known of it, or else let it be inspected.

        An image over which TRIES workers died gives a FailureRecord. Raises WorkerDied where they die while
        they load; the rest: see `ImageInspector`.
        """
        tools = self._app.tools
        tools.require_store()
        if out is not None:
            make_folder(out)
        task = Task(self._app.settings, Path.cwd(), product, out, run)

        def look(path: Path) -> _Image[K]:
            return _Image(path, known(path))

        engine = self._make_engine()
        looked = in_flight(look, paths, AHEAD)
        handing = _Handing[K](engine, task, self._say)
        try:
            for image in handing.in_order(looked):
                result, warnings = image.result, log_entries(tools, image.entries)
                if warnings and isinstance(result, InspectionRecord):
                    result = result.model_copy(update={"warnings": [*result.warnings, *warnings]})
                assert result is not None
                yield result
        finally:
            looked.close()
            handing.close()
            engine.close()


@dataclass(eq=False)
class _Image(Generic[K]):
    """An image of a batch. result: None until there is one. deaths: of workers that had it in hand."""

    path: Path
    result: Found | K | None
    entries: list[Entry] = field(default_factory=list)
    deaths: int = 0


class _Handing(Generic[K]):
    """One batch: which worker has which image in hand."""

    def __init__(self, engine: Engine, task: Task, say: Callable[[str], None]) -> None:
        self._engine = engine
        self._task = task
        self._say = say
        self._waiting: deque[_Image[K]] = deque()
        self._idle: list[Worker] = []
        self._loading: dict[Future[IadError | None], Worker] = {}
        self._busy: dict[Future[Inspected], tuple[Worker, _Image[K]]] = {}
        self._deaths_in_loading = 0

    def in_order(self, images: Iterator[_Image[K]]) -> Iterator[_Image[K]]:
        """Yield the images in order, each once it has a result."""
        window: deque[_Image[K]] = deque()
        ended = False
        while True:
            while not ended and len(window) < WINDOW * self._engine.workers:
                image = next(images, None)
                if image is None:
                    ended = True
                    break
                window.append(image)
                if image.result is None:
                    self._waiting.append(image)
                    self._hand_out()
            while window and window[0].result is not None:
                yield window.popleft()
            if window:
                self._hand_out()
                self._settle()
            elif ended:
                return

    def close(self) -> None:
        """End all workers."""
        busy = [worker for worker, _ in self._busy.values()]
        for worker in (*self._idle, *self._loading.values(), *busy):
            worker.close()

    def _hand_out(self) -> None:
        """Give the waiting images to idle workers, and start as many as there is more for."""
        while self._waiting and self._idle:
            worker, image = self._idle.pop(), self._waiting.popleft()
            self._busy[worker.inspect(image.path)] = (worker, image)
        while (
            len(self._waiting) > len(self._loading)
            and len(self._loading) + len(self._busy) < self._engine.workers
        ):
            worker = self._engine.start(self._task)
            self._loading[worker.load()] = worker

    def _settle(self) -> None:
        """Wait until a worker has loaded, is done with an image, or has died."""
        pending: list[Future[Any]] = [*self._loading, *self._busy]
        done, _ = wait(pending, return_when=FIRST_COMPLETED)
        for future in done:
            if future in self._loading:
                self._settle_loading(future)
            else:
                self._settle_image(future)

    def _settle_loading(self, future: Future[IadError | None]) -> None:
        worker = self._loading.pop(future)
        if isinstance(error := future.exception(), self._engine.deaths):
            worker.close()
            self._deaths_in_loading += 1
            if self._deaths_in_loading == TRIES:
                raise WorkerDied(
                    f"{TRIES} workers died while they loaded the models ({error}): try fewer with --workers, "
                    "each needs memory for models of its own"
                ) from error
            return
        self._idle.append(worker)
        self._deaths_in_loading = 0
        if (problem := future.result()) is not None:
            raise problem

    def _settle_image(self, future: Future[Inspected]) -> None:
        worker, image = self._busy.pop(future)
        if not isinstance(error := future.exception(), self._engine.deaths):
            self._idle.append(worker)
            image.result, image.entries = future.result()
            return
        worker.close()
        image.deaths += 1
        if image.deaths < TRIES:
            self._say(f"a worker died with {image.path} in hand: another one gets it")
            self._waiting.appendleft(image)
        else:
            died = WorkerDied(
                f"{image.path}: {TRIES} workers died with it in hand ({error}): inspect it alone, and try "
                "fewer --workers if memory is short"
            )
            image.result = FailureRecord.of(image.path, died)
