"""Learn how the few-shot map, the text-aligned map and the language model's answer are weighed.

    python benchmarks/fusion.py --checkpoint FOLDER --out benchmarks/results/fusion-NAME.json --write

Sets, photographs all: the textile of package conformal-clip-data with its own simulated faults, and with
cut-paste, which training has not; pictures of brick, grass and gravel from scikit-image, whose crops are
a product's images, with anomalies of each kind, many faint. Procedural products would flatter the
text-aligned decoder, which learned on others of their kind.
Weights are those under which, in each set, an anomalous image most likely outranks a good one: the least
logistic loss over all pairs of the two, which is smooth where the AUROC of a few dozen images jumps. Each set
counts alike. Leaving out one product's sets after the other tells what the weights are worth on what they
were not learned on. --text-weight fixes the text-aligned map's, and the language model's alone is learned.
The prior in the checkpoint's `fusion.json` stays; `benchmarks/one_shot.py` measures it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product as product_of
from pathlib import Path
from typing import Any

import numpy as np
import torch
from harness import fused_models, parser, write
from numpy.typing import NDArray
from scipy.optimize import minimize
from sets import Set, photographs

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.checkpoint import load_checkpoint
from anomaly_core.evaluation.metrics import auroc
from anomaly_core.scorers.few_shot import FEW_SHOT_PRIOR
from anomaly_core.scoring.calibration import Prior
from anomaly_core.scoring.fusion import Fusion, write_fusion
from anomaly_core.scoring.scorer import FEW_SHOT, SOFT_PROMPT, TEXT_ALIGNED, Score

LEAST_WEIGHT = 0.005
"""A part that counts for nothing would be asked for show."""
NONE = (0.0, 0.0)
UNFUSED = Fusion(text_weight=0.0, language_weight=0.0, prior=Prior())
"""All weights 0, so that each part can be read for itself."""
DRAWN = (1, 4)
"""Shots of a case; each with every seed."""


@dataclass(frozen=True)
class Case:
    """A set with one draw of shots: parts of the fused score of its n test images.

    labels: (n,), true: anomalous. scores: (n, 3) few-shot, text, and yes or no, of all views.
    """

    name: str
    shots: int
    labels: NDArray[np.bool_]
    scores: NDArray[np.float64]

    @property
    def product(self) -> str:
        return self.name.rsplit("-", 1)[0]

    def auroc(self, weights: Sequence[float]) -> float:
        return auroc(self.scores @ np.array([1.0, *weights]), self.labels)


def cases_of(part: Set, model: AnomalyGPT, seeds: Sequence[int]) -> list[Case]:
    """Return a set's cases. seeds: of the draws of shots."""
    images = [model.input.augment(model.encode(test.pixels)) for test in part.tests]
    cases = []
    for shots, seed in product_of(DRAWN, seeds):
        product = model.fit(part.draw(shots, seed))
        scores = [parts_of(model.inspect(each, product, ask=True).scores) for each in images]
        cases.append(Case(part.name, shots, part.labels, np.array(scores)))
    return cases


def parts_of(scores: Mapping[str, Score]) -> list[float]:
    return [scores[name].log_score for name in (FEW_SHOT, TEXT_ALIGNED, SOFT_PROMPT)]


def learn(cases: Sequence[Case], text_weight: float | None) -> tuple[float, float]:
    """Return the weights of text and language model, see the module's docstring; rounded."""
    names = [case.name for case in cases]
    pairs = []
    for case in cases:
        tests, labels = case.scores, case.labels
        pairs.append((tests[labels][:, None] - tests[~labels][None]).reshape(-1, 3))

    def loss(factors: NDArray[np.float64]) -> float:
        few_shot, text, language = factors
        text = text if text_weight is None else few_shot * text_weight
        weighed = np.array([few_shot, text, language])
        each = [float(np.logaddexp(0, -differences @ weighed).mean()) for differences in pairs]
        return float(np.average(each, weights=[1 / names.count(name) for name in names]))

    found = minimize(loss, x0=(5.0, 0.1, 0.5), method="L-BFGS-B", bounds=[(0.1, None), (0, None), (0, None)])
    few_shot, text, language = found.x
    learned = [round(max(float(each / few_shot), LEAST_WEIGHT), 3) for each in (text, language)]
    return learned[0] if text_weight is None else text_weight, learned[1]


def aurocs_of(cases: Sequence[Case]) -> dict[str, float]:
    """Return the mean AUROC of each part alone."""
    return {
        name: float(np.mean([auroc(case.scores[:, column], case.labels) for case in cases]))
        for column, name in enumerate(("few_shot", "text", "yes_no"))
    }


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--checkpoint", type=Path, required=True)
    options.add_argument("--count", type=int, default=30, help="good and anomalous test images a set")
    options.add_argument("--seed", type=int, default=23)
    options.add_argument("--draws", type=int, default=2, help="draws of each number of shots")
    options.add_argument("--text-weight", type=float, help="fixed weight of the text-aligned map")
    options.add_argument("--write", action="store_true", help="write the weights into fusion.json")
    given = options.parse_args()
    checkpoint = load_checkpoint(given.checkpoint)
    model, _ = fused_models(replace(checkpoint, fusion=UNFUSED))
    cases: list[Case] = []
    for part in photographs(given.count, np.random.default_rng(given.seed), given.seed):
        mine = cases_of(part, model, range(given.draws))
        cases += mine
        print(part.name, {name: round(value, 3) for name, value in aurocs_of(mine).items()}, flush=True)
    worth = {}
    for product in sorted({case.product for case in cases}):
        weights = learn([case for case in cases if case.product != product], given.text_weight)
        gains = [case.auroc(weights) - case.auroc(NONE) for case in cases if case.product == product]
        worth[product] = {"weights": weights, "gain": round(float(np.mean(gains)), 4)}
    weights = learn(cases, given.text_weight)
    prior = FEW_SHOT_PRIOR if checkpoint.fusion is None else checkpoint.fusion.prior
    fusion = Fusion(text_weight=weights[0], language_weight=weights[1], prior=prior)
    results: dict[str, Any] = {
        "fusion": fusion.model_dump(),
        "gain_on_products_not_learned_on": worth,
        "sets": {
            name: {
                **aurocs_of(mine := [case for case in cases if case.name == name]),
                "fused": float(np.mean([case.auroc(weights) for case in mine])),
            }
            for name in sorted({case.name for case in cases})
        },
    }
    write(given, results)
    if given.write:
        write_fusion(given.checkpoint, fusion)
    print(json.dumps(results["fusion"]), worth)


if __name__ == "__main__":
    torch.set_num_threads(2)
    main()
