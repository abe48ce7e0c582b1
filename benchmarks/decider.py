"""Whether a decider learned across products beats the plain p-value on products that it has not seen.

    python benchmarks/decider.py --data ROOT --shots 4 8 --seeds 0 1

Of each set (see decisions.py) a product is learned from a few good images. Its further good images of the
training split, and defects simulated on these, teach a logistic regression of an image's `features`; the
test images of the set are judged by the regression that the other sets taught. It fails an image above the
95 % quantile of the other sets' good images; the p-value fails it below .05. missed: defective images that do
not fail. Test images enter no regression and no limit.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from decisions import sets_of, some
from harness import parser, spreads, write
from numpy.typing import NDArray
from sets import Set, pixels_of
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.config import DEFAULT_ENCODER, DetectorConfig
from anomaly_core.decoders.patches import EncodedImage, top_share_mean
from anomaly_core.evaluation import metrics
from anomaly_core.forecast import simulated_defects
from anomaly_core.inspection import Inspection
from anomaly_core.product import ProductModel
from anomaly_core.scoring.calibration import log_of
from anomaly_core.scoring.scorer import FEW_SHOT, LAYOUT, SOFT_PROMPT, TEXT_ALIGNED

Rows = NDArray[Any]
SHARES: Final = (0.001, 0.01, 0.05, 0.2)
RATE: Final = 0.05
GOOD: Final = 16
"""Further good images that teach, beside the simulated defects on them."""
FEWEST: Final = 4
"""A set with fewer further good images than this is left out."""
NEVER: Final = -5.0
"""Log-odds of the language model where it was not asked."""


def features(found: Inspection, product: ProductModel) -> list[float]:
    """Return what the regression reads of an inspection: its scores and map, relative to the product's good.

    The calibrated log-odds of the fused score; each scorer's log-score above the good images' mean; the map's
    highest shares and its share of anomalous patches, in units of the product's limits; the distance of the
    whole image's embedding; the language model's log-odds; the logarithm of the number of good images.
    """
    fused, calibration = product.fused(found.scores), product.calibration
    rows = [found.verdict.log_p, (fused - calibration.location) / calibration.spread]
    for name in (FEW_SHOT, TEXT_ALIGNED, LAYOUT):
        good = product.good_scores.get(name)
        score = found.scores.get(name)
        rows.append(0.0 if not good or score is None else score.log_score - float(np.mean(good)))
    values = found.scores[FEW_SHOT].values
    assert values is not None
    reference = log_of(float(product.states[FEW_SHOT].meta["reference_score"]))
    rows += [log_of(float(top_share_mean(values.flatten(), share))) - reference for share in SHARES]
    rows.append(float(np.sqrt(float((values > product.pixel_threshold).float().mean()))))
    near = 1 - float((product.embeddings @ found.image.embedding).max())
    own = product.embeddings @ product.embeddings.T - 2 * np.eye(len(product.embeddings))
    rows.append(log_of(near) - float(np.mean([log_of(1 - float(row.max())) for row in own])))
    asked = found.scores.get(SOFT_PROMPT)
    return [*rows, NEVER if asked is None else asked.log_score, float(np.log(len(product.embeddings)))]


def examples(
    part: Set, tests: Sequence[EncodedImage], model: AnomalyGPT, shots: int, seed: int, *, ask: bool
) -> dict[str, Rows]:
    """Return the features and labels of further good images and defects on them, and of the test images."""
    order = np.random.default_rng(seed).permutation(len(part.pool))
    product = model.fit(part.draw(shots, seed))
    further = [pixels_of(part.pool[i]) for i in order[shots : shots + GOOD]]
    made = [defect.pixels for defect in simulated_defects(further, seed)]

    def judged(images: Sequence[Any]) -> tuple[Rows, Rows]:
        found = [model.inspect(image, product, ask=ask) for image in images]
        rows = np.array([features(each, product) for each in found])
        return rows, np.array([each.verdict.log_p for each in found])

    taught, _ = judged([*further, *made])
    test, log_p = judged(tests)
    return {
        "taught": taught,
        "taught_labels": np.arange(len(taught)) >= len(further),
        "test": test,
        "log_p": log_p,
    }


def figures(scores: Rows, failed: Rows, labels: Rows) -> dict[str, float]:
    """Return the figures of one product. scores: higher is more anomalous."""
    return {
        "image_auroc": metrics.auroc(scores, labels),
        "balanced_accuracy": metrics.balanced_accuracy(failed, labels),
        "false_alarm_rate": metrics.false_alarm_rate(failed, labels),
        "missed": float((~failed[labels]).mean()),
    }


def compared(mine: dict[str, Rows], others: Sequence[dict[str, Rows]]) -> dict[str, dict[str, float]]:
    """Return the p-value's and the decider's figures on a product. others: examples of the other sets."""
    rows = np.concatenate([each["taught"] for each in others])
    labels = np.concatenate([each["taught_labels"] for each in others])
    learned = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=1000))
    learned.fit(rows, labels)
    limit = float(np.quantile(learned.decision_function(rows[~labels]), 1 - RATE))
    scores = np.asarray(learned.decision_function(mine["test"]), dtype=np.float64)
    return {
        "p-value": figures(-mine["log_p"], mine["log_p"] < np.log(RATE), mine["labels"]),
        "decider": figures(scores, scores > limit, mine["labels"]),
    }


def main() -> None:
    options = parser(__doc__, out="decider.json")
    options.add_argument("--data", type=Path, required=True, help="folder of the sets")
    options.add_argument("--shots", type=int, nargs="+", default=[4, 8])
    options.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    options.add_argument("--most", type=int, default=40, help="test images of each label")
    options.add_argument("--sets", nargs="+", help="names of the sets; all if not given")
    options.add_argument("--encoder", default=DEFAULT_ENCODER)
    options.add_argument("--ask", action="store_true", help="ask the language model about every image")
    given = options.parse_args()
    scorers = (FEW_SHOT, TEXT_ALIGNED, *((SOFT_PROMPT,) if given.ask else ()), LAYOUT)
    model = AnomalyGPT.from_pretrained(
        "shipped", config=DetectorConfig(encoder=given.encoder, scorers=scorers)
    )
    parts = [part for part in sets_of(given.data) if not given.sets or part.name in given.sets]
    seen: dict[tuple[str, int, int], dict[str, Rows]] = {}
    for part in parts:
        start = time.perf_counter()
        tests = some(part.tests, given.most)
        labels = np.array([test.anomalous for test in tests])
        images = [model.encode(test.pixels) for test in tests]
        for shots in (count for count in given.shots if len(part.pool) >= count + FEWEST):
            for seed in given.seeds:
                drawn = examples(part, images, model, shots, seed, ask=given.ask)
                seen[part.name, shots, seed] = {**drawn, "labels": labels}
        print(f"{part.name}: {time.perf_counter() - start:.0f} s", flush=True)
    found: dict[str, Any] = {}
    for part in parts:
        others = [each for (name, _, _), each in seen.items() if name != part.name]
        for shots in (count for count in given.shots if (part.name, count, given.seeds[0]) in seen):
            rows = [compared(seen[part.name, shots, seed], others) for seed in given.seeds]
            row = {way: spreads([each[way] for each in rows]) for way in ("p-value", "decider")}
            found.setdefault(part.name, {})[str(shots)] = row
            for way, mine in row.items():
                words = ", ".join(f"{name} {figure['mean']:.3f}" for name, figure in mine.items())
                print(f"{part.name}, {shots} shots, {way}: {words}", flush=True)
    write(given, {"encoder": model.encoder.name, "sets": found})


if __name__ == "__main__":
    main()
