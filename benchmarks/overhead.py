"""Measure what the graphs themselves cost, beyond the tools that they call, and a thread of a thousand turns.

    python benchmarks/overhead.py [--images N] [--turns N] [--encoder NAME]

The overhead of an inspection is its wall time less the time inside its tools: state, records, composing the
answer and LangGraph itself. The overhead of a question also has its checkpoints, in a SQLite file. Parts are
drawn, and the encoder is the tiny one, since neither changes what the graph does. Wall and processor time are
given: on a machine that is shared, the first holds what others took.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from provenance import provenance

from agents import dialogue, graph
from agents.app import Application
from agents.settings import Settings
from anomaly_core.simulation.procedural import DrawnProduct
from tools.context import Services
from tools.records import InspectionRecord
from tools.registry import build_tools

QUESTIONS = ("Where is it?", "and how sure are you?", "what about the second region?", "why?")


class Watch:
    """Sums the milliseconds spent inside tools: on the wall's clock, and of the processor."""

    wall: float = 0.0
    cpu: float = 0.0

    def begin(self) -> None:
        """Forget what was summed, and start a run."""
        self.wall = self.cpu = 0.0
        self._start = (time.perf_counter(), time.process_time())

    def end(self) -> tuple[float, float]:
        """Return what the run took beyond its tools, in milliseconds: wall and processor."""
        wall, cpu = time.perf_counter() - self._start[0], time.process_time() - self._start[1]
        return wall * 1000 - self.wall, cpu * 1000 - self.cpu

    def tools(self, services: Services) -> Any:
        """Return the tools, each telling its time."""
        made = build_tools(services)
        for tool in made:
            tool.func = self._timed(tool.func)  # type: ignore[attr-defined]  # every tool here has one
        return made

    def _timed(self, inner: Any) -> Any:
        def run(**arguments: Any) -> Any:
            wall, cpu = time.perf_counter(), time.process_time()
            try:
                return inner(**arguments)
            finally:
                self.wall += (time.perf_counter() - wall) * 1000
                self.cpu += (time.process_time() - cpu) * 1000

        return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--images", type=int, default=100, help="inspections, and questions, at least 20")
    parser.add_argument("--turns", type=int, default=1000, help="turns of the long thread, at least 200")
    parser.add_argument("--encoder", default="tiny")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "overhead.json")
    options = parser.parse_args()
    torch.set_num_threads(1)
    watch = Watch()
    for module in (graph, dialogue):
        module.build_tools = watch.tools  # type: ignore[attr-defined]  # every call passes through here
    result: dict[str, Any] = {
        "provenance": provenance({k: v for k, v in vars(options).items() if k != "out"})
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        app = ready(folder, options.encoder)
        parts = drawn(folder, 20, 100)
        result["inspection"] = inspections(app, parts, options.images, watch)
        print("inspection", json.dumps(result["inspection"]), flush=True)
        result["question"] = questions(app, parts, options.images, watch)
        print("question", json.dumps(result["question"]), flush=True)
        result["thread"] = long_thread(app, parts, options.turns, folder / "store-threads.sqlite")
        print("thread", json.dumps(result["thread"]), flush=True)
        app.close()
    options.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def drawn(folder: Path, count: int, first: int) -> list[Path]:
    """Draw parts; every second one has a bright square that no good part has."""
    product, paths = DrawnProduct("metal plate", 1), []
    for index in range(first, first + count):
        pixels = product.image(index).copy()
        if index % 2:
            pixels[100:130, 100:130] = (250, 30, 30)
        paths.append(folder / f"part-{index}.png")
        Image.fromarray(pixels).save(paths[-1])
    return paths


def ready(folder: Path, encoder: str) -> Application:
    """An application with a product and a note."""
    settings = Settings.from_environment(
        store=folder / "store", encoder=encoder, text_encoder="tiny", threads=1
    )
    app = Application(settings)
    good = []
    for index in range(4):
        good.append(folder / f"good-{index}.png")
        Image.fromarray(DrawnProduct("metal plate", 1).image(index)).save(good[-1])
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
    return spread(spent[5:])


def questions(app: Application, parts: list[Path], count: int, watch: Watch) -> dict[str, Any]:
    """Overhead of a question in a thread, checkpoints included; the first five warm up."""
    spent = []
    for number in range(count + 5):
        watch.begin()
        question = QUESTIONS[number % len(QUESTIONS)]
        app.ask(parts[number % len(parts)], question, product="plate", thread="measured")
        spent.append(watch.end())
    return spread(spent[5:])


def long_thread(app: Application, parts: list[Path], turns: int, file: Path) -> dict[str, Any]:
    """Milliseconds of a whole turn, tools included, early and late in one thread; the size of its file."""
    spent, sizes = [], []
    for number in range(turns):
        start, cpu = time.perf_counter(), time.process_time()
        question = QUESTIONS[number % len(QUESTIONS)]
        app.ask(parts[number % len(parts)], question, product="plate", thread="long")
        spent.append((1000 * (time.perf_counter() - start), 1000 * (time.process_time() - cpu)))
        if number + 1 in (100, turns):
            sizes.append(file.stat().st_size)
    return {
        "turns": turns,
        "turns_101_to_200": spread(spent[100:200]),
        "last_100_turns": spread(spent[-100:]),
        "file_bytes_after_100": sizes[0],
        "file_bytes_at_the_end": sizes[-1],
    }


def spread(values: list[tuple[float, float]]) -> dict[str, Any]:
    """Median and 95th percentile, in milliseconds."""
    found: dict[str, Any] = {"count": len(values)}
    for name, ordered in zip(("wall", "processor"), map(sorted, zip(*values, strict=True)), strict=True):
        found[f"{name}_median_ms"] = statistics.median(ordered)
        found[f"{name}_p95_ms"] = ordered[int(0.95 * len(ordered))]
    return found


if __name__ == "__main__":
    main()
