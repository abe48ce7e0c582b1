"""Learn how the few-shot map, the text-aligned map and the language model's answer are weighed.

    python benchmarks/fusion.py --checkpoint FOLDER --out benchmarks/results/fusion-NAME.json --write

Sets, photographs all: the textile of package conformal-clip-data with its own simulated faults, and with
cut-paste, which training has not; pictures of brick, grass and gravel from scikit-image, whose crops are
a product's images, with anomalies of each kind, many faint. Procedural products would flatter the
text-aligned decoder, which learned on others of their kind.
Weights are those under which, in each set, an anomalous image most likely outranks a good one: the least
logistic loss over all pairs of the two, which is smooth where the AUROC of a few dozen images jumps. Each set
counts alike. Leaving out one product's sets after the other tells what the weights are worth on what they
were not learned on. Priors are the spreads of unseen good images of these products and of procedural ones.
With --weights they alone are measured, and the weights are those of another checkpoint.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product as product_of
from pathlib import Path
from typing import Any

import numpy as np
import torch
from harness import fused_models, parser, write
from numpy.typing import NDArray
from scipy.optimize import minimize
from sets import SHOTS, SIDE, Labelled, Set, photographs

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.checkpoint import load_checkpoint
from anomaly_core.evaluation.datasets import GOOD
from anomaly_core.evaluation.metrics import auroc
from anomaly_core.scoring.calibration import Prior
from anomaly_core.scoring.fusion import Fusion, read_fusion, write_fusion
from anomaly_core.scoring.scorer import FEW_SHOT, SOFT_PROMPT, TEXT_ALIGNED, Score
from anomaly_core.simulation.procedural import procedural_products

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

    labels: (n,). one_view: (n, 2) few-shot, text. all_views: (n, 3) with yes or no. good: (m, 2) of the good
    images among themselves, in one view.
    """

    name: str
    shots: int
    labels: NDArray[np.bool_]
    one_view: NDArray[np.float64]
    all_views: NDArray[np.float64]
    good: NDArray[np.float64]

    @property
    def product(self) -> str:
        return self.name.rsplit("-", 1)[0]

    def auroc(self, weights: Sequence[float]) -> float:
        return auroc(self.all_views @ np.array([1.0, *weights]), self.labels)

    def shift(self, text_weight: float) -> float:
        """How far unseen good images lie above those that calibrate."""
        weights = np.array([1.0, text_weight])
        return float((self.one_view[~self.labels] @ weights).mean() - (self.good @ weights).mean())

    def spread(self, text_weight: float) -> float:
        return float((self.one_view[~self.labels] @ np.array([1.0, text_weight])).std(ddof=1))


def cases_of(part: Set, model: AnomalyGPT | None, mute: AnomalyGPT, seeds: Sequence[int]) -> list[Case]:
    """Return a set's cases. seeds: of the draws of shots.

    mute: the model without its language model. model: None leaves out the test images' scores of all views.
    """
    images = [mute.encode(test.pixels) for test in part.tests]
    if model is not None:
        images = [model.input.augment(image) for image in images]
    cases = []
    for shots, seed in product_of(DRAWN, seeds):
        product = (model or mute).fit(part.draw(shots, seed))
        one_view = [parts_of(mute.inspect(each.first_view, product).scores) for each in images]
        all_views = []
        if model is not None:
            all_views = [parts_of(model.inspect(each, product, ask=True).scores) for each in images]
        good = np.column_stack([product.good_scores[name] for name in (FEW_SHOT, TEXT_ALIGNED)])
        cases.append(Case(part.name, shots, part.labels, np.array(one_view), np.array(all_views), good))
    return cases


def parts_of(scores: Mapping[str, Score]) -> list[float]:
    return [scores[name].log_score for name in (FEW_SHOT, TEXT_ALIGNED, SOFT_PROMPT) if name in scores]


def learn(cases: Sequence[Case]) -> tuple[float, float]:
    """Return the weights of text and language model, see the module's docstring; rounded."""
    names = [case.name for case in cases]
    pairs = []
    for case in cases:
        tests, labels = case.all_views, case.labels
        pairs.append((tests[labels][:, None] - tests[~labels][None]).reshape(-1, 3))

    def loss(factors: NDArray[np.float64]) -> float:
        each = [float(np.logaddexp(0, -differences @ factors).mean()) for differences in pairs]
        return float(np.average(each, weights=[1 / names.count(name) for name in names]))

    found = minimize(loss, x0=(5.0, 0.1, 0.5), method="L-BFGS-B", bounds=[(0.1, None), (0, None), (0, None)])
    few_shot, text, language = found.x
    weights = [round(max(float(each / few_shot), LEAST_WEIGHT), 3) for each in (text, language)]
    return weights[0], weights[1]


def aurocs_of(cases: Sequence[Case]) -> dict[str, float]:
    """Return the mean AUROC of each part alone."""
    return {
        name: float(np.mean([auroc(case.all_views[:, column], case.labels) for case in cases]))
        for column, name in enumerate(("few_shot", "text", "yes_no"))
    }


def prior_of(cases: Mapping[str, Sequence[Case]], text_weight: float) -> Prior:
    """Return the prior of fused scores. cases: each product's.

    Spread: the median over products, so that one odd one does not decide. The one-shot distances of
    procedural parts are low and no two alike: the shift is that of the upper quartile, never below 0, and the
    whole standard deviation over products and draws counts, since with one shot false alarms suffer.
    """
    spreads = [np.mean([case.spread(text_weight) for case in mine]) for mine in cases.values()]
    ones = [case.shift(text_weight) for mine in cases.values() for case in mine if case.shots == 1]
    return Prior(
        spread=round(float(np.median(spreads)), 3),
        one_shot_shift=round(max(0.0, float(np.quantile(ones, 0.75))), 3),
        one_shot_spread=round(float(np.std(ones, ddof=1)), 3),
    )


def procedural_sets(products: int, count: int, seed: int) -> Iterator[Set]:
    """Yield sets of good images of procedural products."""
    for index, made in enumerate(procedural_products(products, seed)):
        images = [made.image(i, side=SIDE) for i in range(SHOTS + count)]
        tests = [Labelled(pixels, GOOD) for pixels in images[SHOTS:]]
        yield Set(f"{made.name} {index}-good", images[:SHOTS], tests)


def priors_alone(given: argparse.Namespace, mute: AnomalyGPT, rng: np.random.Generator) -> None:
    """Measure the priors of good images, with the weights of another checkpoint, and write both."""
    known = read_fusion(given.weights)
    if known is None:
        raise SystemExit(f"{given.weights}: holds no weights")
    sets = {part.name.rsplit("-", 1)[0]: part for part in photographs(given.count, rng, given.seed)}
    good = {}
    for part in (*sets.values(), *procedural_sets(given.products, given.count, given.seed)):
        mine = replace(part, tests=[test for test in part.tests if not test.anomalous])
        good[part.name] = cases_of(mine, None, mute, range(given.draws))
        print(part.name, [round(case.spread(known.text_weight), 3) for case in good[part.name]], flush=True)
    fusion = known.model_copy(update={"prior": prior_of(good, known.text_weight)})
    distances = {
        name: [round(case.shift(known.text_weight), 3) for case in mine if case.shots == 1]
        for name, mine in good.items()
    }
    write(given, {"fusion": fusion.model_dump(), "one_shot_distances": distances})
    if given.write:
        write_fusion(given.checkpoint, fusion)
    print(json.dumps(fusion.model_dump()))


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--checkpoint", type=Path, required=True)
    options.add_argument("--count", type=int, default=30, help="good and anomalous test images a set")
    options.add_argument("--products", type=int, default=6, help="procedural products, for the priors")
    options.add_argument("--seed", type=int, default=23)
    options.add_argument("--draws", type=int, default=2, help="draws of each number of shots")
    options.add_argument("--weights", type=Path, help="checkpoint whose weights are taken over")
    options.add_argument("--write", action="store_true", help="write fusion.json into the checkpoint")
    options.add_argument("--cases", type=Path, help="write each case's scores and labels into this .npz")
    given = options.parse_args()
    model, mute = fused_models(replace(load_checkpoint(given.checkpoint), fusion=UNFUSED))
    rng = np.random.default_rng(given.seed)
    if given.weights:
        priors_alone(given, mute, rng)
        return
    cases: list[Case] = []
    for part in photographs(given.count, rng, given.seed):
        mine = cases_of(part, model, mute, range(given.draws))
        cases += mine
        print(part.name, {name: round(value, 3) for name, value in aurocs_of(mine).items()}, flush=True)
    # Good images: of each photographed product once, and of procedural ones.
    good = {case.product: [c for c in cases if c.name == case.name] for case in cases}
    for part in procedural_sets(given.products, given.count, given.seed):
        good[part.name] = cases_of(part, model, mute, range(given.draws))
        print(part.name, flush=True)
    if given.cases:
        kept = {
            f"{i}-{c.name}-{c.shots}": np.column_stack([c.all_views, c.labels]) for i, c in enumerate(cases)
        }
        np.savez(given.cases, allow_pickle=False, **kept)
    worth = {}
    for product in sorted({case.product for case in cases}):
        weights = learn([case for case in cases if case.product != product])
        gains = [case.auroc(weights) - case.auroc(NONE) for case in cases if case.product == product]
        worth[product] = {"weights": weights, "gain": round(float(np.mean(gains)), 4)}
    weights = learn(cases)
    text, language = weights
    fusion = Fusion(text_weight=text, language_weight=language, prior=prior_of(good, text))
    results: dict[str, Any] = {
        "fusion": fusion.model_dump(),
        "gain_on_products_not_learned_on": worth,
        "one_shot_distances": {
            name: [round(case.shift(text), 3) for case in mine if case.shots == 1]
            for name, mine in good.items()
        },
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
