"""How long FAISS's indices take to find a vector's nearest, and how often they do, by their size.

    python benchmarks/nearest.py --out benchmarks/results/nearest.json --plot docs/images/nearest.png

Vectors: patches of procedural products as EfficientNet-Lite0 sees them, of different images for index and
queries. Each kind of index is searched by one query at a time on one thread, as a product is, with rising
effort. recall: share of queries whose nearest vector is found. It takes half an hour for a million.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import faiss
import numpy as np
import torch
from harness import few_shot_model, parser, write
from sets import procedural

from knowledge.vectors import Vectors, exact, inverted, unit_rows

QUERIES: Final = 200
EFFORTS: Final[dict[str, tuple[int, ...]]] = {
    "flat": (0,),
    "ivf": (1, 4, 16, 64, 256),
    "hnsw": (16, 64, 256, 1024),
}
"""Lists that are looked through (ivf), candidates that are kept (hnsw)."""
GOOD: Final = 0.99
"""Recall from which an effort is good enough for the plot and the rule."""


def graph(rows: Vectors) -> Any:
    """Return a FAISS index of a graph of neighbours, through which a query steps (HNSW, arXiv 1603.09320)."""
    index = faiss.IndexHNSWFlat(rows.shape[1], 32, faiss.METRIC_INNER_PRODUCT)
    index.add(rows)
    return index


def patches(count: int, rng: np.random.Generator, seed: int) -> Vectors:
    """Return (count, D) patches of as many images as it takes, shuffled; ten images a product."""
    model = few_shot_model("efficientnet-lite0")
    found: list[Vectors] = []
    while sum(map(len, found)) < count:
        part = procedural(1, 5, rng, seed + len(found))[0]
        images = model.encode_batch([test.pixels for test in part.tests])
        found.append(np.concatenate([image.views[0].grid.flatten(0, 1).numpy() for image in images]))
    return unit_rows(rng.permutation(np.concatenate(found))[:count])


def measure(kind: str, rows: Vectors, queries: Vectors, nearest: Vectors) -> Iterator[dict[str, Any]]:
    """Yield recall and cost of one kind of index, by effort."""
    started = time.perf_counter()
    index = {"flat": exact, "ivf": inverted, "hnsw": graph}[kind](rows)
    built = time.perf_counter() - started
    size = len(faiss.serialize_index(index))
    for effort in EFFORTS[kind]:
        if kind == "ivf":
            index.nprobe = min(effort, index.nlist)
        elif kind == "hnsw":
            index.hnsw.efSearch = effort
        found, times = [], []
        for query in queries:
            started = time.perf_counter()
            similarities, _ = index.search(query[None], 1)
            times.append(time.perf_counter() - started)
            found.append(similarities[0, 0])
        yield {
            "kind": kind,
            "rows": len(rows),
            "effort": effort,
            "recall": round(float(np.mean(np.array(found) >= nearest - 1e-5)), 4),
            "ms": round(1000 * float(np.median(times)), 4),
            "build_s": round(built, 2),
            "mb": round(size / 1e6, 1),
        }


def plot(measured: list[dict[str, Any]], path: Path) -> None:
    """Draw the time of a query by the number of vectors, at the least effort that finds enough."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for kind in EFFORTS:
        of = [row for row in measured if row["kind"] == kind]
        chosen = []
        for count in sorted({row["rows"] for row in of}):
            at = [row for row in of if row["rows"] == count]
            chosen.append(next((row for row in at if row["recall"] >= GOOD), at[-1]))
        axes.plot([row["rows"] for row in chosen], [row["ms"] for row in chosen], marker="o", label=kind)
        for row in chosen:
            place = (row["rows"], row["ms"])
            axes.annotate(f"{row['recall']:.3f}", place, (0, 6), textcoords="offset points", fontsize=8)
    axes.set(xscale="log", yscale="log", xlabel="vectors", ylabel="ms a query, one thread")
    axes.grid(alpha=0.3)
    axes.legend(title=f"least effort with recall {GOOD}\n(figures: recall)")
    figure.savefig(path, dpi=110)


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--rows", type=int, nargs="+", default=[1_000, 10_000, 100_000, 1_000_000])
    options.add_argument("--seed", type=int, default=19)
    options.add_argument("--plot", type=Path, help="file of the plot")
    given = options.parse_args()
    torch.set_num_threads(1)
    rng = np.random.default_rng(given.seed)
    queries = patches(QUERIES, np.random.default_rng(given.seed + 1), 100_000)
    rows = patches(max(given.rows), rng, 0)
    faiss.omp_set_num_threads(1)
    measured: list[dict[str, Any]] = []
    for count in sorted(given.rows):
        nearest = exact(rows[:count]).search(queries, 1)[0][:, 0]
        for kind in EFFORTS:
            for row in measure(kind, rows[:count], queries, nearest):
                measured.append(row)
                print(row, flush=True)
        write(given, {"dimensions": rows.shape[1], "measured": measured})
    if given.plot is not None:
        plot(measured, given.plot)


if __name__ == "__main__":
    main()
