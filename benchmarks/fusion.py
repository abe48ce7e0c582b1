"""Learn how the few-shot map, the text-aligned map and the language model's answer are weighed.

    python benchmarks/fusion.py --checkpoint anomaly_core/shipped --out benchmarks/results/fusion.json --write

Sets, photographs all: the textile of package conformal-clip-data with its own simulated faults, and with
cut-paste, which training has not; pictures of brick, grass and gravel from scikit-image, whose crops are
a product's images, with anomalies of each kind, many faint. Drawn products would flatter the text-aligned
decoder, which learned on others of their kind.
Weights are those under which, in each set, an anomalous image most likely outranks a good one: the least
logistic loss over all pairs of the two, which is smooth where the AUROC of a few dozen images jumps. Each set
counts alike. Leaving out one product's sets after the other tells what the weights are worth on what they
were not learned on. Priors are the spreads of unseen good images of these products and of drawn ones.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ablation import yes_margins
from numpy.typing import NDArray
from PIL import Image
from provenance import provenance
from scipy.optimize import minimize
from selection import METHODS, SIDE, Pixels, Set, textile, with_anomalies

from anomaly_core.checkpoint import Checkpoint, load_checkpoint
from anomaly_core.config import DetectorConfig
from anomaly_core.detector import Detector
from anomaly_core.encoders.registry import load_image_encoder
from anomaly_core.evaluation.metrics import auroc
from anomaly_core.imaging.reading import find_images, load_image
from anomaly_core.language.registry import load_language_model
from anomaly_core.scoring.calibration import Prior
from anomaly_core.scoring.fusion import Fusion, write_fusion
from anomaly_core.simulation.procedural import drawn_products
from anomaly_core.soft_prompt.reader import AnomalyGPT
from anomaly_core.training.data import Texture
from anomaly_core.weights.resolve import pull

LEAST_WEIGHT = 0.005
"""A part that counts for nothing would be asked for show."""
FAINTEST = 0.2
"""Full-strength anomalies are nearly always found and would tell nothing."""
TEXTURES = ("brick", "grass", "gravel")
NONE = (0.0, 0.0)
UNFUSED = Fusion(text_weight=0.0, language_weight=0.0, prior=Prior())


@dataclass(frozen=True)
class Scores:
    """Parts of the fused score. tests: (n, parts), labels: (n,). good: (m, parts), see `Fitted`."""

    tests: NDArray[np.float64]
    labels: NDArray[np.bool_]
    good: NDArray[np.float64]

    def fused(self, weights: Sequence[float]) -> NDArray[np.float64]:
        return self.tests @ np.array([1.0, *weights])

    def shift(self, weights: Sequence[float]) -> float:
        """How far unseen good images lie above those that calibrate."""
        levels = self.good @ np.array([1.0, *weights])
        return float(self.fused(weights)[~self.labels].mean() - levels.mean())

    def spread(self, weights: Sequence[float]) -> float:
        return float(self.fused(weights)[~self.labels].std(ddof=1))


@dataclass(frozen=True)
class Case:
    """A set with one draw of shots. once: few-shot, text of one look; closely: of a close one, and yes/no."""

    name: str
    shots: int
    once: Scores
    closely: Scores

    def auroc(self, weights: Sequence[float]) -> float:
        return auroc(self.closely.fused(weights), self.closely.labels)


def cases_of(part: Set, detector: Detector, gpt: AnomalyGPT, draws: Sequence[tuple[int, int]]) -> list[Case]:
    """Return a set's cases; draws: (shots, seed)."""
    seen = [detector.look_closely(detector.encode(pixels), pixels) for pixels in part.tests]
    labels = np.array(part.labels)
    cases = []
    for shots, seed in draws:
        chosen = np.random.default_rng(seed).permutation(len(part.shots))[:shots]
        fitted = detector.fit([part.shots[i] for i in chosen], language=gpt)
        model = fitted.model
        prompts = [
            gpt.soft_prompt(detector.decode(each, model).values, model.even_odds, each.embedding)
            for each in seen
        ]
        once, closely = (
            [(found.few_shot, found.text) for found in (detector.compare(each, model.bank) for each in looks)]
            for looks in ([replace(each, views=each.views[:1]) for each in seen], seen)
        )
        asked = np.column_stack([closely, yes_margins(gpt.lm, prompts)])
        cases.append(
            Case(
                part.name,
                shots,
                Scores(np.array(once), labels, fitted.good),
                Scores(asked, labels, fitted.asked),
            )
        )
    return cases


def crops(texture: str, count: int, seed: int) -> list[Pixels]:
    """Return random crops of scikit-image's picture of a texture."""
    from skimage import data

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{texture}.png"
        Image.fromarray(getattr(data, texture)()).save(path)
        return [Texture(texture, path, SIDE, seed).image(index) for index in range(count)]


def photographs(count: int, rng: np.random.Generator, seed: int) -> list[Set]:
    """Return the sets that weights are learned on."""
    nominal = find_images([pull("textile") / "nominal"])
    chosen = [load_image(nominal[i]).pixels for i in rng.permutation(len(nominal))[: 12 + 2 * count]]
    sets = [*textile(count, rng), with_anomalies("textile", chosen, count, rng, "cutpaste", FAINTEST)]
    for name in TEXTURES:
        images = crops(name, 12 + 2 * count, seed)
        sets += [with_anomalies(name, images, count, rng, method, FAINTEST) for method in METHODS]
    return sets


def product_of(case: Case) -> str:
    return case.name.rsplit("-", 1)[0]


def learn(cases: Sequence[Case]) -> tuple[float, float]:
    """Return the weights of text and language model, see the module's docstring; rounded."""
    names = [case.name for case in cases]
    pairs = []
    for case in cases:
        tests, labels = case.closely.tests, case.closely.labels
        pairs.append((tests[labels][:, None] - tests[~labels][None]).reshape(-1, 3))

    def loss(factors: NDArray[np.float64]) -> float:
        each = [float(np.logaddexp(0, -differences @ factors).mean()) for differences in pairs]
        return float(np.average(each, weights=[1 / names.count(name) for name in names]))

    found = minimize(loss, x0=(5.0, 0.1, 0.5), method="L-BFGS-B", bounds=[(0.1, None), (0, None), (0, None)])
    few_shot, text, language = found.x
    weights = [round(max(float(each / few_shot), LEAST_WEIGHT), 3) for each in (text, language)]
    return weights[0], weights[1]


def parts_of(cases: Sequence[Case]) -> dict[str, float]:
    """Return the mean AUROC of each part alone."""
    return {
        name: float(np.mean([auroc(case.closely.tests[:, column], case.closely.labels) for case in cases]))
        for column, name in enumerate(("few_shot", "text", "yes_no"))
    }


def prior_of(cases: Mapping[str, Sequence[tuple[int, Scores]]], weights: Sequence[float]) -> Prior:
    """Return the prior of fused scores.

    cases: each product's, with the number of shots. Spread: the median over products, so that one odd one
    does not decide. The one-shot distances of drawn parts are low and no two alike: the shift is that of the
    upper quartile, never below 0, and the whole standard deviation over products and draws counts, since with
    one shot false alarms suffer.
    """
    spreads = [np.mean([scores.spread(weights) for _, scores in mine]) for mine in cases.values()]
    ones = [scores.shift(weights) for mine in cases.values() for shots, scores in mine if shots == 1]
    return Prior(
        spread=round(float(np.median(spreads)), 3),
        one_shot_shift=round(max(0.0, float(np.quantile(ones, 0.75))), 3),
        one_shot_spread=round(float(np.std(ones, ddof=1)), 3),
    )


def unfused(checkpoint: Checkpoint) -> Checkpoint:
    """Return the checkpoint with all weights 0, so that each part can be read for itself."""
    return replace(checkpoint, fusion=UNFUSED)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--count", type=int, default=30, help="good and anomalous test images a set")
    parser.add_argument("--products", type=int, default=6, help="drawn products, for the priors")
    parser.add_argument("--seed", type=int, default=23)
    parser.add_argument("--write", action="store_true", help="write fusion.json into the checkpoint")
    parser.add_argument("--cases", type=Path, help="write each case's scores and labels into this .npz")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    checkpoint = unfused(load_checkpoint(options.checkpoint))
    encoder = load_image_encoder(checkpoint.config.training.encoder)
    detector = Detector(encoder, DetectorConfig(), checkpoint)
    gpt = AnomalyGPT(checkpoint, load_language_model(str(checkpoint.config.language_model)))
    rng = np.random.default_rng(options.seed)
    sets = photographs(options.count, rng, options.seed)
    draws = [(1, 0), (1, 1), (4, 0), (4, 1)]
    cases: list[Case] = []
    for part in sets:
        cases += cases_of(part, detector, gpt, draws)
        mine = [case for case in cases if case.name == part.name]
        print(part.name, {name: round(value, 3) for name, value in parts_of(mine).items()}, flush=True)
    # Good images: of each photographed product once, and of drawn ones.
    good = {product_of(case): [c for c in cases if c.name == case.name] for case in cases}
    for index, made in enumerate(drawn_products(options.products, options.seed)):
        images = [made.image(i, side=SIDE) for i in range(12 + options.count)]
        part = Set(f"{made.name} {index}-good", images[:12], images[12:], [False] * options.count)
        good[part.name] = cases_of(part, detector, gpt, draws)
        print(part.name, flush=True)
    if options.cases:
        np.savez(
            options.cases,
            **{
                f"{i}-{c.name}-{c.shots}": np.column_stack([c.closely.tests, c.closely.labels])
                for i, c in enumerate(cases)
            },
        )
    names = sorted({case.name for case in cases})
    worth = {}
    for product in sorted({product_of(case) for case in cases}):
        weights = learn([case for case in cases if product_of(case) != product])
        gains = [case.auroc(weights) - case.auroc(NONE) for case in cases if product_of(case) == product]
        worth[product] = {"weights": weights, "gain": round(float(np.mean(gains)), 4)}
    weights = learn(cases)
    fusion = Fusion(
        text_weight=weights[0],
        language_weight=weights[1],
        prior=prior_of({name: [(c.shots, c.once) for c in mine] for name, mine in good.items()}, weights[:1]),
    )
    results: dict[str, Any] = {
        "fusion": fusion.model_dump(),
        "gain_on_products_not_learned_on": worth,
        "one_shot_distances": {
            name: [round(c.once.shift(weights[:1]), 3) for c in mine if c.shots == 1]
            for name, mine in good.items()
        },
        "sets": {
            name: {
                **parts_of(mine := [case for case in cases if case.name == name]),
                "fused": float(np.mean([case.auroc(weights) for case in mine])),
            }
            for name in names
        },
    }
    options.out.write_text(json.dumps({**provenance(vars(options)), **results}, indent=1))
    if options.write:
        write_fusion(options.checkpoint, fusion)
    print(json.dumps(results["fusion"]), worth)


if __name__ == "__main__":
    torch.set_num_threads(2)
    main()
