"""How far new good images score above what a single good image tells of itself.

    python benchmarks/one_shot.py --mvtec ROOT --tile ROOT --crackforest ROOT \\
        --out benchmarks/results/one_shot.json

Two ways of telling: each mirrored view of the image against the other views, or against all of them, less
what shows a patch's own place (`among_themselves`). The textile, drawn products and CrackForest may choose
between them; the reported sets may not. Figures are differences of mean log-scores, over single shots.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from accuracy import reported_sets
from numpy.typing import NDArray
from provenance import provenance
from selection import Pixels, drawn, textile

from anomaly_core.config import DetectorConfig
from anomaly_core.decoders.memory_bank import MemoryBank, anomaly_grid, image_score, patch_grid
from anomaly_core.detector import Detector
from anomaly_core.encoders.registry import load_image_encoder
from anomaly_core.evaluation.datasets import GOOD, load_mask, open_dataset
from anomaly_core.imaging.augment import among_themselves, symmetries
from anomaly_core.imaging.reading import load_image

SHOTS = 6
TESTS = 20
CROP = 160
UNTHINNED = 1_000_000
"""Patches that a bank may keep: here all."""


def road_crops(root: Path) -> Iterator[tuple[Pixels, NDArray[np.bool_]]]:
    """Yield crops of CrackForest's roads, each with its (CROP, CROP) mask of cracks."""
    for sample in open_dataset(root, "crackforest").samples:
        mask = load_mask(sample)
        if mask is None:
            continue
        pixels = load_image(sample.path).pixels
        for y in range(0, pixels.shape[0] - CROP + 1, CROP):
            for x in range(0, pixels.shape[1] - CROP + 1, CROP):
                crop = np.s_[y : y + CROP, x : x + CROP]
                yield pixels[crop], mask[crop] > 0


def crack_free(root: Path, rng: np.random.Generator) -> list[Pixels]:
    """Return crops of CrackForest's roads without a crack, in random order."""
    crops = [pixels for pixels, mask in road_crops(root) if not mask.any()]
    return [crops[i] for i in rng.permutation(len(crops))]


def measure(shots: Sequence[Pixels], tests: Sequence[Pixels], detector: Detector) -> dict[str, list[float]]:
    """Return both differences for each shot."""
    config = detector.config.few_shot
    queries = [detector.encode(pixels) for pixels in tests]
    found: dict[str, list[float]] = {"other_views": [], "own_place_left_out": []}
    for pixels in shots:
        rendered = detector.encode(pixels).frame.render(pixels)
        grids = [patch_grid(detector.encoder.encode(view), config) for view in symmetries(rendered)]
        others, apart = [], []
        for index, grid in enumerate(grids):
            rest = MemoryBank.of([each for i, each in enumerate(grids) if i != index], UNTHINNED)
            others.append(math.log(image_score(anomaly_grid(rest, grid, config), config)))
            bank, own = among_themselves(grids, index, UNTHINNED)
            apart.append(math.log(image_score(anomaly_grid(bank, grid, config, own), config)))
        bank = MemoryBank.of(grids, UNTHINNED)
        new = [math.log(image_score(anomaly_grid(bank, each.grid, config), config)) for each in queries]
        found["other_views"].append(float(np.mean(new) - np.mean(others)))
        found["own_place_left_out"].append(float(np.mean(new) - np.mean(apart)))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("mvtec", "tile", "crackforest"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--products", type=int, default=8, help="drawn products")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    detector = Detector(load_image_encoder(DetectorConfig().encoder), DetectorConfig())
    sets: list[tuple[str, Sequence[Pixels], Sequence[Pixels]]] = []
    for part in (textile(TESTS, rng)[0], *drawn(options.products, TESTS, rng, options.seed)):
        good = [pixels for pixels, faulty in zip(part.tests, part.labels, strict=True) if not faulty]
        sets.append((part.name, part.shots, good))
    roads = crack_free(options.crackforest, rng)
    sets.append(("crackforest", roads[:12], roads[12:]))
    for reported in reported_sets(options.mvtec, options.tile):
        unseen = [load_image(s.path).pixels for s in reported.tests if s.label == GOOD][:TESTS]
        shots = [load_image(path).pixels for path in reported.pool[:SHOTS]]
        sets.append((f"{reported.name} (reported)", shots, unseen))
    rows = {}
    for name, shots, tests in sets:
        found = measure(shots[:SHOTS], tests[:TESTS], detector)
        rows[name] = {
            way: {"mean": round(float(np.mean(each)), 3), "std": round(float(np.std(each, ddof=1)), 3)}
            for way, each in found.items()
        }
        print(name, rows[name], flush=True)
    options.out.write_text(json.dumps({**provenance(vars(options)), "sets": rows}, indent=1) + "\n")


if __name__ == "__main__":
    torch.set_num_threads(2)
    main()
