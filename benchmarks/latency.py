"""Measure what a whole inspection costs beside one bare forward pass, what `iad --help` costs, and memory.

    python benchmarks/latency.py [--mvtec ROOT] [--images N] [--long N] [--encoder NAME]

A: one inspection as `iad inspect` does it, without pictures (read, encode, decode, retrieve, answer, through
the graph). B: reading the file, and one forward pass of the encoder on the same rendered input. A and B
alternate, image by image, so that a busy machine slows both; their ratio is reported. ELPV comes from package
elpv-dataset.
Memory is the process's resident size after 200 and after `--long` inspections of images taken in turn.
"""

from __future__ import annotations

import gc
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import torch
from harness import parser, write

from agents.app import Application
from agents.demo import choose_cells
from agents.settings import Settings
from anomaly_core.config import DEFAULT_ENCODER
from anomaly_core.encoders.base import encode_one
from anomaly_core.imaging.reading import find_images, load_image
from anomaly_core.weights import resolve as weights
from tools.records import InspectionRecord

EARLY = 200
"""Inspections after which memory is first read: by then every cache is full."""


def main() -> None:
    options = parser(__doc__, "mvtec", out="latency.json")
    options.add_argument("--images", type=int, default=60, help="images a set, at least 2")
    options.add_argument("--long", type=int, default=2000, help="inspections of the memory test; 0: none")
    options.add_argument("--encoder", default=DEFAULT_ENCODER)
    options.add_argument("--threads", type=int, default=1)
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    sets: dict[str, Any] = {}
    result: dict[str, Any] = {"help": help_seconds(), "sets": sets}
    with tempfile.TemporaryDirectory() as folder:
        for name, good, new in image_sets(given.mvtec, given.images):
            settings = Settings.from_environment(
                encoder=given.encoder,
                store=Path(folder) / name,
                threads=given.threads,
                prompt_llm="none",
            )
            with Application(settings) as app:
                prepare(app, name, good)
                sets[name] = compare(app, name, new)
                print(name, json.dumps(sets[name]), flush=True)
                if given.long and name == "elpv":
                    result["memory"] = memory(app, name, new, given.long)
                    print("memory", json.dumps(result["memory"]), flush=True)
    write(given, result)


def image_sets(mvtec: Path | None, count: int) -> list[tuple[str, list[Path], list[Path]]]:
    """Name, images to enrol, images to inspect: half of them defective, good and defective in turn."""
    cells = choose_cells(weights.pull("elpv"), 8, count // 2, 0)
    images = [path for pair in zip(cells.good, cells.defective, strict=True) for path in pair]
    sets = [("elpv", cells.enrolled, images)]
    if mvtec is not None:
        category = sorted(path for path in mvtec.iterdir() if (path / "train" / "good").is_dir())[0]
        test = find_images([category / "test"])
        spread = [test[round(i * (len(test) - 1) / (count - 1))] for i in range(min(count, len(test)))]
        sets.append((category.name, find_images([category / "train" / "good"])[:8], spread))
    return sets


def prepare(app: Application, product: str, good: list[Path]) -> None:
    """Enrol the product, and add notes."""
    app.enroll(product, good)
    notes = app.settings.store.parent / "solar-cells.md"
    notes.write_bytes(files("agents").joinpath("solar_cell_notes.md").read_bytes())
    app.add_knowledge([notes], product)


def compare(app: Application, product: str, images: list[Path]) -> dict[str, Any]:
    """Milliseconds of A and B, and of A's steps, image by image after two of each to warm up."""
    whole, bare, steps, anomalous = [], [], dict[str, list[float]](), []
    for number, path in enumerate([*images[:2], *images]):
        runs: list[Callable[[], Any]] = [
            partial(inspected, app, path, product),
            partial(forward, app, path),
        ]
        times = {}
        for which in (0, 1) if number % 2 else (1, 0):
            start = time.perf_counter()
            done = runs[which]()
            times[which] = (time.perf_counter() - start) * 1000
            if which == 0:
                record = done
        if number < 2:
            continue
        whole.append(times[0])
        bare.append(times[1])
        anomalous.append(record.anomalous)
        for key, value in record.timings_ms.model_dump().items():
            steps.setdefault(key, []).append(value)
    ratios = [a / b for a, b in zip(whole, bare, strict=True)]
    split = {
        word: statistics.median(
            [r for r, a in zip(ratios, anomalous, strict=True) if a == flag] or [float("nan")]
        )
        for word, flag in (("good", False), ("anomalous", True))
    }
    return {
        "images": len(images),
        "ratio": {"min": min(ratios), "median": statistics.median(ratios), "max": max(ratios)},
        "ratio_median_by_verdict": split,
        "whole_ms": statistics.median(whole),
        "bare_ms": statistics.median(bare),
        "steps_ms": {key: statistics.median(values) for key, values in steps.items()},
    }


def inspected(app: Application, path: Path, product: str) -> InspectionRecord:
    (record,) = app.inspect([path], product=product)
    if not isinstance(record, InspectionRecord):
        raise SystemExit(f"{path}: {record.error.message}")
    # Forgotten, so that the next inspection of this file is a first one.
    app.tools.images.clear()
    return record


def forward(app: Application, path: Path) -> None:
    """Read and render the file, and run the encoder once."""
    pixels = load_image(path).pixels
    encode_one(app.tools.model.encoder, app.tools.model.input.frame(pixels).render(pixels))


def memory(app: Application, product: str, images: list[Path], count: int) -> dict[str, float]:
    """Resident megabytes after EARLY and after `count` inspections, and the minutes they took."""
    start, early = time.perf_counter(), 0.0
    for number in range(count):
        inspected(app, images[number % len(images)], product)
        if number + 1 == min(EARLY, count):
            gc.collect()
            early = resident_mb()
    gc.collect()
    return {
        "inspections": count,
        f"resident_mb_after_{EARLY}": early,
        "resident_mb_at_the_end": resident_mb(),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "minutes": (time.perf_counter() - start) / 60,
    }


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def help_seconds() -> dict[str, float]:
    """Wall and processor seconds of `iad --help`, the least of five runs."""
    walls, cpus = [], []
    for _ in range(5):
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run([sys.executable, "-m", "agents", "--help"], check=True, stdout=subprocess.DEVNULL)
        walls.append(time.perf_counter() - start)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpus.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return {"wall_s": min(walls), "cpu_s": min(cpus)}


if __name__ == "__main__":
    main()
