"""What the language model costs: an inspection with and without it, a training step, and memory.

    python benchmarks/cost.py --out benchmarks/results/cost.json

Each part runs in a process of its own, so that its peak memory is its own. An inspection is the whole
graph on a photograph of ELPV, enrolled with four good ones, half of the photographs with a defect; the ratio
of the two sums comes from one run, image by image. The language model is asked where its answer can change
the decision: `asked` counts how often, and `share` is its part of the time. Training is the second phase of
the run that trained the shipped prompt learner, on a few samples.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from harness import parser, write

IMAGES = 100
STEPS = 6
TRAINED = "efficientnet-lite0"
"""The checkpoint with which the prompt learner was trained; the pair's has the same one."""


def peak_mb() -> int:
    """Peak resident memory of this process, in megabytes."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def inspections(folder: str, prompt_llm: str | None) -> dict[str, Any]:
    """Inspect; prompt_llm: None alternates between none and local, image by image."""
    from agents.app import Application
    from agents.demo import choose_cells
    from agents.settings import Settings
    from anomaly_core.weights.resolve import pull
    from tools.records import InspectionRecord

    cells = choose_cells(pull("elpv"), 4, IMAGES // 2, 0)
    store = Path(folder) / "store"
    apps = {
        name: Application(Settings.from_environment(store=store, prompt_llm=name))
        for name in (["none", "local"] if prompt_llm is None else [prompt_llm])
    }
    first = apps.get("local") or apps["none"]
    first.enroll("cell", cells.enrolled)
    times: dict[str, list[float]] = {name: [] for name in apps}
    images, asked = [*cells.good, *cells.defective], []
    for app in apps.values():
        list(app.inspect(images[:1]))
    for image in images:
        for name, app in apps.items():
            start = time.perf_counter()
            (record,) = app.inspect([image])
            times[name].append(1000 * (time.perf_counter() - start))
            if name == "local" and isinstance(record, InspectionRecord):
                asked.append(record.timings_ms.llm)
    return {
        "median_ms": {name: statistics.median(each) for name, each in times.items()},
        "mean_ms": {name: statistics.mean(each) for name, each in times.items()},
        **(
            {"asked": sum(ms > 0 for ms in asked), "share": sum(asked) / sum(times["local"])} if asked else {}
        ),
        "peak_mb": peak_mb(),
    }


def training(folder: str) -> dict[str, Any]:
    """Train a few steps of the second phase of the run that trained the prompt learner."""
    from anomaly_core.checkpoint import SHIPPED, load_checkpoint
    from anomaly_core.training.train import train

    config = load_checkpoint(SHIPPED / TRAINED).config.training
    data = config.data.model_copy(update={"procedural_products": 2, "samples": 16, "held_out": 2})
    short = config.model_copy(update={"data": data, "decoder_steps": 0, "steps": STEPS})
    seconds: list[float] = []

    def note(stage: str, done: int, total: int, figures: Any) -> None:
        if stage == "prompt":
            seconds.append(figures["seconds"])

    train(short, out=Path(folder) / "run", progress=note)
    return {
        "median_s_per_step": statistics.median(seconds[1:]),
        "batch": config.batch_size,
        "peak_mb": peak_mb(),
    }


def main() -> None:
    given = parser(__doc__).parse_args()
    context = multiprocessing.get_context("spawn")
    results: dict[str, Any] = {}
    for name, function, arguments in (
        ("alternating", inspections, (None,)),
        ("with_language_model", inspections, ("local",)),
        ("without_language_model", inspections, ("none",)),
        ("training", training, ()),
    ):
        with tempfile.TemporaryDirectory() as folder, context.Pool(1) as pool:
            results[name] = pool.apply(function, (folder, *arguments))
        print(name, json.dumps(results[name]), flush=True)
    times = results["alternating"]["mean_ms"]
    results["ratio_with_to_without"] = round(times["local"] / times["none"], 3)
    write(given, results)
    print("ratio", results["ratio_with_to_without"])


if __name__ == "__main__":
    torch.set_num_threads(2)
    main()
