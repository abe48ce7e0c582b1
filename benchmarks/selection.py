"""Choose how patches are compared, on sets that no result is reported for.

    python benchmarks/selection.py --out benchmarks/results/selection.json

Sets: the simulated textile of package conformal-clip-data (nominal against local and global faults), and
procedural products with simulated anomalies (NSA, cut-paste and scar). Each candidate is scored by its mean
image AUROC over sets, 1 and 4 shots, and seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np
import torch
from harness import all_views_state, few_shot_model, parser, write
from numpy.typing import NDArray
from sets import Set, pixels_of, procedural, textile

from anomaly_core.config import DEFAULT_ENCODER, FewShotConfig
from anomaly_core.decoders.patches import EncodedImage, View, patch_grid
from anomaly_core.evaluation.metrics import auroc
from anomaly_core.scorers.few_shot import FewShotScorer


def compared(image: EncodedImage, config: FewShotConfig) -> EncodedImage:
    """Return the encoded image with its patches as this configuration has them."""
    views = tuple(View(view.features, patch_grid(view.features, config)) for view in image.views)
    return replace(image, views=views)


def measure(
    pool: Sequence[EncodedImage],
    tests: Sequence[EncodedImage],
    labels: NDArray[np.bool_],
    config: FewShotConfig,
) -> list[float]:
    """Return the image AUROC of one set for 1 and 4 shots and three seeds; pool: in all views."""
    scorer = FewShotScorer(config)
    shots = [compared(image, config) for image in pool]
    queries = [compared(image, config) for image in tests]
    values = []
    for count, seed in product((1, 4), (0, 1, 2)):
        chosen = np.random.default_rng(seed).permutation(len(shots))[:count]
        state = all_views_state([shots[i] for i in chosen], config.bank_limit)
        values.append(auroc([scorer.score(query, state, {}).log_score for query in queries], labels))
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
    for side in given.sides:
        model = few_shot_model(given.encoder, input_side=side)
        for part in sets:
            pool = [model.augment(model.encode(pixels_of(each))) for each in part.pool]
            tests = model.encode_batch([test.pixels for test in part.tests])
            for config in candidates(len(model.encoder.channels), given.sizes_only):
                name = (
                    f"side {side}, taps {config.tap_weights}, window {config.neighbourhood}, "
                    f"top {config.top_share}, median {config.median_share}"
                )
                rows.setdefault(name, {})[part.name] = measure(pool, tests, part.labels, config)
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
    write(given, {"ranked": ranked})
    for row in ranked[:8]:
        print(row["mean"], row["config"])


if __name__ == "__main__":
    torch.set_num_threads(2)
    main()
