"""Finding the product from an image: right, wrong or rejected, and images of products that are not enrolled.

    python benchmarks/products.py --mvtec ROOT --tile ROOT --crackforest ROOT \
        --out benchmarks/results/products.json
    python benchmarks/products.py --develop --out FILE

All products are enrolled together, 1 or 4 good images each, three draws. Each test image, good or anomalous,
must then be taken for its own product; rejected counts as not right. Then each product in turn is left out,
and its images must be rejected. ELPV (package elpv-dataset, two products) and the simulated textile (package
conformal-clip-data) are fetched; procedural products are made. `--develop` leaves the real sets out: on these
alone the constants of `knowledge/products/novelty.py` were chosen. The out-of-distribution references of
`tools/references.py` are of the procedural products' kinds, so a procedural product's figures say little; the
real sets' count.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from harness import few_shot_model, parser, write
from sets import Labelled, Set, procedural, reported_sets, textile

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.config import DEFAULT_ENCODER
from anomaly_core.evaluation.datasets import open_dataset
from anomaly_core.evaluation.metrics import wilson_interval
from anomaly_core.product import ProductModel
from anomaly_core.results import Array
from knowledge.products.record import Template
from knowledge.products.templates import TemplateIndex
from knowledge.store.store import Store
from tools.references import reference_embeddings

MOST_SHOTS = 8
WORDS = ("right", "wrong", "rejected")


@dataclass(frozen=True)
class Product:
    """A set whose test images are encoded. embeddings: (n, D). real: no made set, for the report."""

    part: Set
    real: bool
    embeddings: list[Array]


def some(items: Sequence[Any], count: int) -> list[Any]:
    """Up to `count` items, drawn with one fixed seed."""
    return [items[int(i)] for i in np.random.default_rng(0).permutation(len(items))[:count]]


def real_sets(mvtec: Path | None, tile: Path | None, crackforest: Path | None, count: int) -> list[Set]:
    sets = [
        Set(p.name, some(p.pool, MOST_SHOTS), [*some(p.of(False), count), *some(p.of(True), count)])
        for p in reported_sets(mvtec, tile)
    ]
    if crackforest:
        samples = [Labelled(s.path, s.label) for s in open_dataset(crackforest).samples]
        roads = Set("crackforest", [], samples)
        good = roads.of(False)
        tests = [*good[4:], *some(roads.of(True), count)]
        sets.append(Set(roads.name, [each.source for each in good[:4]], tests))
    return sets


def made_sets(products: int, count: int, seed: int) -> list[Set]:
    rng = np.random.default_rng(seed)
    local, wide = textile(count, rng)
    faulty = some([*local.of(True), *wide.of(True)], count)
    sets = [Set("textile", local.pool[:MOST_SHOTS], [*local.of(False), *faulty])]
    for number, part in enumerate(procedural(products, count, rng, seed)):
        name = f"{number} {part.name.rpartition('-')[0]}"
        sets.append(Set(name, part.pool[:MOST_SHOTS], part.tests))
    return sets


def enroll(index: TemplateIndex, name: str, learned: ProductModel, encoder: str, others: Array) -> None:
    templates = []
    for number, embedding in enumerate(learned.embeddings):
        data = f"{name} {number}".encode()
        templates.append(Template(hashlib.sha256(data).hexdigest(), f"{number}.png", data, embedding))
    views = learned.view_embeddings
    index.enroll(name, templates, arrays={}, meta={}, encoder=encoder, views=views, references=others)


def rate(hits: int, of: int, draws: int) -> dict[str, Any]:
    """A share with Wilson's interval; draws share the test images, so it counts each image once."""
    interval = wilson_interval(round(hits / draws), of // draws)
    return {
        "rate": round(hits / of, 4),
        "interval_95": [round(v, 4) for v in interval],
        "images": of // draws,
    }


def measure(
    products: Sequence[Product],
    model: AnomalyGPT,
    others: Array,
    shots: int,
    seeds: Sequence[int],
    folder: Path,
) -> dict[str, Any]:
    encoder = model.encoder.name
    seen: dict[str, Counter[str]] = {each.part.name: Counter() for each in products}
    mistaken: dict[str, Counter[str]] = {name: Counter() for name in seen}
    for seed in seeds:
        index = TemplateIndex(Store.open(folder / f"{shots}-{seed}", create=True))
        learned = {each.part.name: model.fit(each.part.draw(shots, seed)) for each in products}
        for name, fitted in learned.items():
            enroll(index, name, fitted, encoder, others)
        for each in products:
            own = each.part.name
            for vector, test in zip(each.embeddings, each.part.tests, strict=True):
                found = index.find_product(vector, encoder=encoder).name
                word = "rejected" if found is None else "right" if found == own else "wrong"
                seen[own][f"{'anomalous' if test.anomalous else 'good'} {word}"] += 1
                if word == "wrong":
                    mistaken[own][str(found)] += 1
        for each in products:
            own = each.part.name
            # An index finds products of the encoder asked for alone.
            enroll(index, own, learned[own], "left out", others)
            for vector in each.embeddings:
                found = index.find_product(vector, encoder=encoder).name
                seen[own]["not enrolled rejected" if found is None else "not enrolled taken"] += 1
                if found is not None:
                    mistaken[own][f"{found}, where not enrolled"] += 1
            enroll(index, own, learned[own], encoder, others)
    groups = {name: [name] for name in seen}
    groups["all real"] = [each.part.name for each in products if each.real]
    groups["all made"] = [each.part.name for each in products if not each.real]
    rows: dict[str, Any] = {}
    for group, names in groups.items():
        total: Counter[str] = sum((seen[name] for name in names), Counter())
        if not total:
            continue
        row: dict[str, Any] = {}
        for kind, words in (("good", WORDS), ("anomalous", WORDS), ("not enrolled", ("rejected", "taken"))):
            of = sum(total[f"{kind} {word}"] for word in words)
            counted = {f"{kind.replace(' ', '_')}_{word}": total[f"{kind} {word}"] for word in words}
            row |= {key: rate(hits, of, len(seeds)) for key, hits in counted.items() if of}
        if len(names) == 1:
            row["taken_for"] = dict(mistaken[group].most_common(4))
        rows[group] = row
    return rows


def main() -> None:
    options = parser(__doc__, "mvtec", "tile", "crackforest")
    options.add_argument("--develop", action="store_true", help="procedural products and textile alone")
    options.add_argument("--encoder", default=DEFAULT_ENCODER)
    options.add_argument("--count", type=int, default=30, help="good and anomalous test images a product")
    options.add_argument("--products", type=int, default=8, help="procedural products")
    options.add_argument("--seed", type=int, default=21, help="of what is procedural")
    options.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="of the shots")
    given = options.parse_args()
    start = time.perf_counter()
    model = few_shot_model(given.encoder)
    sets = [(part, False) for part in made_sets(given.products, given.count, given.seed)]
    if not given.develop:
        real = real_sets(given.mvtec, given.tile, given.crackforest, given.count)
        sets += [(part, True) for part in real]
    products = [
        Product(part, is_real, [model.encode(test.pixels).embedding for test in part.tests])
        for part, is_real in sets
    ]
    others = reference_embeddings(model)
    rows = {}
    with TemporaryDirectory() as folder:
        for shots in (1, 4):
            rows[f"{shots} shots"] = measure(products, model, others, shots, given.seeds, Path(folder))
    write(given, {"rows": rows})
    keys = ("good_right", "good_wrong", "good_rejected", "anomalous_right", "anomalous_rejected")
    for label, groups in rows.items():
        print(label, *keys, "not_enrolled_rejected")
        for name, row in groups.items():
            shown = [f"{row[k]['rate']:.3f}" if k in row else "-" for k in (*keys, "not_enrolled_rejected")]
            print(f"  {name:16}", *shown, row.get("taken_for", ""))
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
