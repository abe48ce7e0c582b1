"""Image AUROC of the plain kNN reference and of ours, in one run: same encoder, shots, seeds, test images.

    python benchmarks/accuracy.py --mvtec ROOT --tile ROOT --out benchmarks/results/accuracy.json

Plain: squashed square input of side 224, both taps normalised side by side, one bank of all patches (with
the four quarter turns on screw), mean of the top 1 % of distances. Ours: `anomaly_core.detector` as it ships.
ELPV comes from package elpv-dataset (good: probability 0, anomalous: 1; shots from a pool of 120 good
cells, test on 150 good and 150 anomalous others, all drawn with one fixed seed). Sets that are not given are
left out.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from provenance import provenance

from anomaly_core.config import DetectorConfig, FewShotConfig
from anomaly_core.decoders.memory_bank import MemoryBank, anomaly_grid, as_array, image_score, patch_grid
from anomaly_core.detector import Detector
from anomaly_core.encoders.base import ImageEncoder
from anomaly_core.encoders.registry import load_image_encoder
from anomaly_core.evaluation import metrics
from anomaly_core.evaluation.datasets import GOOD, Sample, load_mask, open_dataset
from anomaly_core.evaluation.detection import shrink_map, shrink_mask, spread
from anomaly_core.imaging.reading import load_image
from anomaly_core.weights.resolve import pull

PLAIN_SIDE = 224
MAP_SIDE = 256


@dataclass(frozen=True)
class Set:
    """Good images that shots are drawn from, and test samples."""

    name: str
    pool: list[Path]
    tests: list[Sample]
    quarter_turns: bool = False

    def shots(self, count: int, seed: int) -> list[int]:
        return [int(i) for i in np.random.default_rng(seed).permutation(len(self.pool))[:count]]


def mvtec_set(root: Path, category: str, quarter_turns: bool) -> Set:
    data = open_dataset(root, category)
    pool = sorted(s.path for s in data.samples if s.split == "train" and s.label == GOOD)
    return Set(category, pool, [s for s in data.samples if s.split == "test"], quarter_turns)


def elpv_set(root: Path, kind: str) -> Set:
    samples = sorted(open_dataset(root, kind).samples, key=lambda s: s.path)
    rng = np.random.default_rng(0)
    good = [s for s in samples if s.label == GOOD]
    bad = [s for s in samples if s.label == "defective"]
    good = [good[i] for i in rng.permutation(len(good))]
    bad = [bad[i] for i in rng.permutation(len(bad))][:150]
    return Set(f"elpv-{kind}", [s.path for s in good[:120]], [*good[120:270], *bad])


def reported_sets(mvtec: Path | None, tile: Path | None) -> list[Set]:
    """Return the sets that results are reported for; a root that is not given leaves its set out."""
    sets = []
    if mvtec:
        sets.append(mvtec_set(mvtec, "screw", quarter_turns=True))
    if tile:
        sets.append(mvtec_set(tile, "magnetic_tile", quarter_turns=False))
    elpv = pull("elpv")
    return [*sets, elpv_set(elpv, "mono"), elpv_set(elpv, "poly")]


class Plain:
    """The plain reference."""

    def __init__(self, encoder: ImageEncoder) -> None:
        self.encoder = encoder
        taps = len(encoder.channels)
        self.config = FewShotConfig(tap_weights=tuple([1.0 / taps] * taps), median_share=0.0)

    def grid(self, pixels: Any, turn: int = 0) -> torch.Tensor:
        side = PLAIN_SIDE // self.encoder.stride * self.encoder.stride
        squashed = np.rot90(cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA), turn)
        return patch_grid(self.encoder.encode(np.ascontiguousarray(squashed)), self.config)


def run(
    part: Set, encoder: ImageEncoder, detector: Detector, shots: Sequence[int], seeds: Sequence[int]
) -> Any:
    cells = [(count, seed) for count in shots for seed in seeds]
    plain = Plain(encoder)
    turns = range(4) if part.quarter_turns else range(1)
    drawn = {cell: part.shots(*cell) for cell in cells}
    pool = {i: load_image(part.pool[i]).pixels for chosen in drawn.values() for i in chosen}
    plain_views = {i: [plain.grid(pixels, turn) for turn in turns] for i, pixels in pool.items()}
    banks = {
        cell: MemoryBank(torch.cat([g.flatten(0, 1) for i in chosen for g in plain_views[i]]))
        for cell, chosen in drawn.items()
    }
    models = {cell: detector.fit([pool[i] for i in chosen]).model for cell, chosen in drawn.items()}
    labels = np.array([s.label != GOOD for s in part.tests])
    known = [i for i, s in enumerate(part.tests) if s.masks or s.label == GOOD]
    has_masks = any(s.masks for s in part.tests)
    scores: dict[Any, list[float]] = {}
    alarms: dict[Any, list[bool]] = {cell: [] for cell in cells}
    maps: dict[Any, list[Any]] = {}
    masks: list[Any] = []
    for sample in part.tests:
        pixels = load_image(sample.path).pixels
        scale = min(1.0, MAP_SIDE / max(pixels.shape[:2]))
        size = (round(pixels.shape[0] * scale), round(pixels.shape[1] * scale))
        mask = load_mask(sample)
        masks.append(None if mask is None else shrink_mask(mask, size))
        plain_grid, encoded = plain.grid(pixels), detector.encode(pixels)
        for cell in cells:
            values = anomaly_grid(banks[cell], plain_grid, plain.config)
            scores.setdefault(("plain", cell), []).append(image_score(values, plain.config))
            ours = detector.decode(encoded, models[cell])
            scores.setdefault(("ours", cell), []).append(ours.score)
            alarms[cell].append(models[cell].judge(ours.score).anomalous)
            if has_masks:
                resized = cv2.resize(as_array(values), size[::-1], interpolation=cv2.INTER_LINEAR)
                maps.setdefault(("plain", cell), []).append(resized.astype(np.float32))
                maps.setdefault(("ours", cell), []).append(shrink_map(ours.values, size))
    rows: dict[str, Any] = {}
    for count in shots:
        row: dict[str, Any] = {}
        for who in ("plain", "ours"):
            keys = [(who, (count, seed)) for seed in seeds]
            row[who] = {"image_auroc": spread([metrics.auroc(scores[k], labels) for k in keys])}
            if has_masks:
                kept = [masks[i] for i in known]
                chosen = [[maps[k][i] for i in known] for k in keys]
                row[who]["pixel_auroc"] = spread([metrics.pixel_auroc(m, kept) for m in chosen])
                row[who]["aupro"] = spread([metrics.aupro(m, kept) for m in chosen])
        verdicts = [alarms[count, seed] for seed in seeds]
        false_alarms = sum(int(np.sum(np.array(v)[~labels])) for v in verdicts)
        goods = int((~labels).sum())
        rates = [metrics.false_alarm_rate(v, labels) for v in verdicts]
        row["ours"]["false_alarm_rate"] = spread(rates)
        # Seeds share the test images, so the interval counts each image once.
        row["ours"]["false_alarm_interval_95"] = metrics.wilson_interval(
            round(false_alarms / len(seeds)), goods
        )
        row["ours"]["balanced_accuracy"] = spread([metrics.balanced_accuracy(v, labels) for v in verdicts])
        row["gain"] = round(row["ours"]["image_auroc"]["mean"] - row["plain"]["image_auroc"]["mean"], 4)
        rows[str(count)] = row
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mvtec", type=Path, help="folder that holds screw/ in MVTec's layout")
    parser.add_argument("--tile", type=Path, help="folder that holds magnetic_tile/ in MVTec's layout")
    parser.add_argument("--encoder", default=DetectorConfig().encoder)
    parser.add_argument("--shots", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    encoder = load_image_encoder(options.encoder)
    detector = Detector(encoder, DetectorConfig(encoder=options.encoder))
    results: dict[str, Any] = {}
    for part in reported_sets(options.mvtec, options.tile):
        start = time.perf_counter()
        results[part.name] = run(part, encoder, detector, options.shots, options.seeds)
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
            "encoder": encoder.name,
            "mean_gain": round(float(np.mean(gains)), 4),
            "least_gain": min(gains),
        }
        options.out.write_text(json.dumps({**provenance(vars(options)), **facts, "sets": results}, indent=1))
    print(f"mean gain {facts['mean_gain']:+.4f}, least gain {facts['least_gain']:+.4f}")


if __name__ == "__main__":
    torch.set_num_threads(2)
    main()
