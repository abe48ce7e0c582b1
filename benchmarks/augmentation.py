"""Which views test-time augmentation should take, on sets that no result is reported for.

    python benchmarks/augmentation.py --crackforest ROOT --out benchmarks/results/augmentation.json

Sets: the textile of package conformal-clip-data and scikit-image's pictures of brick, grass and gravel with
anomalies of each kind, procedural products, and crops of CrackForest's roads, whose cracks are real.
Views: one; the input rotated by 180 degrees beside it; all four flips; those and the input magnified.
The map is the mean over the views, of each scale first; 1 and 4 shots, two draws of each. Columns: AUROC
of the few-shot map's score; share of anomalies whose strongest region lies in a cell that the mask covers.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
import torch.nn.functional as F
from harness import few_shot_model, parser, right_cells, write
from sets import FAINTEST, SHOTS, Set, photographs, procedural, road_crops

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.config import DetectorConfig
from anomaly_core.decoders.memory_bank import MemoryBank, image_score
from anomaly_core.decoders.patches import EncodedImage, as_array
from anomaly_core.evaluation.detection import spread
from anomaly_core.evaluation.metrics import auroc
from anomaly_core.results import Array
from anomaly_core.scorers.few_shot import FewShotScorer
from anomaly_core.scoring.regions import find_regions
from anomaly_core.scoring.scorer import State

Scale = float
VIEWS: Final[dict[str, dict[Scale, int]]] = {
    "one view": {1: 1},
    "and half a rotation": {1: 2},
    "four views": {1: 4},
    "four magnified by 1.5": {1.5: 4},
    "one, and one by 1.5": {1: 1, 1.5: 1},
    "four, and two by 1.5": {1: 4, 1.5: 2},
    "four, and four by 1.5": {1: 4, 1.5: 4},
    "four, and four by 2": {1: 4, 2: 4},
}
"""How many views are taken at each scale."""
SCALES: Final = sorted({scale for views in VIEWS.values() for scale in views})
LEAST_CRACK: Final = 60
"""Pixels of a crack from which a crop of a road counts as anomalous."""


def roads(root: Path, count: int, rng: np.random.Generator) -> Set:
    """Return crops of CrackForest's roads, with and without a crack."""
    crops = list(road_crops(root))
    good = [crop for crop in crops if not crop.anomalous]
    cracked = [crop for crop in crops if crop.mask is not None and crop.mask.sum() >= LEAST_CRACK]
    good = [good[i] for i in rng.permutation(len(good))[: SHOTS + count]]
    cracked = [cracked[i] for i in rng.permutation(len(cracked))[:count]]
    return Set("crackforest", [crop.pixels for crop in good[:SHOTS]], [*good[SHOTS:], *cracked])


def all_views_state(images: Sequence[EncodedImage], limit: int) -> State:
    """Return what the few-shot scorer needs of a product: the patches of all images' views, none before."""
    bank = MemoryBank.of([view.grid for image in images for view in image.views], limit)
    return State({"bank": bank.patches.numpy()})


def mean_map(
    image: dict[Scale, EncodedImage],
    states: dict[Scale, State],
    views: dict[Scale, int],
    scorer: FewShotScorer,
) -> torch.Tensor:
    """Return the (h, w) map of so many views at each scale, on the first scale's grid."""
    size = image[1].grid.shape[:2]
    maps = []
    for scale, count in views.items():
        seen = replace(image[scale], views=image[scale].views[:count])
        values = scorer.score(seen, states[scale], {}).values
        assert values is not None
        maps.append(
            F.interpolate(values[None, None], size, mode="bilinear", align_corners=False, antialias=True)
        )
    return torch.cat(maps).mean(0)[0]


def strongest_cell(values: Array) -> str:
    threshold = min((float(np.median(values)) + float(values.max())) / 2, 0.8 * float(values.max()))
    return find_regions(values, threshold=threshold, scale=threshold, max_regions=1)[0].cell


def measure(part: Set, models: dict[Scale, AnomalyGPT]) -> dict[str, dict[str, list[float]]]:
    """Return the image AUROC and the share of right cells of each choice of views, for each draw of shots."""
    config = models[1].config.few_shot
    scorer = FewShotScorer(config)
    tests = [{s: m.input.augment(m.encode(test.pixels)) for s, m in models.items()} for test in part.tests]
    rows: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for shots, seed in product((1, 4), (0, 1)):
        good = part.draw(shots, seed)
        states = {
            scale: all_views_state([model.input.augment(model.encode(p)) for p in good], config.bank_limit)
            for scale, model in models.items()
        }
        for name, views in VIEWS.items():
            found = [mean_map(test, states, views, scorer) for test in tests]
            rows[name]["image_auroc"].append(auroc([image_score(v, config) for v in found], part.labels))
            hits = [
                strongest_cell(image[1].frame.to_original(as_array(values))) in right_cells(test.mask)
                for image, values, test in zip(tests, found, part.tests, strict=True)
                if test.anomalous and test.mask is not None
            ]
            if hits:
                rows[name]["right_cell"].append(float(np.mean(hits)))
    return rows


def main() -> None:
    options = parser(__doc__, "crackforest", required=True)
    options.add_argument("--count", type=int, default=16, help="good and anomalous test images a set")
    options.add_argument("--products", type=int, default=3, help="procedural products")
    options.add_argument("--seed", type=int, default=7)
    given = options.parse_args()
    rng = np.random.default_rng(given.seed)
    sets = [
        *photographs(given.count, rng, given.seed),
        *procedural(given.products, given.count, rng, given.seed, faintest=FAINTEST),
        roads(given.crackforest, given.count, rng),
    ]
    side = DetectorConfig().input_side
    models = {scale: few_shot_model(input_side=round(scale * side)) for scale in SCALES}
    results: dict[str, Any] = {}
    for part in sets:
        results[part.name] = {
            name: {metric: spread(values) for metric, values in each.items()}
            for name, each in measure(part, models).items()
        }
        print(part.name, {n: [m["mean"] for m in row.values()] for n, row in results[part.name].items()})
    means: dict[str, dict[str, float]] = defaultdict(dict)
    for name, metric in product(VIEWS, ("image_auroc", "right_cell")):
        each = [row[name][metric]["mean"] for row in results.values() if metric in row[name]]
        means[name][metric] = round(float(np.mean(each)), 4)
    write(given, {"mean": means, "sets": results})
    print(json.dumps(means, indent=1))


if __name__ == "__main__":
    torch.set_num_threads(2)
    main()
