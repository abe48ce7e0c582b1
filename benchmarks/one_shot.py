"""How far new good images score above what a single good image tells of itself.

    python benchmarks/one_shot.py --mvtec ROOT --tile ROOT --crackforest ROOT \\
        --out benchmarks/results/one_shot.json

Two ways of telling: each mirrored view of the image against the other views, or against all of them, less
what shows a patch's own place, as `FewShotScorer.fit` does. The textile, procedural products and CrackForest
may choose between them; the reported sets may not. Figures are differences of mean log-scores, over single
shots.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from harness import few_shot_model, parser, write
from sets import SHOTS, Pixels, pixels_of, procedural, reported_sets, road_crops, textile

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.config import FewShotConfig
from anomaly_core.decoders.memory_bank import MemoryBank, anomaly_grid, image_score
from anomaly_core.scoring.calibration import log_of
from anomaly_core.scoring.scorer import FEW_SHOT

SINGLE: Final = 6
"""Single shots a set."""
TESTS: Final = 20
UNTHINNED: Final = 1_000_000
"""Patches that a bank may keep: here all."""


def measure(shots: Sequence[Pixels], tests: Sequence[Pixels], model: AnomalyGPT) -> dict[str, list[float]]:
    """Return both differences for each shot."""
    config = model.config.few_shot
    queries = model.encode_batch(tests)
    found: dict[str, list[float]] = {"other_views": [], "own_place_left_out": []}
    for pixels in shots:
        image = model.input.augment(model.encode(pixels))
        product = model.fit([image])
        new = np.mean([model.inspect(each, product).scores[FEW_SHOT].log_score for each in queries])
        grids = [view.grid for view in image.views]
        others = []
        for index, grid in enumerate(grids):
            rest = MemoryBank.of([each for i, each in enumerate(grids) if i != index], UNTHINNED)
            others.append(log_of(image_score(anomaly_grid(rest, grid, config), config)))
        found["other_views"].append(float(new - np.mean(others)))
        found["own_place_left_out"].append(float(new - np.mean(product.good_scores[FEW_SHOT])))
    return found


def main() -> None:
    options = parser(__doc__, "mvtec", "tile", "crackforest", required=True)
    options.add_argument("--products", type=int, default=8, help="procedural products")
    options.add_argument("--seed", type=int, default=11)
    given = options.parse_args()
    rng = np.random.default_rng(given.seed)
    model = few_shot_model(few_shot=FewShotConfig(bank_limit=UNTHINNED))
    sets = [
        (part.name, part.pool, part.of(False))
        for part in (textile(TESTS, rng)[0], *procedural(given.products, TESTS, rng, given.seed))
    ]
    roads = [crop for crop in road_crops(given.crackforest) if not crop.anomalous]
    roads = [roads[i] for i in rng.permutation(len(roads))]
    sets.append(("crackforest", [crop.pixels for crop in roads[:SHOTS]], roads[SHOTS:]))
    sets += [
        (f"{part.name} (reported)", part.pool, part.of(False))
        for part in reported_sets(given.mvtec, given.tile)
    ]
    rows = {}
    for name, pool, good in sets:
        shots, tests = [pixels_of(each) for each in pool[:SINGLE]], [each.pixels for each in good[:TESTS]]
        rows[name] = {
            way: {"mean": round(float(np.mean(each)), 3), "std": round(float(np.std(each, ddof=1)), 3)}
            for way, each in measure(shots, tests, model).items()
        }
        print(name, rows[name], flush=True)
    write(given, {"sets": rows})


if __name__ == "__main__":
    torch.set_num_threads(2)
    main()
