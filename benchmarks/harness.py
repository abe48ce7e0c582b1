"""What the benchmarks share: models, figures, options, and where a result came from."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray
from sets import Labelled, Mask

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.checkpoint import Checkpoint
from anomaly_core.config import DEFAULT_ENCODER, DetectorConfig
from anomaly_core.encoders.registry import load_image_encoder
from anomaly_core.evaluation import metrics
from anomaly_core.evaluation.detection import MAP_SIDE, shrink_map, shrink_mask, spread
from anomaly_core.results import Array, cell_of
from anomaly_core.scorers.soft_prompt import SoftPromptScorer
from anomaly_core.scoring.scorer import FEW_SHOT, SOFT_PROMPT, TEXT_ALIGNED

T = TypeVar("T")
RESULTS: Final = Path(__file__).parent / "results"
ROOTS: Final = {
    "mvtec": "folder that holds screw/ in MVTec's layout",
    "tile": "folder that holds magnetic_tile/ in MVTec's layout",
    "crackforest": "folder that holds image/ and groundTruth/",
    "mmad": "MMAD's domain_knowledge.json",
}

# --- models ---------------------------------------------------------------------------------------


def few_shot_model(encoder: str = DEFAULT_ENCODER, device: str = "cpu", **config: Any) -> AnomalyGPT:
    """Return the model whose only scorer is the few-shot one, which needs no checkpoint."""
    options = DetectorConfig(encoder=encoder, **{"scorers": (FEW_SHOT,), **config})
    return AnomalyGPT.from_pretrained(None, config=options, device=device)


def fused_models(checkpoint: Checkpoint) -> tuple[AnomalyGPT, AnomalyGPT]:
    """Return a checkpoint's model without the layout, and one without its language model for its products."""
    encoder = load_image_encoder(checkpoint.config.training.encoder)
    config = DetectorConfig(scorers=(FEW_SHOT, TEXT_ALIGNED, SOFT_PROMPT))
    reader = SoftPromptScorer.load(checkpoint)
    # Scores are compared here, and no decision.
    return (
        AnomalyGPT(encoder, config, checkpoint, lambda: reader, judge_quality=False),
        AnomalyGPT(encoder, config, checkpoint, judge_quality=False),
    )


# --- figures --------------------------------------------------------------------------------------


@dataclass
class Judged:
    """What one method says of each test image, in order. maps: (h, w), shrunk, where it has one."""

    scores: list[float] = field(default_factory=list)
    verdicts: list[bool] = field(default_factory=list)
    maps: list[Array] = field(default_factory=list)

    def add(self, score: float, verdict: bool, values: Array | None = None) -> None:
        """Add one image's score, verdict and (H, W) map."""
        self.scores.append(score)
        self.verdicts.append(verdict)
        if values is not None:
            self.maps.append(shrink_map(values, map_size(values)))

    def figures(self, labels: Mask, masks: Sequence[Mask | None]) -> dict[str, float]:
        """Return every metric that can be had. masks: shrunk; defects without one say nothing of pixels."""
        found = {
            "image_auroc": metrics.auroc(self.scores, labels),
            "accuracy": metrics.accuracy(self.verdicts, labels),
            "balanced_accuracy": metrics.balanced_accuracy(self.verdicts, labels),
            "false_alarm_rate": metrics.false_alarm_rate(self.verdicts, labels),
        }
        if self.maps and any(mask is not None for mask in masks):
            kept = [i for i, mask in enumerate(masks) if mask is not None or not labels[i]]
            maps, shown = [self.maps[i] for i in kept], [masks[i] for i in kept]
            found |= {"pixel_auroc": metrics.pixel_auroc(maps, shown), "aupro": metrics.aupro(maps, shown)}
        return found


def spreads(rows: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """Return the spread of each figure over the rows, such as seeds, that have it."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: spread([row[name] for row in rows if name in row]) for name in names}


def map_size(image: NDArray[Any]) -> tuple[int, int]:
    """Return the (height, width) at which an image's map and mask are compared."""
    scale = min(1.0, MAP_SIDE / max(image.shape[:2]))
    return round(image.shape[0] * scale), round(image.shape[1] * scale)


def shrunk_masks(tests: Sequence[Labelled]) -> list[Mask | None]:
    return [None if (mask := test.mask) is None else shrink_mask(mask, map_size(mask)) for test in tests]


def covered_cells(mask: Mask) -> dict[str, int]:
    """Return how many pixels of an (H, W) bool mask lie in each cell, of those that it covers."""
    rows, columns = np.nonzero(mask)
    height, width = mask.shape
    counts: dict[str, int] = {}
    for y, x in zip(rows.tolist(), columns.tolist(), strict=True):
        cell = cell_of(x + 0.5, y + 0.5, width, height)
        counts[cell] = counts.get(cell, 0) + 1
    return counts


def right_cells(mask: Mask) -> set[str]:
    """Return the cells that a mask covers in part, and the one of its centroid."""
    rows, columns = np.nonzero(mask)
    height, width = mask.shape
    centre = cell_of(float(columns.mean()) + 0.5, float(rows.mean()) + 0.5, width, height)
    return {centre, *covered_cells(mask)}


# --- processes ------------------------------------------------------------------------------------


def apart(
    work: Callable[..., T], jobs: Sequence[tuple[Any, ...]], workers: int, *, fresh: bool = False
) -> Iterator[T]:
    """Yield work(*job) of each job, in order, from processes of one thread each.

    One worker has a process of its own, too, so that no result depends on their number. work: a module's
    function. fresh: each job has a new process, whose memory is then the job's alone.
    """
    os.environ["OMP_NUM_THREADS"] = "1"  # read by the new processes
    with ProcessPoolExecutor(
        workers,
        get_context("spawn"),
        initializer=cv2.setNumThreads,
        initargs=(1,),
        max_tasks_per_child=1 if fresh else None,
    ) as pool:
        yield from pool.map(work, *zip(*jobs, strict=True))


# --- options and results --------------------------------------------------------------------------


def parser(
    doc: str | None, *roots: str, required: bool = False, out: str | None = None
) -> argparse.ArgumentParser:
    """Return a parser that knows the named roots of data sets, and --out; out: its default among results."""
    made = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in roots:
        made.add_argument(f"--{name}", type=Path, required=required, help=ROOTS[name])
    made.add_argument("--out", type=Path, required=out is None, default=out and RESULTS / out)
    return made


def write(options: argparse.Namespace, result: Mapping[str, Any]) -> None:
    """Write a result with its provenance into --out."""
    record = {**provenance(vars(options)), **result}
    options.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def installed(*names: str) -> dict[str, str]:
    """Return the versions of those distributions that are there."""
    found = {}
    for name in names:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def provenance(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts that stand beside every figure. options: the command's own; paths are cut to names."""
    words = [Path(word).name if "/" in word else word for word in sys.argv]
    return {
        "command": "python benchmarks/" + " ".join(words),
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "python": platform.python_version(),
        "versions": installed("torch", "transformers", "faiss-cpu", "numpy"),
        "options": {
            key: value.name if isinstance(value, Path) else str(value) for key, value in options.items()
        },
    }
