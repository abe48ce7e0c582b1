"""Choose how patches are compared, on sets that no result is reported for.

    python benchmarks/selection.py --out benchmarks/results/selection.json

Sets: the simulated textile of package conformal-clip-data (nominal against local and global faults), and
drawn products with simulated anomalies (NSA, cut-paste and scar). Each candidate is scored by its mean
image AUROC over sets, 1 and 4 shots, and seeds.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from provenance import provenance

from anomaly_core.config import DetectorConfig, FewShotConfig, Method, SimulationConfig
from anomaly_core.decoders.memory_bank import MemoryBank, anomaly_grid, image_score, patch_grid
from anomaly_core.detector import Detector
from anomaly_core.encoders.base import Features
from anomaly_core.encoders.registry import load_image_encoder
from anomaly_core.errors import ConfigError
from anomaly_core.evaluation import metrics
from anomaly_core.imaging.augment import symmetries
from anomaly_core.imaging.foreground import foreground_mask
from anomaly_core.imaging.reading import load_image
from anomaly_core.simulation.nsa import simulate
from anomaly_core.simulation.procedural import drawn_products
from anomaly_core.weights.resolve import pull

Pixels = NDArray[np.uint8]
SIDE = 400
METHODS: Final[tuple[Method, ...]] = ("nsa", "cutpaste", "scar")


@dataclass(frozen=True)
class Set:
    """Good images to draw shots from, and test images with their labels (true: anomalous).

    masks: (H, W) bool of each anomalous test image, in order, where they are known.
    """

    name: str
    shots: list[Pixels]
    tests: list[Pixels]
    labels: list[bool]
    masks: list[NDArray[np.bool_]] = field(default_factory=list)


def textile(count: int, rng: np.random.Generator) -> list[Set]:
    root = pull("textile")
    good = sorted((root / "nominal").glob("*.jpg"))
    chosen = rng.permutation(len(good))[: count + 12]
    shots, normal = [good[i] for i in chosen[:12]], [good[i] for i in chosen[12:]]
    sets = []
    for kind in ("local", "global"):
        bad = sorted((root / kind).glob("*.jpg"))
        faulty = [bad[i] for i in rng.permutation(len(bad))[:count]]
        tests = [load_image(p).pixels for p in (*normal, *faulty)]
        labels = [False] * len(normal) + [True] * len(faulty)
        sets.append(Set(f"textile-{kind}", [load_image(p).pixels for p in shots], tests, labels))
    return sets


def with_anomalies(
    name: str, images: Sequence[Pixels], count: int, rng: np.random.Generator, method: Method, faintest: float
) -> Set:
    """Return the set of one product's images: 12 shots, `count` good ones, and the others with anomalies.

    faintest: each anomaly is blended in by a share from this to 1. Where none would show, there are fewer.
    """
    shots, normal, sources = images[:12], images[12 : 12 + count], images[12 + count :]
    config = SimulationConfig(method=method)
    faulty: list[Pixels] = []
    masks: list[NDArray[np.bool_]] = []
    for turn, image in product(range(4), sources):
        source = shots[(turn + len(faulty)) % len(shots)]
        if len(faulty) == count:
            break
        try:
            made = simulate(image, source, rng=rng, config=config, foreground=foreground_mask(image))
        except ConfigError:  # this pair is too alike for a visible anomaly
            continue
        share = float(rng.uniform(faintest, 1.0)) if faintest < 1 else 1.0
        faulty.append(cv2.addWeighted(made.pixels, share, image, 1 - share, 0).astype(np.uint8))
        masks.append(made.mask)
    labels = [False] * len(normal) + [True] * len(faulty)
    return Set(f"{name}-{method}", list(shots), [*normal, *faulty], labels, masks)


def drawn(
    products: int, count: int, rng: np.random.Generator, seed: int, *, faintest: float = 1.0
) -> list[Set]:
    """Return drawn products with simulated anomalies; faintest: see `with_anomalies`."""
    sets = []
    for index, made in enumerate(drawn_products(products, seed)):
        images = [made.image(i, side=SIDE) for i in range(12 + 2 * count)]
        sets.append(with_anomalies(made.name, images, count, rng, METHODS[index % len(METHODS)], faintest))
    return sets


def measure(
    shots: Sequence[Sequence[Features]],
    tests: Sequence[Features],
    labels: Sequence[bool],
    config: FewShotConfig,
) -> list[float]:
    """Return the image AUROC of one set for 1 and 4 shots and three seeds; shots: views of each image."""
    grids = [[patch_grid(view, config) for view in views] for views in shots]
    queries = [patch_grid(test, config) for test in tests]
    values = []
    for count, seed in product((1, 4), (0, 1, 2)):
        chosen = np.random.default_rng(seed).permutation(len(grids))[:count]
        bank = MemoryBank.of([grid for i in chosen for grid in grids[i]], config.bank_limit)
        scores = [image_score(anomaly_grid(bank, query, config), config) for query in queries]
        values.append(metrics.auroc(scores, labels))
    return values


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--encoder", default="efficientnet-lite0")
    parser.add_argument("--count", type=int, default=24, help="good and anomalous test images a set")
    parser.add_argument("--products", type=int, default=6, help="drawn products")
    parser.add_argument("--sides", type=int, nargs="+", default=[320, 448], help="input sides to try")
    parser.add_argument("--sizes-only", action="store_true", help="the other choices as shipped")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    sets = [*textile(options.count, rng), *drawn(options.products, options.count, rng, options.seed)]
    encoder = load_image_encoder(options.encoder)
    taps = len(encoder.channels)
    deepest = (*([0.0] * (taps - 1)), 1.0)
    rows: dict[str, dict[str, list[float]]] = {}
    for side in options.sides:
        detector = Detector(encoder, DetectorConfig(encoder=options.encoder, input_side=side))
        for part in sets:
            shots = []
            for pixels in part.shots:
                first = detector.encode(pixels)
                rendered = first.frame.render(pixels)
                shots.append([encoder.encode(view) for view in symmetries(rendered)])
            tests = [detector.encode(pixels).features for pixels in part.tests]
            mixed = tuple([0.2 / max(1, taps - 1)] * (taps - 1) + [0.8]) if taps > 1 else deepest
            even = tuple([1.0 / taps] * taps)
            choices = list(product((deepest, mixed, even), (1, 3), (0.01,), (0.0, 0.5, 1.0)))
            if options.sizes_only:
                choices = [(mixed, 1, 0.01, 0.0)]
            for weights, window, share, median in choices:
                config = FewShotConfig(
                    tap_weights=weights, neighbourhood=window, top_share=share, median_share=median
                )
                name = f"side {side}, taps {weights}, window {window}, top {share}, median {median}"
                rows.setdefault(name, {})[part.name] = measure(shots, tests, part.labels, config)
            print(side, part.name, flush=True)
    ranked = sorted(
        (
            {
                "config": name,
                "mean": round(float(np.mean([np.mean(v) for v in values.values()])), 4),
                "sets": {part: round(float(np.mean(v)), 4) for part, v in values.items()},
            }
            for name, values in rows.items()
        ),
        key=lambda row: -float(str(row["mean"])),
    )
    options.out.write_text(json.dumps({**provenance(vars(options)), "ranked": ranked}, indent=1))
    for row in ranked[:8]:
        print(row["mean"], row["config"])


if __name__ == "__main__":
    torch.set_num_threads(2)
    main()
