"""The ablation of AnomalyGPT's paper, with its parts as they ship, on categories that training never saw.

    python benchmarks/ablation.py --mvtec ROOT --tile ROOT --work DIR --out benchmarks/results/ablation.json

Rows: the language model with nothing but a trained image token ("LLM alone"), with LoRA as well, the
decoders' maps with the largest score of a good image as their threshold, decoder + prompt learner + language
model (verdict: yes or no, whichever is likelier), and fused (verdict: calibrated p-value). Maps are of one
view of the image, as inspecting without a language model has them, but for the row of test-time
augmentation and the last two, in which the language model is asked about every image. Place: of correctly
detected anomalies with masks, the answers that name a cell that the mask covers, or the one of its centroid,
among the cells of all regions, as `iad` names them; the same by chance; and the first cell alone. Shots,
seeds and test images as in accuracy.py, of which 60 good and 60 anomalous ones a set are drawn. The first two
rows need a training of their own, which goes into --work once.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from harness import Judged, fused_models, parser, right_cells, shrunk_masks, spreads, write
from sets import Labelled, Set, reported_sets

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.checkpoint import SHIPPED, Checkpoint, load_checkpoint
from anomaly_core.config import DEFAULT_ENCODER, LoraSettings
from anomaly_core.decoders.patches import EncodedImage, as_array
from anomaly_core.inspection import Inspection
from anomaly_core.product import ProductModel
from anomaly_core.results import CELLS, Array
from anomaly_core.scorers.few_shot import FewShotScorer
from anomaly_core.scorers.soft_prompt import SoftPromptScorer
from anomaly_core.scoring.scorer import FEW_SHOT, SOFT_PROMPT, TEXT_ALIGNED
from anomaly_core.training.train import train
from anomaly_core.weights.resolve import pull

MOST_TESTS = 60
ONE_VIEW = "few-shot map"
TEXT = "text-aligned map"
DECODER = "decoder, largest normal score"
ALL_VIEWS = "few-shot map, test-time augmentation"
READ = "decoder + prompt learner + LLM"
FUSED = "fused"


def baseline(shipped: Checkpoint, work: Path, *, lora: bool) -> Checkpoint:
    """Train, once, the language model with an image token and no map; with LoRA layers where wanted."""
    folder = work / ("lora" if lora else "alone")
    if not (folder / "config.json").exists():
        config = shipped.config.training.model_copy(
            update={
                "use_map": False,
                "base_tokens": 0,
                "image_token": True,
                "decoder_steps": 0,
                "steps": 40,
                "lora": LoraSettings() if lora else None,
            }
        )
        train(config, roots=[pull("textile") / "nominal"], out=folder, cache=work / "features")
    return load_checkpoint(folder)


@dataclass(frozen=True)
class Place:
    """Where an answer says that an anomaly is. named: its cells in order, once each; right: the mask's."""

    named: Sequence[str]
    right: set[str]

    @property
    def first(self) -> bool:
        return self.named[0] in self.right

    @property
    def any(self) -> bool:
        return not self.right.isdisjoint(self.named)

    @property
    def chance(self) -> float:
        """The probability that as many cells, drawn blindly, hold a right one."""
        cells, count = len(CELLS), len(self.named)
        return 1 - math.comb(cells - len(self.right), count) / math.comb(cells, count)


def places_of(places: Sequence[Place]) -> dict[str, float]:
    """Return how many of the answers name a right cell, and what that says."""
    named = [cell in place.right for place in places for cell in place.named]
    return {
        "answers": len(places),
        "right": sum(place.any for place in places),
        "right_by_chance": round(float(sum(place.chance for place in places)), 1),
        "first_right": sum(place.first for place in places),
        "named": len(named),
        "named_right": sum(named),
    }


def limits_of(product: ProductModel, good: Sequence[EncodedImage], scorer: FewShotScorer) -> dict[str, float]:
    """Return each map's largest score of a good image against the others."""
    few_shot, text = (np.array(product.good_scores[name]) for name in (FEW_SHOT, TEXT_ALIGNED))
    # The product keeps their scores in one view alone.
    fit = scorer.fit([replace(g, reference_grids=tuple(v.grid for v in g.views[1:])) for g in good], {})
    all_views = fit.augmented if len(good) > 1 else fit.good
    return {
        ONE_VIEW: float(few_shot.max()),
        TEXT: float(text.max()),
        DECODER: float((few_shot + product.weights[TEXT_ALIGNED] * text).max()),
        ALL_VIEWS: max(each.log_score for each in all_views),
    }


def judge(
    image: EncodedImage,
    product: ProductModel,
    limits: Mapping[str, float],
    mute: AnomalyGPT,
    found: Inspection,
) -> Iterator[tuple[str, float, bool, Array]]:
    """Yield each row's name, score, verdict and map. mute: the model without its language model."""
    scores = mute.inspect(image.first_view, product).scores
    few_shot, text, all_views = scores[FEW_SHOT], scores[TEXT_ALIGNED], found.scores[FEW_SHOT]
    assert few_shot.values is not None and text.values is not None and all_views.values is not None
    odds = torch.logit(text.values, 1e-6)
    both = few_shot.values * (product.weights[TEXT_ALIGNED] * odds).exp()
    for name, score, values in (
        (ONE_VIEW, few_shot.log_score, few_shot.values),
        (TEXT, text.log_score, odds),
        (DECODER, product.fused(scores), both),
        (ALL_VIEWS, all_views.log_score, all_views.values),
    ):
        yield name, score, score > limits[name], image.frame.to_original(as_array(values))
    margin, shown = found.scores[SOFT_PROMPT].log_score, found.anomaly_map.values
    yield READ, margin, margin > 0, shown
    yield FUSED, -found.verdict.log_p, found.verdict.anomalous, shown


def run(
    part: Set,
    model: AnomalyGPT,
    mute: AnomalyGPT,
    alone: Mapping[str, SoftPromptScorer],
    options: argparse.Namespace,
) -> dict[str, Any]:
    images = [model.input.augment(model.encode(test.pixels)) for test in part.tests]
    masks = shrunk_masks(part.tests)
    nothing = np.zeros((1, 1), np.float32)  # readers of the image alone take no map
    fixed = {name: [r.margin(nothing, 1.0, i.embedding) for i in images] for name, r in alone.items()}
    reader = model.soft_prompt_scorer()
    assert reader is not None
    rows: dict[str, Any] = {}
    for shots in options.shots:
        figures: dict[str, list[dict[str, float]]] = defaultdict(list)
        places: dict[str, list[Place]] = defaultdict(list)
        for seed in options.seeds:
            good = [model.input.augment(model.encode(pixels)) for pixels in part.draw(shots, seed)]
            product = model.fit(good)
            limits = limits_of(product, good, FewShotScorer(model.config.few_shot))
            judged = {name: Judged(margins, [m > 0 for m in margins]) for name, margins in fixed.items()}
            for image, test in zip(images, part.tests, strict=True):
                found = model.inspect(image, product, ask=True)
                for name, score, verdict, values in judge(image, product, limits, mute, found):
                    judged.setdefault(name, Judged()).add(score, verdict, values)
                mask = test.mask
                if mask is None or not mask.any():
                    continue
                right = right_cells(mask)
                if found.verdict.anomalous:
                    named = list(dict.fromkeys(region.cell for region in found.regions))
                    places[FUSED].append(Place(named, right))
                if found.scores[SOFT_PROMPT].log_score > 0 and seed == options.seeds[0]:
                    values = found.anomaly_map.values
                    cell = reader.cell(values, product.reference_score, image.embedding)
                    places[READ].append(Place([cell], right))
            for name, each in judged.items():
                figures[name].append(each.figures(part.labels, masks))
        rows[str(shots)] = {name: spreads(each) for name, each in figures.items()}
        for name, answers in places.items():
            rows[str(shots)][name]["place"] = places_of(answers)
        for name, measured in rows[str(shots)].items():
            shown = "  ".join(
                f"{metric} {next(iter(each.values())):.3f}" for metric, each in measured.items()
            )
            print(f"{part.name} {shots}-shot  {name}: {shown}", flush=True)
    return rows


def fewer(part: Set) -> Set:
    """Return the set with at most MOST_TESTS good and as many anomalous test images."""
    rng = np.random.default_rng(0)
    kept: list[Labelled] = []
    for those in (part.of(False), part.of(True)):
        kept += [those[i] for i in sorted(rng.permutation(len(those))[:MOST_TESTS])]
    return Set(part.name, part.pool, kept)


def means(results: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Return each row's mean over sets and shots; place: of all its correct detections together."""
    sums: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for rows in results.values():
        for row in rows.values():
            for name, measured in row.items():
                for metric, each in measured.items():
                    if metric == "place":
                        counts[name].update(each)
                    else:
                        sums[name][metric].append(each["mean"])
    found = {
        name: {metric: round(float(np.mean(each)), 4) for metric, each in measured.items()}
        for name, measured in sums.items()
    }
    for name, count in counts.items():
        found[name]["right_cell"] = round(count["right"] / count["answers"], 4)
        found[name]["right_cell_first"] = round(count["first_right"] / count["answers"], 4)
    return found


def main() -> None:
    options = parser(__doc__, "mvtec", "tile")
    options.add_argument("--checkpoint", type=Path, default=SHIPPED / DEFAULT_ENCODER)
    options.add_argument("--shots", type=int, nargs="+", default=[1, 4])
    options.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    options.add_argument(
        "--work", type=Path, help="folder of the first two rows' training; left out: no such rows"
    )
    given = options.parse_args()
    checkpoint = load_checkpoint(given.checkpoint)
    model, mute = fused_models(checkpoint)
    alone: dict[str, SoftPromptScorer] = {}
    if given.work:
        for title, lora in (("LLM alone", False), ("LLM + LoRA", True)):
            trained = replace(baseline(checkpoint, given.work, lora=lora), fusion=checkpoint.fusion)
            reader = SoftPromptScorer.load(trained)
            assert reader is not None
            alone[title] = reader
    facts = {
        "checkpoint": checkpoint.digest,
        "encoder": model.encoder.name,
        "language_model": checkpoint.config.language_model,
    }
    results: dict[str, Any] = {}
    for part in reported_sets(given.mvtec, given.tile):
        start = time.perf_counter()
        results[part.name] = run(fewer(part), model, mute, alone, given)
        print(f"{part.name}: {time.perf_counter() - start:.0f} s", flush=True)
        write(given, {**facts, "mean": means(results), "sets": results})
    print(json.dumps(means(results), indent=1))


if __name__ == "__main__":
    torch.set_num_threads(2)
    main()
