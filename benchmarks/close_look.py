"""Which views a close look should take, on sets that no result is reported for.

    python benchmarks/close_look.py --crackforest ROOT --out benchmarks/results/close_look.json

Sets: the textile of package conformal-clip-data and scikit-image's pictures of brick, grass and gravel with
anomalies of each kind, drawn products, and crops of CrackForest's roads, whose cracks are real.
Looks: one; the half-turned input beside it; all four mirrored and turned ones; those and the input magnified.
A look's map is the mean over its views, of each scale first; 1 and 4 shots, two draws of each. Columns: AUROC
of the few-shot map's score; share of anomalies whose strongest region lies in a cell that the mask covers.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F
from ablation import right_cells
from fusion import FAINTEST, photographs
from numpy.typing import NDArray
from one_shot import road_crops
from provenance import provenance
from selection import Pixels, Set, drawn

from anomaly_core.config import DetectorConfig
from anomaly_core.decoders.memory_bank import MemoryBank, as_array, image_score, patch_grid
from anomaly_core.detector import Detector
from anomaly_core.encoders.registry import load_image_encoder
from anomaly_core.evaluation.detection import spread
from anomaly_core.evaluation.metrics import auroc
from anomaly_core.imaging.augment import symmetries, unturned
from anomaly_core.imaging.frame import frame_of
from anomaly_core.results import Array
from anomaly_core.scoring.regions import find_regions

Scale = float
LOOKS: Final[dict[str, dict[Scale, int]]] = {
    "one look": {1: 1},
    "and half a turn": {1: 2},
    "four views": {1: 4},
    "four magnified by 1.5": {1.5: 4},
    "one, and one by 1.5": {1: 1, 1.5: 1},
    "four, and two by 1.5": {1: 4, 1.5: 2},
    "four, and four by 1.5": {1: 4, 1.5: 4},
    "four, and four by 2": {1: 4, 2: 4},
}
"""How many of the `symmetries` a look has at each scale."""
SCALES: Final = sorted({scale for look in LOOKS.values() for scale in look})
LEAST_CRACK: Final = 60
"""Pixels of a crack from which a crop of a road counts as anomalous."""


def roads(root: Path, count: int, rng: np.random.Generator) -> Set:
    """Return crops of CrackForest's roads, with and without a crack."""
    good: list[Pixels] = []
    cracked: list[tuple[Pixels, NDArray[np.bool_]]] = []
    for pixels, mask in road_crops(root):
        if not mask.any():
            good.append(pixels)
        elif mask.sum() >= LEAST_CRACK:
            cracked.append((pixels, mask))
    good = [good[i] for i in rng.permutation(len(good))[: 12 + count]]
    cracked = [cracked[i] for i in rng.permutation(len(cracked))[:count]]
    tests = [*good[12:], *(pixels for pixels, _ in cracked)]
    labels = [False] * (len(good) - 12) + [True] * len(cracked)
    return Set("crackforest", good[:12], tests, labels, [mask for _, mask in cracked])


def seen(pixels: Pixels, detector: Detector) -> dict[Scale, list[torch.Tensor]]:
    """Return the patches of the image's symmetries at every scale."""
    encoder, config = detector.encoder, detector.config
    frames = {s: frame_of(pixels, round(s * config.input_side), encoder.stride) for s in SCALES}
    return {
        scale: [
            patch_grid(encoder.encode(view), config.few_shot) for view in symmetries(frame.render(pixels))
        ]
        for scale, frame in frames.items()
    }


def mean_map(maps: dict[Scale, list[torch.Tensor]], look: dict[Scale, int]) -> torch.Tensor:
    """Return a look's (h, w) map on the first scale's grid."""
    size = maps[1][0].shape
    means = [torch.stack(maps[scale][:count]).mean(0)[None, None] for scale, count in look.items()]
    resized = [F.interpolate(m, size, mode="bilinear", align_corners=False, antialias=True) for m in means]
    return torch.cat(resized).mean(0)[0]


def strongest_cell(values: Array) -> str:
    threshold = min((float(np.median(values)) + float(values.max())) / 2, 0.8 * float(values.max()))
    return find_regions(values, threshold=threshold, scale=threshold, max_regions=1)[0].cell


def measure(part: Set, detector: Detector) -> dict[str, dict[str, list[float]]]:
    """Return the image AUROC and the share of right cells of each look, for each draw of shots."""
    config = detector.config.few_shot
    frames = [frame_of(p, detector.config.input_side, detector.encoder.stride) for p in part.tests]
    tests = [seen(pixels, detector) for pixels in part.tests]
    draws = [np.random.default_rng(seed).permutation(len(part.shots))[:n] for n in (1, 4) for seed in (0, 1)]
    shots = {i: seen(part.shots[i], detector) for i in {int(i) for drawn in draws for i in drawn}}
    rows: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for chosen in draws:
        banks = {
            scale: MemoryBank.of([g for i in chosen for g in shots[i][scale]], config.bank_limit)
            for scale in SCALES
        }
        maps = [
            {
                scale: [unturned(banks[scale].distances(grid), n) for n, grid in enumerate(grids)]
                for scale, grids in test.items()
            }
            for test in tests
        ]
        for name, look in LOOKS.items():
            found = [mean_map(each, look) for each in maps]
            rows[name]["image_auroc"].append(auroc([image_score(v, config) for v in found], part.labels))
            if part.masks:
                faulty = [i for i, label in enumerate(part.labels) if label]
                cells = [strongest_cell(frames[i].to_original(as_array(found[i]))) for i in faulty]
                hits = [cell in right_cells(m) for cell, m in zip(cells, part.masks, strict=True)]
                rows[name]["right_cell"].append(float(np.mean(hits)))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--crackforest", type=Path, required=True)
    parser.add_argument("--count", type=int, default=16, help="good and anomalous test images a set")
    parser.add_argument("--products", type=int, default=3, help="drawn products")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    sets = [
        *photographs(options.count, rng, options.seed),
        *drawn(options.products, options.count, rng, options.seed, faintest=FAINTEST),
        roads(options.crackforest, options.count, rng),
    ]
    detector = Detector(load_image_encoder("efficientnet-lite0"), DetectorConfig())
    results = {}
    for part in sets:
        results[part.name] = {
            name: {metric: spread(values) for metric, values in each.items()}
            for name, each in measure(part, detector).items()
        }
        print(part.name, {n: [m["mean"] for m in row.values()] for n, row in results[part.name].items()})
    means: dict[str, dict[str, float]] = defaultdict(dict)
    for name in LOOKS:
        for metric in ("image_auroc", "right_cell"):
            each = [row[name][metric]["mean"] for row in results.values() if metric in row[name]]
            means[name][metric] = round(float(np.mean(each)), 4)
    found = {**provenance(vars(options)), "mean": means, "sets": results}
    options.out.write_text(json.dumps(found, indent=1))
    print(json.dumps(means, indent=1))


if __name__ == "__main__":
    torch.set_num_threads(2)
    main()
