"""What the graphs cost beyond the tools that they call, and a thread of a thousand questions.

    python benchmarks/overhead.py [--images N] [--questions N] [--encoder NAME]

The overhead of an inspection is its wall time less the time inside its tools: state, records, composing the
answer and LangGraph itself. The overhead of a question also has its checkpoints, in a SQLite file. Parts are
procedural, and the encoder is the tiny one, since neither changes what the graph does. Wall and processor
time are given: on a machine that is shared, the first holds what others took.
"""

from __future__ import annotations

import inspect
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import torch
from harness import parser, write
from PIL import Image

from agents.answers.generated import tool_calls
from agents.app import Application
from agents.graphs import dialogue, inspection
from agents.settings import Settings
from anomaly_core.simulation.procedural import ProceduralProduct
from tools.cache import CachedImage
from tools.records import InspectionRecord

QUESTIONS = ("Where is it?", "and how sure are you?", "what about the second region?", "why?")


class Watch:
    """Sums the milliseconds spent inside tools: on the wall's clock, and of the processor."""

    def __init__(self) -> None:
        self._inside = False
        self.begin()

    def begin(self) -> None:
        """Forget what was summed, and start a run."""
        self._start, self._tools = _clocks(), [0.0, 0.0]

    def end(self) -> tuple[float, float]:
        """Return what the run took beyond its tools, in milliseconds: wall and processor."""
        wall, cpu = (now - start for now, start in zip(_clocks(), self._start, strict=True))
        return wall - self._tools[0], cpu - self._tools[1]

    def timed(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function, telling its time unless another timed one called it."""

        @wraps(inner)
        def run(*args: Any, **keywords: Any) -> Any:
            if self._inside:
                return inner(*args, **keywords)
            self._inside, start = True, _clocks()
            try:
                return inner(*args, **keywords)
            finally:
                self._inside = False
                spent = zip(self._tools, _clocks(), start, strict=True)
                self._tools = [total + now - then for total, now, then in spent]

        return run

    def watch_tools(self) -> None:
        """Time every function of the tools that a graph calls, and the encoder."""
        for module in (inspection, dialogue, tool_calls):
            for name, value in vars(module).items():
                if inspect.isfunction(value) and value.__module__.startswith("tools."):
                    setattr(module, name, self.timed(value))
        CachedImage.encoded = self.timed(CachedImage.encoded)  # type: ignore[method-assign]


def _clocks() -> tuple[float, float]:
    """Milliseconds on the wall's clock, and of the processor."""
    return 1000 * time.perf_counter(), 1000 * time.process_time()


def main() -> None:
    options = parser(__doc__, out="overhead.json")
    options.add_argument("--images", type=int, default=100, help="inspections, and questions, at least 20")
    options.add_argument("--questions", type=int, default=1000, help="of the long thread, at least 200")
    options.add_argument("--encoder", default="tiny")
    given = options.parse_args()
    watch = Watch()
    watch.watch_tools()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with ready(folder, given.encoder) as app:
            parts = procedural(folder, 20, 100)
            result = {
                "inspection": inspections(app, parts, given.images, watch),
                "question": questions(app, parts, given.images, watch),
                "thread": long_thread(app, parts, given.questions, folder / "store-threads.sqlite"),
            }
    write(given, result)
    print(json.dumps(result, indent=1))


def procedural(folder: Path, count: int, first: int) -> list[Path]:
    """Make parts; every second one has a bright square that no good part has."""
    product, paths = ProceduralProduct("metal plate", 1), []
    for index in range(first, first + count):
        pixels = product.image(index).copy()
        if index % 2:
            pixels[100:130, 100:130] = (250, 30, 30)
        paths.append(folder / f"part-{index}.png")
        Image.fromarray(pixels).save(paths[-1])
    return paths


def ready(folder: Path, encoder: str) -> Application:
    """An application with a product and a note."""
    store = folder / "store"
    app = Application(Settings.from_environment(store=store, encoder=encoder, text_encoder="tiny", threads=1))
    good = []
    for index in range(4):
        good.append(folder / f"good-{index}.png")
        Image.fromarray(ProceduralProduct("metal plate", 1).image(index)).save(good[-1])
    app.enroll("plate", good)
    notes = folder / "notes.json"
    notes.write_text(
        json.dumps({"plate": {"stain": "A bright red patch. It is caused by a leaking nozzle."}})
    )
    app.add_knowledge([notes])
    return app


def inspections(app: Application, parts: list[Path], count: int, watch: Watch) -> dict[str, Any]:
    """Overhead of `iad inspect` without pictures, an image; the first five warm up."""
    spent = []
    for number in range(count + 5):
        app.tools.images.clear()
        watch.begin()
        (record,) = app.inspect([parts[number % len(parts)]], product="plate")
        spent.append(watch.end())
        if not isinstance(record, InspectionRecord):
            raise SystemExit(record.error.message)
    return percentiles(spent[5:])


def questions(app: Application, parts: list[Path], count: int, watch: Watch) -> dict[str, Any]:
    """Overhead of a question in a thread, checkpoints included; the first five warm up."""
    spent = []
    for number in range(count + 5):
        watch.begin()
        question = QUESTIONS[number % len(QUESTIONS)]
        app.ask(parts[number % len(parts)], question, product="plate", thread="measured")
        spent.append(watch.end())
    return percentiles(spent[5:])


def long_thread(app: Application, parts: list[Path], count: int, file: Path) -> dict[str, Any]:
    """Milliseconds of a question, tools included, early and late in one thread; the size of its file."""
    spent, sizes = [], []
    for number in range(count):
        start, cpu = time.perf_counter(), time.process_time()
        question = QUESTIONS[number % len(QUESTIONS)]
        app.ask(parts[number % len(parts)], question, product="plate", thread="long")
        spent.append((1000 * (time.perf_counter() - start), 1000 * (time.process_time() - cpu)))
        if number + 1 in (100, count):
            sizes.append(file.stat().st_size)
    return {
        "questions": count,
        "questions_101_to_200": percentiles(spent[100:200]),
        "last_100_questions": percentiles(spent[-100:]),
        "file_bytes_after_100": sizes[0],
        "file_bytes_at_the_end": sizes[-1],
    }


def percentiles(values: list[tuple[float, float]]) -> dict[str, Any]:
    """Median and 95th percentile, in milliseconds."""
    found: dict[str, Any] = {"count": len(values)}
    for name, ordered in zip(("wall", "processor"), map(sorted, zip(*values, strict=True)), strict=True):
        found[f"{name}_median_ms"] = statistics.median(ordered)
        found[f"{name}_p95_ms"] = ordered[int(0.95 * len(ordered))]
    return found


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
