"""AnomalyGPT beside PatchCore, PaDiM and AnomalyDINO of anomalib and a plain kNN reference, on equal terms.

    make bench-peers DATA=ROOT
    .venv-peers/bin/python benchmarks/peers.py --data ROOT --shots 1 4 8 --seeds 0 1 2 3 4 --workers 2

Same images, shots, seeds and weights for all; ROOT and the draws: see decisions.py. ours: AnomalyGPT.inspect
as shipped, which fails an image by its own calibration. plain: see accuracy.py, with the encoders of ours.
The others: see peer_models.py. anomalib's threshold is the one of best F1 on labelled images, defective ones
among them; where none is defective it is the largest score of the good ones. Few-shot there are no further
good images, so each shot is scored by a model of the other shots, and the largest of these scores is the
threshold, of plain, too; a single shot gives none. No test image sets a threshold.

Figures: image AUROC; balanced accuracy, false_alarm_rate and miss_rate (defective images that don't fail) at
the method's own threshold; best_balanced_accuracy at the best one picked afterwards; ms_per_image, the median
time from pixels to decision on one thread. peak_mb: the largest resident size of the process that does all
draws of one set with one method, imports included (Linux).
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
from accuracy import Plain
from decisions import sets_of, some
from harness import apart, parser, spreads, write
from sets import Pixels, Set

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.config import DEFAULT_ENCODER
from anomaly_core.decoders.memory_bank import anomaly_grid, image_score
from anomaly_core.encoders.registry import load_image_encoder
from anomaly_core.evaluation import metrics

METHODS: Final = ("ours", "plain", "patchcore", "patchcore-dinov2", "padim", "anomaly_dino")

Score = Callable[[Pixels], float]
Judge = Callable[[Pixels], tuple[float, bool | None]]
"""Return an image's score, larger is more anomalous, and whether it fails; None without a threshold."""
Fit = Callable[[Sequence[Pixels], int], Judge | None]
"""Learn good images, with a seed for what is random; None where there are too few."""


def ours() -> Fit:
    # As in its own environment: else transformers loads torchvision, which fails beside a torch without CUDA.
    sys.modules["torchvision"] = None  # type: ignore[assignment]
    model = AnomalyGPT.from_pretrained("shipped")

    def fit(shots: Sequence[Pixels], seed: int) -> Judge:
        learned = model.fit(shots)

        def judge(pixels: Pixels) -> tuple[float, bool]:
            verdict = model.inspect(pixels, learned).verdict
            return -verdict.log_p, verdict.anomalous

        return judge

    return fit


def plain(part: Set) -> Fit:
    reference = Plain(load_image_encoder(DEFAULT_ENCODER), rotations=4 if part.name == "screw" else 1)

    def learn(shots: Sequence[Pixels], seed: int) -> Score:
        bank = reference.bank(shots)

        def score(pixels: Pixels) -> float:
            return image_score(anomaly_grid(bank, reference.grid(pixels), reference.config), reference.config)

        return score

    return thresholded(learn, least=1)


def thresholded(learn: Callable[[Sequence[Pixels], int], Score], least: int) -> Fit:
    """Return a method with the largest left-out score of the good images as threshold, see above."""

    def fit(shots: Sequence[Pixels], seed: int) -> Judge | None:
        if len(shots) < least:
            return None
        score, limit = learn(shots, seed), None
        if len(shots) > least:
            left_out = [([*shots[:i], *shots[i + 1 :]], shots[i]) for i in range(len(shots))]
            limit = max(learn(others, seed)(shot) for others, shot in left_out)

        def judge(pixels: Pixels) -> tuple[float, bool | None]:
            value = score(pixels)
            return value, None if limit is None else value > limit

        return judge

    return fit


def method_of(name: str, part: Set) -> Fit:
    if name == "ours":
        return ours()
    if name == "plain":
        return plain(part)
    # Imported here, so that it does not count as memory of the others.
    from peer_models import PEERS

    return thresholded(PEERS[name].fit, PEERS[name].least)


def figures(
    scores: Sequence[float], failed: Sequence[bool | None], labels: Sequence[bool]
) -> dict[str, float]:
    """Return the figures of one draw of shots; labels: true for anomalous."""
    truth = np.array(labels)
    found = {
        "image_auroc": metrics.auroc(scores, truth),
        "best_balanced_accuracy": metrics.best_balanced_accuracy(scores, truth),
    }
    if None not in failed:
        fails = np.array(failed)
        found |= {
            "balanced_accuracy": metrics.balanced_accuracy(fails, truth),
            "false_alarm_rate": metrics.false_alarm_rate(fails, truth),
            "miss_rate": float((~fails[truth]).mean()),
        }
    return found


def run(part: Set, name: str, shots: Sequence[int], seeds: Sequence[int], most: int) -> dict[str, Any]:
    """Judge a set's test images by one method, with each draw of shots."""
    fit, tests = method_of(name, part), some(part.tests, most)
    labels = [test.anomalous for test in tests]
    rows: dict[str, Any] = {}
    for count in shots:
        drawn: list[dict[str, float]] = []
        for seed in seeds:
            judge = fit(part.draw(count, seed), seed)
            if judge is None:
                continue
            judged, times = [], []
            for test in tests:
                pixels, start = test.pixels, time.perf_counter()
                judged.append(judge(pixels))
                times.append(1000 * (time.perf_counter() - start))
            scores, failed = zip(*judged, strict=True)
            drawn.append({**figures(scores, failed, labels), "ms_per_image": statistics.median(times)})
        rows[str(count)] = spreads(drawn)
        words = ", ".join(f"{figure} {value['mean']:.3f}" for figure, value in rows[str(count)].items())
        print(f"{part.name}, {name}, {count} shots: {words}", flush=True)
    return {**rows, "peak_mb": peak_mb()}


def peak_mb() -> float:
    """Return the largest resident size of this process so far, in MiB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def main() -> None:
    options = parser(__doc__, out="peers.json")
    options.add_argument("--data", type=Path, required=True, help="folder of the sets")
    options.add_argument("--shots", type=int, nargs="+", default=[1, 4, 8])
    options.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    options.add_argument("--most", type=int, default=60, help="test images of each label")
    options.add_argument("--sets", nargs="+", help="names of the sets; all if not given")
    options.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS)
    options.add_argument("--workers", type=int, default=1, help="processes; above the cores, times grow")
    given = options.parse_args()
    # anomalib's progress of each coreset, and what it says of its own imports.
    os.environ.update(TQDM_DISABLE="1", PYTHONWARNINGS="ignore::FutureWarning")
    parts = [part for part in sets_of(given.data) if not given.sets or part.name in given.sets]
    jobs = [
        (part, method, given.shots, given.seeds, given.most) for part in parts for method in given.methods
    ]
    found: dict[str, dict[str, Any]] = {}
    for job, rows in zip(jobs, apart(run, jobs, given.workers, fresh=True), strict=True):
        found.setdefault(job[0].name, {})[job[1]] = rows
    versions = {name: version(name) for name in ("anomalib", "timm", "torchvision")}
    write(given, {"encoder": DEFAULT_ENCODER, "peer_versions": versions, "sets": found})


if __name__ == "__main__":
    main()
