"""Which views a close look should take, on sets that no result is reported for.

    python benchmarks/close_look.py --out benchmarks/results/close_look.json

Sets: the simulated textile of package conformal-clip-data, pictures of brick with scars, and drawn products.
Looks: one; the half-turned input beside it; all four mirrored and turned ones, which ship; the input shifted
by half a patch, and by half a patch in three directions. Score: the mean over the views of the few-shot map's
log-score, so that no map must be laid over another; 1 and 4 shots, two draws of each.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
import torch
from fusion import FAINTEST, crops
from numpy.typing import NDArray
from provenance import provenance
from selection import Set, drawn, textile, with_anomalies

from anomaly_core.config import DetectorConfig
from anomaly_core.decoder.few_shot import image_score, patch_grid
from anomaly_core.detector import Detector
from anomaly_core.encoders.registry import load_image_encoder
from anomaly_core.evaluation import spread
from anomaly_core.metrics import auroc
from anomaly_core.views import symmetries

LOOKS = {
    "one look": (0,),
    "and half a turn": (0, 1),
    "four mirrored and turned": (0, 1, 2, 3),
    "and half a patch aside": (0, 4),
    "four half a patch aside": (0, 4, 5, 6),
}


def views(rendered: NDArray[np.uint8], stride: int) -> list[NDArray[np.uint8]]:
    """Return the symmetries, and the input shifted by half a patch along both sides, and along either."""
    half, (height, width) = stride // 2, rendered.shape[:2]
    shifted = [
        cv2.warpAffine(
            rendered,
            np.array([[1, 0, x], [0, 1, y]], dtype=np.float32),
            (width, height),
            borderMode=cv2.BORDER_REFLECT,
        )
        for x, y in ((half, half), (half, 0), (0, half))
    ]
    return [*symmetries(rendered), *(np.asarray(each, dtype=np.uint8) for each in shifted)]


def measure(part: Set, detector: Detector) -> dict[str, list[float]]:
    """Return the image AUROC of each look for each number and draw of shots."""
    config = detector.config.few_shot
    tests = []
    for pixels in part.tests:
        rendered = detector.encode(pixels).frame.render(pixels)
        seen = [detector.encoder.encode(view) for view in views(rendered, detector.encoder.stride)]
        tests.append([patch_grid(features, config) for features in seen])
    rows = defaultdict(list)
    for shots, seed in ((1, 0), (1, 1), (4, 0), (4, 1)):
        chosen = np.random.default_rng(seed).permutation(len(part.shots))[:shots]
        bank = detector.fit([part.shots[i] for i in chosen]).model.bank
        logs = np.log([[image_score(bank.distances(grid), config) for grid in grids] for grids in tests])
        for name, numbers in LOOKS.items():
            rows[name].append(auroc(logs[:, numbers].mean(axis=1), part.labels))
    return dict(rows)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=24, help="good and anomalous test images a set")
    parser.add_argument("--products", type=int, default=3, help="drawn products")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    brick = crops("brick", 12 + 2 * options.count, options.seed)
    sets = [
        *textile(options.count, rng),
        with_anomalies("brick", brick, options.count, rng, "scar", FAINTEST),
        *drawn(options.products, options.count, rng, options.seed, faintest=FAINTEST),
    ]
    detector = Detector(load_image_encoder("efficientnet-lite0"), DetectorConfig())
    results = {}
    for part in sets:
        results[part.name] = {name: spread(values) for name, values in measure(part, detector).items()}
        print(part.name, {name: row["mean"] for name, row in results[part.name].items()}, flush=True)
    means = {
        name: round(float(np.mean([row[name]["mean"] for row in results.values()])), 4) for name in LOOKS
    }
    found = {**provenance(vars(options)), "mean": means, "sets": results}
    options.out.write_text(json.dumps(found, indent=1))
    print(means)


if __name__ == "__main__":
    torch.set_num_threads(2)
    main()
