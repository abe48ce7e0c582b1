"""Evaluation of detection on a labelled dataset: enrol shots, judge the test images, compute metrics.

The verdict is calibrated on the shots alone; nothing of the test split sets a threshold.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.errors import ConfigError, NoImages
from anomaly_core.evaluation import metrics
from anomaly_core.evaluation.datasets import GOOD, Sample, load_mask, open_dataset
from anomaly_core.good_images import Progress
from anomaly_core.imaging.reading import load_image
from anomaly_core.product import ProductModel
from anomaly_core.results import Verdict

MAP_SIDE: Final = 256
"""Longer side, in pixels, of the maps and masks of pixel metrics."""

NAMES: Final = (
    "image_auroc",
    "pixel_auroc",
    "aupro",
    "accuracy",
    "balanced_accuracy",
    "oracle_balanced_accuracy",
    "f1_max",
    "false_alarm_rate",
    "miss_rate",
    "escape_rate",
    "review_rate_good",
    "review_rate_anomalous",
)
"""Names of the metrics. escape_rate: share of the anomalous images whose decision is "pass"."""


def choose_shots(samples: Sequence[Sample], shots: int, seed: int) -> list[Sample]:
    """Draw `shots` good training images with this seed; larger draws contain smaller ones."""
    good = sorted((s for s in samples if s.split == "train" and s.label == GOOD), key=lambda s: s.path)
    if len(good) < shots:
        raise ConfigError(f"{shots} shots were asked for, but there are {len(good)} good training images.")
    order = np.random.default_rng(seed).permutation(len(good))
    return [good[i] for i in order[:shots]]


def evaluate_detection(
    model: AnomalyGPT,
    root: Path,
    category: str,
    *,
    shots: int,
    seeds: Sequence[int],
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Return the object of `iad eval detection --json`: each metric as {"mean", "std", "values"} over seeds.

    Test images are encoded once and judged with each seed's product, as by `iad inspect`. std is the sample
    standard deviation, 0 for one seed. Pixel metrics are null for a dataset without masks.
    """
    judged = judge_dataset(model, root, category, shots=shots, seeds=seeds, progress=progress)
    labels = np.array([s.label != GOOD for s in judged.samples])
    figures = [run.figures(labels, judged.masks) for run in judged.runs]
    result: dict[str, Any] = {"category": category, "shots": shots, "seeds": list(seeds)}
    result |= {name: spread([each[name] for each in figures if name in each]) for name in NAMES}
    result["test_images"] = {"good": int((~labels).sum()), "anomalous": int(labels.sum())}
    result["ms_per_image"] = round(1000 * judged.seconds / len(judged.samples), 2)
    result["encoder"] = model.encoder.name
    result["config"] = model.config.model_dump()
    return result


def judge_dataset(
    model: AnomalyGPT,
    root: Path,
    category: str,
    *,
    shots: int,
    seeds: Sequence[int],
    progress: Progress | None = None,
) -> Judged:
    """Enrol each seed's shots and judge the test images, by `AnomalyGPT.inspect` as `iad inspect` does."""
    if shots < 1 or not seeds:
        raise ConfigError("at least one shot and one seed are needed.")
    dataset = open_dataset(root, category)
    tests = [s for s in dataset.samples if s.split == "test"]
    if not tests or all(s.label == GOOD for s in tests) or all(s.label != GOOD for s in tests):
        raise NoImages(f"{root}: {category} needs good and anomalous test images to be evaluated.")
    judged = Judged(tests)
    for number, seed in enumerate(seeds):
        chosen = choose_shots(dataset.samples, shots, seed)
        judged.runs.append(Run(chosen, model.fit([load_image(s.path) for s in chosen])))
        if progress is not None:
            progress("enrolling", number + 1, len(seeds))
    has_masks = any(s.masks for s in tests)
    for number, sample in enumerate(tests):
        start = time.perf_counter()
        encoded = model.encode(load_image(sample.path))
        judged.seconds += time.perf_counter() - start
        size = _map_size(*encoded.size)
        mask = load_mask(sample) if has_masks else None
        judged.masks.append(None if mask is None else shrink_mask(mask, size))
        for run in judged.runs:
            start = time.perf_counter()
            found = model.inspect(encoded, run.product)
            judged.seconds += (time.perf_counter() - start) / len(seeds)
            run.verdicts.append(found.verdict)
            if has_masks:
                run.maps.append(shrink_map(found.anomaly_map.values, size))
        if progress is not None:
            progress("inspecting", number + 1, len(tests))
    return judged


@dataclass
class Run:
    """One seed's shots and product, and its verdicts and maps of the test images.

    maps: none for a dataset without masks.
    """

    shots: list[Sample]
    product: ProductModel
    verdicts: list[Verdict] = field(default_factory=list)
    maps: list[NDArray[np.float32]] = field(default_factory=list)

    def figures(
        self, labels: NDArray[np.bool_], masks: Sequence[NDArray[np.bool_] | None]
    ) -> dict[str, float]:
        """Return all metrics. A defective image without a mask has no part in pixel metrics."""
        scores = np.array([-verdict.log_p for verdict in self.verdicts])
        failed, reviewed, passed = (
            np.array([verdict.decision == word for verdict in self.verdicts])
            for word in ("fail", "review", "pass")
        )
        figures = {
            "image_auroc": metrics.auroc(scores, labels),
            "accuracy": metrics.accuracy(failed, labels),
            "balanced_accuracy": metrics.balanced_accuracy(failed, labels),
            "oracle_balanced_accuracy": metrics.best_balanced_accuracy(scores, labels),
            "f1_max": metrics.f1_max(scores, labels),
            "false_alarm_rate": metrics.false_alarm_rate(failed, labels),
            "miss_rate": metrics.miss_rate(failed, labels),
            "escape_rate": float(passed[labels].mean()),
            "review_rate_good": float(reviewed[~labels].mean()),
            "review_rate_anomalous": float(reviewed[labels].mean()),
        }
        if self.maps:
            known = [i for i, mask in enumerate(masks) if mask is not None or not labels[i]]
            maps, shown = [self.maps[i] for i in known], [masks[i] for i in known]
            figures["pixel_auroc"] = metrics.pixel_auroc(maps, shown)
            figures["aupro"] = metrics.aupro(maps, shown)
        return figures


@dataclass
class Judged:
    """A dataset's test images with masks at the size of the maps, the runs, and one run's time in seconds."""

    samples: list[Sample]
    runs: list[Run] = field(default_factory=list)
    masks: list[NDArray[np.bool_] | None] = field(default_factory=list)
    seconds: float = 0.0


def spread(values: Sequence[float]) -> dict[str, Any] | None:
    """Return {"mean", "std", "values"}, or None for no value."""
    if not values:
        return None
    deviation = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return {
        "mean": round(float(np.mean(values)), 4),
        "std": round(deviation, 4),
        "values": [round(float(v), 4) for v in values],
    }


def shrink_map(values: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Area-average a map to (height, width) = size."""
    return np.asarray(cv2.resize(values, size[::-1], interpolation=cv2.INTER_AREA), dtype=np.float32)


def shrink_mask(mask: NDArray[np.bool_], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Shrink a mask to (height, width) = size; a pixel is true where any of its source pixels is."""
    share = cv2.resize(mask.astype(np.float32), size[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(share > 0)


def _map_size(height: int, width: int) -> tuple[int, int]:
    scale = min(1.0, MAP_SIDE / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))
