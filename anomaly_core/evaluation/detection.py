"""Measuring detection on a labelled data set: enrol shots, judge every test image, compare with the labels.

Nothing of the test split sets a threshold: the verdict is calibrated on the shots alone.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from anomaly_core.detector import Detector, Progress
from anomaly_core.errors import ConfigError, NoImages
from anomaly_core.evaluation import metrics
from anomaly_core.evaluation.datasets import GOOD, Sample, load_mask, open_dataset
from anomaly_core.imaging.reading import load_image

MAP_SIDE: Final = 256
"""Pixel metrics are computed with the longer side of map and mask brought to this many pixels."""

NAMES: Final = (
    "image_auroc",
    "pixel_auroc",
    "aupro",
    "accuracy",
    "balanced_accuracy",
    "f1_max",
    "false_alarm_rate",
    "miss_rate",
)


def choose_shots(samples: Sequence[Sample], shots: int, seed: int) -> list[Sample]:
    """Draw `shots` good training images with this seed; larger draws contain the smaller ones."""
    good = sorted((s for s in samples if s.split == "train" and s.label == GOOD), key=lambda s: s.path)
    if len(good) < shots:
        raise ConfigError(f"{shots} shots were asked for, but there are {len(good)} good training images.")
    order = np.random.default_rng(seed).permutation(len(good))
    return [good[i] for i in order[:shots]]


def evaluate_detection(
    detector: Detector,
    root: Path,
    category: str,
    *,
    shots: int,
    seeds: Sequence[int],
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Return `iad eval detection --json`'s object: each metric as {"mean", "std", "values"} over seeds.

    Test images are encoded once and judged by each seed's model. std is the sample standard deviation
    (0 for one seed). Pixel metrics are null where the set has no masks.
    """
    if shots < 1 or not seeds:
        raise ConfigError("at least one shot and one seed are needed.")
    dataset = open_dataset(root, category)
    tests = [s for s in dataset.samples if s.split == "test"]
    if not tests or all(s.label == GOOD for s in tests) or all(s.label != GOOD for s in tests):
        raise NoImages(f"{root}: {category} needs good and anomalous test images to be evaluated.")
    models = []
    for number, seed in enumerate(seeds):
        chosen = choose_shots(dataset.samples, shots, seed)
        models.append(detector.fit([load_image(s.path).pixels for s in chosen]).model)
        if progress is not None:
            progress("enrolling", number + 1, len(seeds))
    labels = np.array([s.label != GOOD for s in tests])
    scores = np.zeros((len(seeds), len(tests)))
    verdicts = np.zeros((len(seeds), len(tests)), dtype=bool)
    maps: list[list[NDArray[np.float32]]] = [[] for _ in seeds]
    masks: list[NDArray[np.bool_] | None] = []
    has_masks = any(s.masks for s in tests)
    spent = 0.0
    for number, sample in enumerate(tests):
        start = time.perf_counter()
        pixels = load_image(sample.path).pixels
        encoded = detector.encode(pixels)
        spent += time.perf_counter() - start
        size = _map_size(pixels.shape[0], pixels.shape[1])
        mask = load_mask(sample) if has_masks else None
        masks.append(None if mask is None else shrink_mask(mask, size))
        for index, model in enumerate(models):
            start = time.perf_counter()
            anomaly_map = detector.decode(encoded, model)
            verdict = model.judge(anomaly_map.score)
            spent += (time.perf_counter() - start) / len(models)
            scores[index, number] = anomaly_map.score
            verdicts[index, number] = verdict.anomalous
            if has_masks:
                maps[index].append(shrink_map(anomaly_map.values, size))
        if progress is not None:
            progress("inspecting", number + 1, len(tests))
    values: dict[str, list[float]] = {name: [] for name in NAMES}
    for index in range(len(seeds)):
        values["image_auroc"].append(metrics.auroc(scores[index], labels))
        values["f1_max"].append(metrics.f1_max(scores[index], labels))
        for name in ("accuracy", "balanced_accuracy", "false_alarm_rate", "miss_rate"):
            values[name].append(getattr(metrics, name)(verdicts[index], labels))
        if has_masks:
            # A defective image whose mask is unknown says nothing about pixels.
            known = [i for i, s in enumerate(tests) if masks[i] is not None or s.label == GOOD]
            kept_maps, kept_masks = [maps[index][i] for i in known], [masks[i] for i in known]
            values["pixel_auroc"].append(metrics.pixel_auroc(kept_maps, kept_masks))
            values["aupro"].append(metrics.aupro(kept_maps, kept_masks))
    result: dict[str, Any] = {"category": category, "shots": shots, "seeds": list(seeds)}
    result.update({name: spread(values[name]) for name in NAMES})
    result["test_images"] = {"good": int((~labels).sum()), "anomalous": int(labels.sum())}
    result["ms_per_image"] = round(1000 * spent / len(tests), 2)
    result["encoder"] = detector.encoder.name
    result["config"] = detector.config.model_dump()
    return result


def spread(values: Sequence[float]) -> dict[str, Any] | None:
    """Return {"mean", "std", "values"}, or None for no values."""
    if not values:
        return None
    deviation = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return {
        "mean": round(float(np.mean(values)), 4),
        "std": round(deviation, 4),
        "values": [round(float(v), 4) for v in values],
    }


def shrink_map(values: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Average a map down to (height, width) = size."""
    return np.asarray(cv2.resize(values, size[::-1], interpolation=cv2.INTER_AREA), dtype=np.float32)


def shrink_mask(mask: NDArray[np.bool_], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Shrink a mask to (height, width) = size; a pixel is true where any of its sources is."""
    share = cv2.resize(mask.astype(np.float32), size[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(share > 0)


def _map_size(height: int, width: int) -> tuple[int, int]:
    scale = min(1.0, MAP_SIDE / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))
