"""Image AUROC of the plain kNN reference and of ours, in one run: same encoder, shots, seeds, test images.

    python benchmarks/accuracy.py --mvtec ROOT --tile ROOT --out benchmarks/results/accuracy.json

Plain: squashed square input of side 224, both taps normalised side by side, one bank of all patches (with
the four quarter rotations on screw), mean of the top 1 % of distances. Ours: the few-shot scorer as it ships.
ELPV comes from package elpv-dataset (good: probability 0, anomalous: 1; shots from a pool of 120 good
cells, test on 150 good and 150 anomalous others, all drawn with one fixed seed). Sets that are not given are
left out.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import product
from typing import Any

import cv2
import numpy as np
import torch
from harness import Judged, few_shot_model, map_size, parser, shrunk_masks, spreads, write
from sets import Pixels, Set, reported_sets

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.config import DEFAULT_ENCODER, FewShotConfig
from anomaly_core.decoders.memory_bank import MemoryBank, anomaly_grid, image_score
from anomaly_core.decoders.patches import as_array, patch_grid
from anomaly_core.encoders.base import ImageEncoder, encode_one
from anomaly_core.evaluation.metrics import wilson_interval

PLAIN_SIDE = 224


class Plain:
    """The plain reference. rotations: quarter rotations of each shot in the bank."""

    def __init__(self, encoder: ImageEncoder, rotations: int) -> None:
        self.encoder = encoder
        self.rotations = rotations
        taps = len(encoder.channels)
        self.config = FewShotConfig(tap_weights=tuple([1.0 / taps] * taps), median_share=0.0)

    def grid(self, pixels: Pixels, quarters: int = 0) -> torch.Tensor:
        side = PLAIN_SIDE // self.encoder.stride * self.encoder.stride
        squashed = np.rot90(cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA), quarters)
        return patch_grid(encode_one(self.encoder, np.ascontiguousarray(squashed)), self.config)

    def bank(self, shots: Sequence[Pixels]) -> MemoryBank:
        grids = [self.grid(pixels, quarters) for pixels in shots for quarters in range(self.rotations)]
        return MemoryBank(torch.cat([grid.flatten(0, 1) for grid in grids]))


def run(part: Set, model: AnomalyGPT, shots: Sequence[int], seeds: Sequence[int]) -> dict[str, Any]:
    plain = Plain(model.encoder, rotations=4 if part.name == "screw" else 1)
    cells = list(product(shots, seeds))
    banks = {cell: plain.bank(part.draw(*cell)) for cell in cells}
    products = {cell: model.fit(part.draw(*cell)) for cell in cells}
    theirs, ours = ({cell: Judged() for cell in cells} for _ in range(2))
    for test in part.tests:
        pixels = test.pixels
        grid, encoded = plain.grid(pixels), model.encode(pixels)
        for cell in cells:
            values = anomaly_grid(banks[cell], grid, plain.config)
            resized = np.asarray(cv2.resize(as_array(values), map_size(pixels)[::-1]), np.float32)
            theirs[cell].add(image_score(values, plain.config), False, resized)
            found = model.inspect(encoded, products[cell])
            ours[cell].add(found.anomaly_map.score, found.verdict.anomalous, found.anomaly_map.values)
    masks = shrunk_masks(part.tests)
    rows: dict[str, Any] = {}
    for count in shots:
        row: dict[str, Any] = {}
        for who, judged in (("plain", theirs), ("ours", ours)):
            row[who] = spreads([judged[count, seed].figures(part.labels, masks) for seed in seeds])
        for name in ("accuracy", "balanced_accuracy", "false_alarm_rate"):
            del row["plain"][name]  # it judges nothing
        # Seeds share the test images, so the interval counts each image once.
        goods, rate = len(part.of(False)), row["ours"]["false_alarm_rate"]["mean"]
        row["ours"]["false_alarm_interval_95"] = wilson_interval(round(rate * goods), goods)
        row["gain"] = round(row["ours"]["image_auroc"]["mean"] - row["plain"]["image_auroc"]["mean"], 4)
        rows[str(count)] = row
    return rows


def main() -> None:
    options = parser(__doc__, "mvtec", "tile")
    options.add_argument("--encoder", default=DEFAULT_ENCODER)
    options.add_argument("--shots", type=int, nargs="+", default=[1, 4])
    options.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    given = options.parse_args()
    model = few_shot_model(given.encoder)
    results: dict[str, Any] = {}
    for part in reported_sets(given.mvtec, given.tile):
        start = time.perf_counter()
        results[part.name] = run(part, model, given.shots, given.seeds)
        for count, row in results[part.name].items():
            ours, plain = row["ours"], row["plain"]
            print(
                f"{part.name:14} {count}-shot  plain {plain['image_auroc']['mean']:.3f}"
                f"  ours {ours['image_auroc']['mean']:.3f}  gain {row['gain']:+.3f}"
                f"  false alarms {ours['false_alarm_rate']['mean']:.3f}"
                f"  balanced {ours['balanced_accuracy']['mean']:.3f}",
                flush=True,
            )
        print(f"{part.name}: {time.perf_counter() - start:.0f} s", flush=True)
        gains = [row["gain"] for rows in results.values() for row in rows.values()]
        facts = {
            "encoder": model.encoder.name,
            "mean_gain": round(float(np.mean(gains)), 4),
            "least_gain": min(gains),
        }
        write(given, {**facts, "sets": results})
    print(f"mean gain {facts['mean_gain']:+.4f}, least gain {facts['least_gain']:+.4f}")


if __name__ == "__main__":
    torch.set_num_threads(2)
    main()
