"""Choose how patches are compared, on sets that no result is reported for.

    python benchmarks/selection.py --out benchmarks/results/selection.json

Sets: the simulated textile of package conformal-clip-data (nominal against local and global faults), and
procedural products with simulated anomalies (NSA, cut-paste and scar). Each candidate is scored by its mean
image AUROC over sets, 1 and 4 shots, and seeds.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import torch
from harness import few_shot_model, parser, write
from sets import Set, procedural, textile

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.config import DEFAULT_ENCODER, FewShotConfig
from anomaly_core.encoders.registry import load_image_encoder
from anomaly_core.evaluation.metrics import auroc
from anomaly_core.scoring.scorer import FEW_SHOT


def measure(part: Set, model: AnomalyGPT) -> list[float]:
    """Return the image AUROC of one set for 1 and 4 shots and three seeds."""
    tests = model.encode_batch([test.pixels for test in part.tests])
    values = []
    for shots, seed in product((1, 4), (0, 1, 2)):
        learned = model.fit(part.draw(shots, seed))
        scores = [model.inspect(test, learned).scores[FEW_SHOT].log_score for test in tests]
        values.append(auroc(scores, part.labels))
    return values


def candidates(taps: int, sizes_only: bool) -> list[FewShotConfig]:
    """Return the ways of comparing patches; sizes_only: the one that ships."""
    mixed = tuple([0.2 / max(1, taps - 1)] * (taps - 1) + [0.8]) if taps > 1 else (1.0,)
    deepest, even = (*([0.0] * (taps - 1)), 1.0), tuple([1.0 / taps] * taps)
    choices = [(mixed, 1, 0.0)] if sizes_only else product((deepest, mixed, even), (1, 3), (0.0, 0.5, 1.0))
    return [
        FewShotConfig(tap_weights=weights, neighbourhood=window, median_share=median)
        for weights, window, median in choices
    ]


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--encoder", default=DEFAULT_ENCODER)
    options.add_argument("--count", type=int, default=24, help="good and anomalous test images a set")
    options.add_argument("--products", type=int, default=6, help="procedural products")
    options.add_argument("--sides", type=int, nargs="+", default=[320, 448], help="input sides to try")
    options.add_argument("--sizes-only", action="store_true", help="the other choices as shipped")
    options.add_argument("--seed", type=int, default=7)
    given = options.parse_args()
    rng = np.random.default_rng(given.seed)
    sets: list[Set] = textile(given.count, rng)
    sets += procedural(given.products, given.count, rng, given.seed)
    rows: dict[str, dict[str, list[float]]] = {}
    taps = len(load_image_encoder(given.encoder).channels)
    for side, config in product(given.sides, candidates(taps, given.sizes_only)):
        name = (
            f"side {side}, taps {config.tap_weights}, window {config.neighbourhood}, "
            f"top {config.top_share}, median {config.median_share}"
        )
        model = few_shot_model(given.encoder, input_side=side, few_shot=config)
        rows[name] = {part.name: measure(part, model) for part in sets}
        print(name, flush=True)
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
    write(given, {"ranked": ranked})
    for row in ranked[:8]:
        print(row["mean"], row["config"])


if __name__ == "__main__":
    torch.set_num_threads(2)
    main()
