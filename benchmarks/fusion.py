"""Learn how the few-shot map, the text-aligned map and the language model's answer are weighed.

    python benchmarks/fusion.py --checkpoint anomaly_core/shipped --out benchmarks/results/fusion.json --write

Sets: the simulated textile of package conformal-clip-data with its own simulated faults, and drawn products
that training never saw, with faint anomalies of each kind, cut-paste among them, which training has not.
The weights are those with the highest mean image AUROC over sets, shots and draws, of those that cost no
set more than half a hundredth; half the sets choose and the others tell what the choice is worth, then the
other way round. Priors are the spreads of unseen good images.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ablation import yes_margins
from numpy.typing import NDArray
from provenance import provenance
from selection import Set, drawn, textile

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.calibration import Prior
from anomaly_core.checkpoint import Checkpoint, load_checkpoint
from anomaly_core.config import DetectorConfig
from anomaly_core.detector import Detector
from anomaly_core.encoders.registry import load_image_encoder
from anomaly_core.fusion import Fusion, write_fusion
from anomaly_core.language.registry import load_language_model
from anomaly_core.metrics import auroc

# No weight of these is 0: a part that counts for nothing would be asked for show.
TEXT_WEIGHTS = (0.01, 0.02, 0.05, 0.1, 0.2)
LANGUAGE_WEIGHTS = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3)
FAINTEST = 0.1
"""Full-strength anomalies on drawn products are always found and would tell nothing."""
TOLERATED = 0.005
"""AUROC that weights may cost a set: what serves the mean of a few sets may harm the next one."""
NONE = (0.0, 0.0)
UNFUSED = Fusion(text_weight=0.0, language_weight=0.0, prior=Prior(), language_prior=Prior())


@dataclass(frozen=True)
class Case:
    """One set with one draw of shots. tests, good: (n, 3), see `Fitted.good`; labels: (n,)."""

    name: str
    shots: int
    tests: NDArray[np.float64]
    labels: NDArray[np.bool_]
    good: NDArray[np.float64]

    def scores(self, weights: Sequence[float]) -> NDArray[np.float64]:
        return self.tests @ np.array([1.0, *weights])

    def auroc(self, weights: Sequence[float]) -> float:
        return auroc(self.scores(weights), self.labels)

    def shift(self, weights: Sequence[float]) -> float:
        """How far unseen good images lie above those that calibrate."""
        levels = self.good @ np.array([1.0, *weights])
        return float(self.scores(weights)[~self.labels].mean() - levels.mean())

    def spread(self, weights: Sequence[float]) -> float:
        return float(self.scores(weights)[~self.labels].std(ddof=1))


def cases_of(part: Set, detector: Detector, gpt: AnomalyGPT, draws: Sequence[tuple[int, int]]) -> list[Case]:
    """Return a set's cases; draws: (shots, seed)."""
    encoded = [detector.encode(pixels) for pixels in part.tests]
    cases = []
    for shots, seed in draws:
        chosen = np.random.default_rng(seed).permutation(len(part.shots))[:shots]
        fitted = detector.fit([part.shots[i] for i in chosen], language=gpt)
        model = fitted.model
        found = [detector.decode(each, model) for each in encoded]
        compared = [detector.compare(each, model.bank) for each in encoded]
        prompts = [
            gpt.soft_prompt(f.values, model.even_odds, e.embedding)
            for f, e in zip(found, encoded, strict=True)
        ]
        tests = np.column_stack(
            [
                [(each.few_shot, each.text) for each in compared],
                yes_margins(gpt.lm, prompts),
            ]
        )
        cases.append(Case(part.name, shots, tests, np.array(part.labels), fitted.good))
    return cases


def choose(cases: Sequence[Case], *, language: bool) -> tuple[float, float]:
    """Return the weights with the highest mean AUROC of those that cost no set more than TOLERATED.

    Of equal ones the smallest; where all cost more, the ones that cost least.
    """
    grid = product(TEXT_WEIGHTS, LANGUAGE_WEIGHTS if language else (0.0,))
    names = {case.name for case in cases}

    def gains(weights: Sequence[float]) -> list[float]:
        return [
            float(np.mean([c.auroc(weights) - c.auroc(NONE) for c in cases if c.name == name]))
            for name in names
        ]

    def merit(weights: Sequence[float]) -> tuple[float, float, float]:
        worst, mean = min(gains(weights)), float(np.mean(gains(weights)))
        return min(0.0, worst + TOLERATED), round(mean, 4), -sum(weights)

    return max(grid, key=merit)


def parts_of(cases: Sequence[Case]) -> dict[str, float]:
    """Return the mean AUROC of each part alone."""
    return {
        name: float(np.mean([auroc(case.tests[:, column], case.labels) for case in cases]))
        for column, name in enumerate(("few_shot", "text", "yes_no"))
    }


def prior_of(cases: Sequence[Case], weights: Sequence[float]) -> Prior:
    """Return the prior of fused scores: medians over sets, so that one odd set does not decide.

    The shift is that of the upper quartile: drawn parts repeat more exactly than real ones, and with one shot
    the rate of false alarms is what suffers.
    """
    ones = [case.shift(weights) for case in cases if case.shots == 1]
    return Prior(
        spread=round(float(np.median([case.spread(weights) for case in cases])), 3),
        one_shot_shift=round(float(np.quantile(ones, 0.75)), 3),
        one_shot_spread=round(1.4826 * float(np.median(np.abs(np.array(ones) - np.median(ones)))), 3),
    )


def unfused(checkpoint: Checkpoint) -> Checkpoint:
    """Return the checkpoint with all weights 0, so that each part can be read for itself."""
    return replace(checkpoint, fusion=UNFUSED)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--count", type=int, default=24, help="good and anomalous test images a set")
    parser.add_argument("--products", type=int, default=6, help="drawn products")
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
    sets = [
        *textile(options.count, rng),
        *drawn(options.products, options.count, rng, options.seed, faintest=FAINTEST),
    ]
    # On a design where no anomaly would show there is nothing to learn.
    sets = [part for part in sets if sum(part.labels) >= options.count // 2]
    cases: list[Case] = []
    for part in sets:
        cases += cases_of(part, detector, gpt, [(1, 0), (1, 1), (4, 0), (4, 1)])
        mine = [case for case in cases if case.name == part.name]
        print(part.name, {name: round(value, 3) for name, value in parts_of(mine).items()}, flush=True)
    if options.cases:
        np.savez(
            options.cases,
            **{f"{i}-{c.name}-{c.shots}": np.column_stack([c.tests, c.labels]) for i, c in enumerate(cases)},
        )
    names = sorted({case.name for case in cases})
    halves = [set(names[::2]), set(names[1::2])]
    gains = []
    for half in halves:
        weights = choose([case for case in cases if case.name in half], language=True)
        others = [case for case in cases if case.name not in half]
        gains.append([round(case.auroc(weights) - case.auroc(NONE), 4) for case in others])
    decoders, fused = choose(cases, language=False), choose(cases, language=True)
    # The decoders' weights serve both: without the language model's answer the rest of the score is the same.
    fusion = Fusion(
        text_weight=fused[0],
        language_weight=fused[1],
        prior=prior_of(cases, (fused[0], 0.0)),
        language_prior=prior_of(cases, fused),
    )
    results: dict[str, Any] = {
        "fusion": fusion.model_dump(),
        "best_without_language_model": decoders,
        "gain_on_sets_not_chosen_on": {"mean": float(np.mean(np.concatenate(gains))), "values": gains},
        "sets": {
            name: {
                **parts_of(mine := [case for case in cases if case.name == name]),
                "fused": float(np.mean([case.auroc(fused) for case in mine])),
            }
            for name in names
        },
    }
    options.out.write_text(json.dumps({**provenance(vars(options)), **results}, indent=1))
    if options.write:
        write_fusion(options.checkpoint, fusion)
    print(json.dumps(results["fusion"]), results["gain_on_sets_not_chosen_on"]["mean"])


if __name__ == "__main__":
    torch.set_num_threads(2)
    main()
