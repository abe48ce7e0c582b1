"""Decisions at the shipped setting, beside the best threshold picked afterwards, for all sets at hand.

    python benchmarks/decisions.py --data ROOT --shots 1 4 8 --seeds 0 1 2 3 4

ROOT holds mvtec/screw, mvtec/capsule, mvtec_loco/juice_bottle, magnetic_tile, alien_toy and crackforest; one
that is missing is left out. ELPV comes from package elpv-dataset. Every image is judged by
`AnomalyGPT.inspect`, as by `iad inspect`. kept: the share of what the best threshold's balanced accuracy has
above one half that the shipped decision keeps. good_above_location: mean fused log-score of the good test
images, less the location of the calibration; 0 where the calibration is right. balanced_accuracy_at_rate: of
the threshold with exactly the stated rate on these test images, which nobody knows beforehand.
image_auroc_text_W: of the few-shot map with W times the text-aligned map's log-odds.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from itertools import islice, product
from pathlib import Path
from typing import Any, Final

import numpy as np
from harness import apart, parser, spreads, write
from numpy.typing import NDArray
from sets import Labelled, Mask, Set, elpv_set, mvtec_set, road_crops

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.config import DEFAULT_ENCODER, DEFAULT_SCORERS, DetectorConfig
from anomaly_core.decoders.patches import EncodedImage
from anomaly_core.encoders.registry import load_image_encoder
from anomaly_core.evaluation import metrics
from anomaly_core.results import Verdict
from anomaly_core.scoring.scorer import FEW_SHOT, TEXT_ALIGNED, Score

MVTEC: Final = {
    "screw": "mvtec",
    "capsule": "mvtec",
    "magnetic_tile": "magnetic_tile",
    "alien_toy": "alien_toy",
    "juice_bottle": "mvtec_loco",
}
TEXT_WEIGHTS: Final = (0.0, 0.005, 0.01, 0.02, 0.034, 0.05)
RATE: Final = DetectorConfig().alpha
SUMMED: Final = (
    *("image_auroc", "balanced_accuracy", "best_balanced_accuracy", "balanced_accuracy_at_rate"),
    *("false_alarm_rate", "escape_rate", "review_rate_good", "review_rate_anomalous"),
)
FEW_CRACKS: Final = 120
"""Least pixels of a crack in an anomalous road crop."""


def road_set(root: Path) -> Set:
    """Return crops of roads: those of every third road, if good, to draw shots from; the others as tests."""
    rng = np.random.default_rng(0)
    crops = [c for c in road_crops(root) if not c.anomalous or int(np.sum(c.truth)) >= FEW_CRACKS]  # type: ignore[arg-type]
    good = [crop for crop in crops if not crop.anomalous]
    pool, rest = good[: len(good) // 3], good[len(good) // 3 :]
    cracked = [crop for crop in crops if crop.anomalous]
    tests = [*rest, *(cracked[i] for i in rng.permutation(len(cracked)))]
    return Set("crackforest", [crop.pixels for crop in pool], tests)


def sets_of(root: Path) -> list[Set]:
    """Return the sets under a folder, and ELPV."""
    found = [mvtec_set(root / folder, name) for name, folder in MVTEC.items() if (root / folder).is_dir()]
    if (root / "crackforest").is_dir():
        found.append(road_set(root / "crackforest"))
    return [*found, elpv_set("mono"), elpv_set("poly")]


def some(tests: Sequence[Labelled], most: int) -> list[Labelled]:
    """Return at most `most` test images of each label, drawn once."""
    rng = np.random.default_rng(1)
    chosen: list[Labelled] = []
    for label in (False, True):
        of = [test for test in tests if test.anomalous == label]
        chosen += [of[i] for i in sorted(rng.permutation(len(of))[:most])]
    return chosen


def at_rate(scores: NDArray[np.float64], truth: Mask, rate: float) -> float:
    """Return the balanced accuracy of the threshold that a share `rate` of these good images exceeds."""
    good = np.sort(scores[~truth])[::-1]
    threshold = good[min(int(rate * len(good) + 1e-9), len(good) - 1)]
    return metrics.balanced_accuracy(scores > threshold, truth)


def figures(verdicts: Sequence[Verdict], labels: Sequence[bool]) -> dict[str, float]:
    """Return the figures of one draw of shots; labels: true for anomalous."""
    truth = np.array(labels)
    scores = [-verdict.log_p for verdict in verdicts]
    decisions = np.array([verdict.decision for verdict in verdicts])
    failed, passed, reviewed = (decisions == word for word in ("fail", "pass", "review"))
    balanced = metrics.balanced_accuracy(failed, truth)
    best = metrics.best_balanced_accuracy(scores, truth)
    return {
        "image_auroc": metrics.auroc(scores, truth),
        "balanced_accuracy": balanced,
        "best_balanced_accuracy": best,
        "balanced_accuracy_at_rate": at_rate(np.array(scores), truth, verdicts[0].alpha),
        "kept": (balanced - 0.5) / max(best - 0.5, 1e-6),
        "false_alarm_rate": metrics.false_alarm_rate(failed, truth),
        "escape_rate": float(passed[truth].mean()),
        "review_rate_good": float(reviewed[~truth].mean()),
        "review_rate_anomalous": float(reviewed[truth].mean()),
    }


def by_text_weight(scores: Sequence[Mapping[str, Score]], labels: Sequence[bool]) -> dict[str, float]:
    """Return the image AUROC of the few-shot map with the text-aligned map by weights of the latter."""
    if not all(TEXT_ALIGNED in each for each in scores):
        return {}
    maps = np.array([[each[name].log_score for name in (FEW_SHOT, TEXT_ALIGNED)] for each in scores])
    return {
        f"image_auroc_text_{weight:g}": metrics.auroc(maps @ np.array([1.0, weight]), np.array(labels))
        for weight in TEXT_WEIGHTS
    }


@cache
def model_of(checkpoint: str | None, config: DetectorConfig, device: str) -> AnomalyGPT:
    """Return the model, loaded once a process."""
    return AnomalyGPT.from_pretrained(checkpoint, config=config, device=device)


@lru_cache(maxsize=1)
def set_of(root: Path, name: str) -> Set:
    (part,) = (part for part in sets_of(root) if part.name == name)
    return part


@lru_cache(maxsize=1)
def encoded(part: Set, model: AnomalyGPT, most: int) -> list[EncodedImage]:
    return [model.encode(test.pixels) for test in some(part.tests, most)]


def run(
    root: Path,
    name: str,
    checkpoint: str | None,
    config: DetectorConfig,
    device: str,
    shots: Sequence[int],
    seed: int,
    most: int,
) -> dict[int, dict[str, float]]:
    """Judge a set's test images with the product of one draw, of each number of shots."""
    part, model = set_of(root, name), model_of(checkpoint, config, device)
    images, labels = encoded(part, model, most), [test.anomalous for test in some(part.tests, most)]
    rows = {}
    for count in shots:
        learned = model.fit(part.draw(count, seed))
        found = [model.inspect(image, learned) for image in images]
        good = [learned.fused(each.scores) for each, bad in zip(found, labels, strict=True) if not bad]
        above = float(np.mean(good)) - learned.calibration.location
        rows[count] = {
            **figures([each.verdict for each in found], labels),
            "good_above_location": above,
            **by_text_weight([each.scores for each in found], labels),
        }
    return rows


def summary(sets: Mapping[str, Mapping[str, Any]], shots: Sequence[int]) -> dict[str, dict[str, float]]:
    """Return the means over sets by number of shots.

    kept, kept_at_rate: shares of what the mean best threshold has above one half, that the shipped decision
    and the threshold of exactly the stated rate keep. within: share of the draws whose false alarms lie in
    the 95 % interval of the stated rate.
    """
    found = {}
    for count in map(str, shots):
        rows = [each[count] for each in sets.values()]
        means = {name: float(np.mean([row[name]["mean"] for row in rows])) for name in SUMMED}
        best = max(means["best_balanced_accuracy"] - 0.5, 1e-6)
        drawn = [
            (v, each["good"]) for each in sets.values() for v in each[count]["false_alarm_rate"]["values"]
        ]
        within = [abs(v - RATE) <= 1.96 * math.sqrt(RATE * (1 - RATE) / good) for v, good in drawn]
        found[count] = {
            **means,
            "kept": (means["balanced_accuracy"] - 0.5) / best,
            "kept_at_rate": (means["balanced_accuracy_at_rate"] - 0.5) / best,
            "within": float(np.mean(within)),
        }
    return found


def main() -> None:
    options = parser(__doc__, out="decisions.json")
    options.add_argument("--data", type=Path, required=True, help="folder of the sets")
    options.add_argument("--shots", type=int, nargs="+", default=[1, 4, 8])
    options.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    options.add_argument("--most", type=int, default=60, help="test images of each label")
    options.add_argument("--sets", nargs="+", help="names of the sets; all if not given")
    options.add_argument("--encoder", default=DEFAULT_ENCODER)
    options.add_argument("--checkpoint", default="shipped", help='"none" for the few-shot map alone')
    options.add_argument("--scorers", nargs="+", default=DEFAULT_SCORERS)
    options.add_argument("--device", default="cpu", help="torch device of the image encoder")
    options.add_argument("--workers", type=int, default=1, help="processes, over sets and seeds")
    given = options.parse_args()
    checkpoint = None if given.checkpoint == "none" else given.checkpoint
    config = DetectorConfig(encoder=given.encoder, scorers=tuple(given.scorers))
    parts = [part for part in sets_of(given.data) if not given.sets or part.name in given.sets]
    jobs = [
        (given.data, part.name, checkpoint, config, given.device, given.shots, seed, given.most)
        for part, seed in product(parts, given.seeds)
    ]
    done, found = apart(run, jobs, given.workers), dict[str, Any]()
    for part in parts:
        drawn = list(islice(done, len(given.seeds)))
        labels = [test.anomalous for test in some(part.tests, given.most)]
        found[part.name] = {"good": labels.count(False), "anomalous": labels.count(True)}
        for count in given.shots:
            row = found[part.name][str(count)] = spreads([rows[count] for rows in drawn])
            words = ", ".join(f"{name} {figure['mean']:.3f}" for name, figure in row.items())
            print(f"{part.name}, {count} shots: {words}", flush=True)
    means = summary(found, given.shots)
    print(json.dumps(means, indent=1))
    write(given, {"encoder": load_image_encoder(given.encoder).name, "sets": found, "means": means})


if __name__ == "__main__":
    main()
