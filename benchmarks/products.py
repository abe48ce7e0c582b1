"""Finding the product from an image: right, wrong or refused, and strangers refused.

    python benchmarks/products.py --mvtec ROOT --tile ROOT --crackforest ROOT \
        --out benchmarks/results/products.json
    python benchmarks/products.py --develop --out FILE

All products are enrolled together, 1 or 4 good images each, three draws. Each test image, good or anomalous,
must then be taken for its own product; refused counts as not right. For the strangers, each product in turn
is taken out of the store, and its images must be refused. ELPV (package elpv-dataset, two products) and the
simulated textile (package conformal-clip-data) are fetched; drawn products are made. `--develop` leaves the
real sets out: on these alone the constants of `knowledge/products/novelty.py` were chosen. The strangers of
`tools/references.py` are of the drawn products' kinds, so a drawn product's figures say little;
the real sets' count.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from accuracy import elpv_set, mvtec_set
from numpy.typing import NDArray
from provenance import provenance
from selection import drawn, textile

from anomaly_core.config import DetectorConfig
from anomaly_core.detector import Detector
from anomaly_core.encoders.registry import load_image_encoder
from anomaly_core.evaluation.datasets import GOOD, open_dataset
from anomaly_core.evaluation.metrics import wilson_interval
from anomaly_core.imaging.augment import perturbations, symmetries
from anomaly_core.imaging.frame import frame_of
from anomaly_core.imaging.reading import load_image
from anomaly_core.weights.resolve import pull
from knowledge.products.record import Template
from knowledge.products.templates import TemplateIndex
from knowledge.store.store import Store
from tools.references import reference_embeddings

Pixels = NDArray[np.uint8]
Vectors = NDArray[np.float32]
MOST_SHOTS = 8


@dataclass(frozen=True)
class Pool:
    """One product. shots: good images to draw from; good, anomalous: test images; real: for the report."""

    name: str
    shots: Sequence[Path | Pixels]
    good: Sequence[Path | Pixels]
    anomalous: Sequence[Path | Pixels]
    real: bool


@dataclass(frozen=True)
class Encoded:
    """One product's embeddings. shots: of each, its own (D,) and its views' (m, D); tests: (n, D)."""

    name: str
    real: bool
    shots: list[tuple[Vectors, Vectors]]
    tests: Vectors
    faulty: NDArray[np.bool_]


def some(items: Sequence[Any], count: int) -> list[Any]:
    """Up to `count` items, drawn with one fixed seed."""
    return [items[int(i)] for i in np.random.default_rng(0).permutation(len(items))[:count]]


def real_pools(mvtec: Path | None, tile: Path | None, crackforest: Path | None, count: int) -> list[Pool]:
    pools = []
    elpv = pull("elpv")
    sets = [elpv_set(elpv, "mono"), elpv_set(elpv, "poly")]
    if mvtec:
        sets.append(mvtec_set(mvtec, "screw", quarter_turns=True))
    if tile:
        sets.append(mvtec_set(tile, "magnetic_tile", quarter_turns=False))
    for part in sets:
        good = [s.path for s in part.tests if s.label == GOOD]
        bad = [s.path for s in part.tests if s.label != GOOD]
        shots = some(part.pool, MOST_SHOTS)
        pools.append(Pool(part.name, shots, some(good, count), some(bad, count), True))
    if crackforest:
        samples = open_dataset(crackforest).samples
        good = [s.path for s in samples if s.label == GOOD]
        bad = [s.path for s in samples if s.label != GOOD]
        pools.append(Pool("crackforest", good[:4], good[4:], some(bad, count), True))
    return pools


def made_pools(products: int, count: int, seed: int) -> list[Pool]:
    rng = np.random.default_rng(seed)
    local, wide = textile(count, rng)
    bad = [p for part in (local, wide) for p, faulty in zip(part.tests, part.labels, strict=True) if faulty]
    good = [p for p, faulty in zip(local.tests, local.labels, strict=True) if not faulty]
    pools = [Pool("textile", local.shots[:MOST_SHOTS], good, some(bad, count), False)]
    for number, part in enumerate(drawn(products, count, rng, seed)):
        pairs = list(zip(part.tests, part.labels, strict=True))
        good, bad = [p for p, faulty in pairs if not faulty], [p for p, faulty in pairs if faulty]
        pools.append(
            Pool(f"{number} {part.name.rpartition('-')[0]}", part.shots[:MOST_SHOTS], good, bad, False)
        )
    return pools


def encode(pool: Pool, detector: Detector) -> Encoded:
    def pixels(item: Path | Pixels) -> Pixels:
        return load_image(item).pixels if isinstance(item, Path) else item

    def embed(views: Sequence[Pixels]) -> Vectors:
        return np.stack([detector.encoder.encode(view).embedding.numpy() for view in views])

    shots = []
    for item in pool.shots:
        # The views of which `Detector.fit` gives the embeddings.
        image = pixels(item)
        frame = frame_of(image, detector.config.input_side, detector.encoder.stride)
        rendered = frame.render(image)
        first, *others = symmetries(rendered)
        shots.append((embed([first])[0], embed([*others, *perturbations(rendered)])))
    tests = [detector.encode(pixels(item)).embedding for item in (*pool.good, *pool.anomalous)]
    faulty = np.array([False] * len(pool.good) + [True] * len(pool.anomalous))
    return Encoded(pool.name, pool.real, shots, np.stack(tests), faulty)


def enroll(index: TemplateIndex, part: Encoded, shots: int, seed: int, others: Vectors) -> None:
    order = np.random.default_rng(seed).permutation(len(part.shots))[:shots]
    templates = []
    for i in order:
        data = f"{part.name} {i}".encode()
        templates.append(Template(hashlib.sha256(data).hexdigest(), f"{i}.png", data, part.shots[i][0]))
    views = np.concatenate([part.shots[i][1] for i in order])
    index.enroll(part.name, templates, arrays={}, meta={}, encoder="measured", views=views, references=others)


def rate(hits: int, of: int, draws: int) -> dict[str, Any]:
    """A share with Wilson's interval; draws share the test images, so it counts each image once."""
    interval = wilson_interval(round(hits / draws), of // draws)
    return {
        "rate": round(hits / of, 4),
        "interval_95": [round(v, 4) for v in interval],
        "images": of // draws,
    }


def measure(
    parts: Sequence[Encoded], others: Vectors, shots: int, seeds: Sequence[int], folder: Path
) -> dict[str, Any]:
    seen: dict[str, Counter[str]] = {part.name: Counter() for part in parts}
    mistaken: dict[str, Counter[str]] = {part.name: Counter() for part in parts}
    for seed in seeds:
        index = TemplateIndex(Store.open(folder / f"{shots}-{seed}", create=True))
        for part in parts:
            enroll(index, part, shots, seed, others)
        for part in parts:
            for vector, faulty in zip(part.tests, part.faulty, strict=True):
                name = index.find_product(vector, encoder="measured").name
                kind = "anomalous" if faulty else "good"
                word = "refused" if name is None else "right" if name == part.name else "wrong"
                seen[part.name][f"{kind} {word}"] += 1
                if word == "wrong":
                    mistaken[part.name][str(name)] += 1
        for part in parts:
            index.remove(part.name)
            for vector in part.tests:
                match = index.find_product(vector, encoder="measured")
                seen[part.name]["stranger refused" if match.name is None else "stranger taken"] += 1
                if match.name is not None:
                    mistaken[part.name][f"{match.name}, where not enrolled"] += 1
            enroll(index, part, shots, seed, others)
    rows: dict[str, Any] = {}
    groups = {part.name: [part.name] for part in parts}
    groups["all real"] = [part.name for part in parts if part.real]
    groups["all made"] = [part.name for part in parts if not part.real]
    for group, names in groups.items():
        total: Counter[str] = sum((seen[name] for name in names), Counter())
        row: dict[str, Any] = {}
        for kind in ("good", "anomalous"):
            of = sum(total[f"{kind} {word}"] for word in ("right", "wrong", "refused"))
            for word in ("right", "wrong", "refused"):
                if of:
                    row[f"{kind}_{word}"] = rate(total[f"{kind} {word}"], of, len(seeds))
        of = total["stranger refused"] + total["stranger taken"]
        if of:
            row["stranger_refused"] = rate(total["stranger refused"], of, len(seeds))
            rows[group] = row
        if len(names) == 1:
            row["taken_for"] = dict(mistaken[group].most_common(4))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mvtec", type=Path, help="folder that holds screw/ in MVTec's layout")
    parser.add_argument("--tile", type=Path, help="folder that holds magnetic_tile/ in MVTec's layout")
    parser.add_argument("--crackforest", type=Path, help="folder that holds image/ and groundTruth/")
    parser.add_argument("--develop", action="store_true", help="drawn products and textile alone")
    parser.add_argument("--encoder", default=DetectorConfig().encoder)
    parser.add_argument("--count", type=int, default=30, help="good and anomalous test images a product")
    parser.add_argument("--products", type=int, default=8, help="drawn products")
    parser.add_argument("--seed", type=int, default=21, help="of what is drawn")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="of the shots")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    start = time.perf_counter()
    detector = Detector(load_image_encoder(options.encoder), DetectorConfig(encoder=options.encoder))
    pools = made_pools(options.products, options.count, options.seed)
    if not options.develop:
        pools += real_pools(options.mvtec, options.tile, options.crackforest, options.count)
    parts = [encode(pool, detector) for pool in pools]
    others = reference_embeddings(detector)
    rows = {}
    with TemporaryDirectory() as folder:
        for shots in (1, 4):
            rows[f"{shots} shots"] = measure(parts, others, shots, options.seeds, Path(folder))
    options.out.write_text(json.dumps({**provenance(vars(options)), "rows": rows}, indent=1) + "\n")
    keys = (
        "good_right",
        "good_wrong",
        "good_refused",
        "anomalous_right",
        "anomalous_refused",
        "stranger_refused",
    )
    for label, groups in rows.items():
        print(label, *keys)
        for name, row in groups.items():
            shown = [f"{row[key]['rate']:.3f}" if key in row else "-" for key in keys]
            print(f"  {name:16}", *shown, row.get("taken_for", ""))
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
