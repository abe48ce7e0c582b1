"""The ablation of AnomalyGPT's paper, with its parts as they ship, on categories that training never saw.

    python benchmarks/ablation.py --mvtec ROOT --tile ROOT --work DIR --out benchmarks/results/ablation.json

Rows: the language model with nothing but a trained image token ("LLM alone"), with LoRA as well, the
decoders' maps with the largest score of a good image as their threshold, decoder + prompt learner + language
model (verdict: yes or no, whichever is likelier), and fused (verdict: calibrated p-value). Maps are of one
look at the image, as inspecting without a language model does, but where "close look" is said and for the
last two rows. Place: of correctly detected anomalies with masks, the answers that name a cell that the mask
covers, or the one of its centroid, among the cells of all regions, as `iad` names them; the same by chance;
and the first cell alone. Shots, seeds and test images as in accuracy.py, of which 60 good and 60 anomalous
ones a set are drawn. The first two rows need a training of their own, which goes into --work once.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accuracy import MAP_SIDE, Set, reported_sets
from numpy.typing import NDArray
from provenance import provenance

from anomaly_core.checkpoint import SHIPPED, Checkpoint, load_checkpoint
from anomaly_core.config import DetectorConfig, LoraSettings
from anomaly_core.decoders.memory_bank import as_array
from anomaly_core.detector import Comparison, Detector, Encoded
from anomaly_core.encoders.registry import load_image_encoder
from anomaly_core.evaluation import metrics
from anomaly_core.evaluation.datasets import GOOD, load_mask
from anomaly_core.evaluation.detection import shrink_map, shrink_mask, spread
from anomaly_core.imaging.reading import load_image
from anomaly_core.language.chat_template import embed_spans
from anomaly_core.language.inspection_dialogue import YES_NO, inspection_messages
from anomaly_core.language.registry import load_language_model
from anomaly_core.language.transformers_lm import TransformersLanguageModel
from anomaly_core.product import ProductModel
from anomaly_core.results import CELLS, Array, cell_of
from anomaly_core.soft_prompt.adapters import load_adapter
from anomaly_core.soft_prompt.reader import AnomalyGPT
from anomaly_core.training.train import train
from anomaly_core.weights.resolve import pull

BATCH = 16
MOST_TESTS = 60


@dataclass
class Column:
    """What one row says of each test image, in order. maps: (H, W) anomaly maps, where it has one."""

    scores: Sequence[float]
    verdicts: Sequence[bool]
    maps: Sequence[Array] | None = None


def yes_margins(lm: TransformersLanguageModel, prompts: Sequence[torch.Tensor]) -> list[float]:
    """`yes_margin` of many images, in batches: equal lengths, so that nothing is padded."""
    first = [lm.builder.typed_ids(word)[0] for word in YES_NO]
    margins: list[float] = []
    for start in range(0, len(prompts), BATCH):
        rows = [
            embed_spans(lm.builder.build(inspection_messages(prompt)), lm.embed_ids, lm.hidden_size)
            for prompt in prompts[start : start + BATCH]
        ]
        with torch.no_grad():
            out = lm.model(inputs_embeds=torch.stack(rows), logits_to_keep=1, use_cache=False)
        margins += (out.logits[:, -1, first[0]] - out.logits[:, -1, first[1]]).tolist()
    return margins


def baseline(shipped: Checkpoint, work: Path, *, lora: bool, roots: Sequence[Path]) -> Checkpoint:
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
        train(
            config,
            roots=roots,
            out=folder,
            cache=work / "features",
        )
    return load_checkpoint(folder)


class Alone:
    """The language model that sees the image embedding alone."""

    def __init__(self, checkpoint: Checkpoint, lm: TransformersLanguageModel) -> None:
        assert checkpoint.prompt_learner is not None
        self.learner = checkpoint.prompt_learner
        self.lm = lm if checkpoint.lora is None else load_adapter(lm, checkpoint.lora)

    def margins(self, encoded: Sequence[Encoded]) -> list[float]:
        with torch.no_grad():
            prompts = [self.learner(None, torch.from_numpy(e.embedding)[None])[0] for e in encoded]
        return yes_margins(self.lm, prompts)


def beyond_largest_normal(
    scores: Sequence[float], good: NDArray[np.float64], maps: Sequence[Array] | None
) -> Column:
    """Return the verdicts of a threshold at the largest score of the good images, each against the others."""
    return Column(scores, [score > float(good.max()) for score in scores], maps)


def map_columns(
    compared: Sequence[Comparison],
    good: NDArray[np.float64],
    weight: float,
    shown: Callable[[Sequence[torch.Tensor]], list[Array]],
) -> dict[str, Column]:
    """Return the columns of each decoder and of both (fusion.py); shown: brings maps to the images' size."""
    few_shot, text = [c.values for c in compared], [as_log_odds(c.text_values) for c in compared]
    both = [values * (weight * odds).exp() for values, odds in zip(few_shot, text, strict=True)]
    return {
        "few-shot map": beyond_largest_normal([c.few_shot for c in compared], good[:, 0], shown(few_shot)),
        "text-aligned map": beyond_largest_normal([c.text for c in compared], good[:, 1], shown(text)),
        "decoder, largest normal score": beyond_largest_normal(
            [c.few_shot + weight * c.text for c in compared], good[:, 0] + weight * good[:, 1], shown(both)
        ),
    }


def as_log_odds(values: torch.Tensor | None) -> torch.Tensor:
    assert values is not None
    return torch.logit(values, 1e-6)


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


def named_cells(values: Array, model: ProductModel) -> list[str]:
    """Return the cells that the answer names: those of the regions, strongest first."""
    return list(dict.fromkeys(region.cell for region in model.regions(values)))


def right_cells(mask: NDArray[np.bool_]) -> set[str]:
    """The cell of the mask's centroid and those that the mask covers in part."""
    rows, columns = np.nonzero(mask)
    height, width = mask.shape
    covered = {cell_of(float(x), float(y), width, height) for x, y in zip(columns, rows, strict=True)}
    return covered | {cell_of(float(columns.mean()), float(rows.mean()), width, height)}


def run(part: Set, detector: Detector, gpt: AnomalyGPT, alone: dict[str, Alone], options: Any) -> Any:
    lm = gpt.lm
    assert isinstance(lm, TransformersLanguageModel)
    tests = part.tests
    labels = np.array([s.label != GOOD for s in tests])
    encoded, closely, masks, sizes = [], [], [], []
    for sample in tests:
        pixels = load_image(sample.path).pixels
        encoded.append(detector.encode(pixels))
        closely.append(detector.look_closely(encoded[-1], pixels))
        scale = min(1.0, MAP_SIDE / max(pixels.shape[:2]))
        sizes.append((round(pixels.shape[0] * scale), round(pixels.shape[1] * scale)))
        mask = load_mask(sample)
        masks.append(None if mask is None else shrink_mask(mask, sizes[-1]))
    known = [i for i, s in enumerate(tests) if s.masks or s.label == GOOD]
    has_masks = any(s.masks for s in tests)

    def shown(grids: Sequence[torch.Tensor]) -> list[Array]:
        return [
            shrink_map(e.frame.to_original(as_array(grid)), size)
            for e, grid, size in zip(encoded, grids, sizes, strict=True)
        ]

    rows: dict[str, Any] = {}
    fixed = {name: each.margins(encoded) for name, each in alone.items()}
    for shots in options.shots:
        values: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        places: dict[str, list[Place]] = defaultdict(list)
        for seed in options.seeds:
            images = [load_image(part.pool[i]).pixels for i in part.shots(shots, seed)]
            fitted = detector.fit(images, language=gpt)
            model = fitted.model
            assert model.language is not None
            once = [detector.compare(each, model.bank) for each in encoded]
            close = [detector.compare(each, model.bank) for each in closely]
            found = [detector.decode(each, model) for each in closely]
            prompts = [
                gpt.soft_prompt(f.values, model.even_odds, e.embedding)
                for f, e in zip(found, encoded, strict=True)
            ]
            margins = yes_margins(lm, prompts)
            maps = [shrink_map(f.values, size) for f, size in zip(found, sizes, strict=True)]
            judged = [model.judge(f.score, m) for f, m in zip(found, margins, strict=True)]
            weight = model.language.weight
            columns = {
                **{name: Column(each, [m > 0 for m in each]) for name, each in fixed.items()},
                **map_columns(once, fitted.good, gpt.fusion.text_weight, shown),
                "few-shot map, close look": beyond_largest_normal(
                    [c.few_shot for c in close], fitted.asked[:, 0], shown([c.values for c in close])
                ),
                "decoder + prompt learner + LLM": Column(margins, [m > 0 for m in margins], maps),
                "fused": Column(
                    [math.log(max(f.score, 1e-9)) + weight * m for f, m in zip(found, margins, strict=True)],
                    [verdict.anomalous for verdict in judged],
                    maps,
                ),
            }
            for name, column in columns.items():
                values[name]["image_auroc"].append(metrics.auroc(column.scores, labels))
                values[name]["accuracy"].append(float(np.mean(np.array(column.verdicts) == labels)))
                values[name]["balanced_accuracy"].append(metrics.balanced_accuracy(column.verdicts, labels))
                values[name]["false_alarm_rate"].append(metrics.false_alarm_rate(column.verdicts, labels))
                if has_masks and column.maps is not None:
                    kept = [column.maps[i] for i in known]
                    values[name]["pixel_auroc"].append(metrics.pixel_auroc(kept, [masks[i] for i in known]))
            for index, mask in enumerate(masks):
                if mask is None or not mask.any():
                    continue
                right, each = right_cells(mask), found[index]
                if judged[index].anomalous:
                    places["fused"].append(Place(named_cells(each.values, model), right))
                if margins[index] > 0 and seed == options.seeds[0]:
                    cell = gpt.cell(each.values, model.even_odds, encoded[index].embedding)
                    places["decoder + prompt learner + LLM"].append(Place([cell], right))
        rows[str(shots)] = {
            name: {metric: spread(each) for metric, each in measured.items()}
            for name, measured in values.items()
        }
        for name, answers in places.items():
            rows[str(shots)][name]["place"] = places_of(answers)
        for name, measured in rows[str(shots)].items():
            figures = "  ".join(
                f"{metric} {next(iter(each.values())):.3f}" for metric, each in measured.items()
            )
            print(f"{part.name} {shots}-shot  {name}: {figures}", flush=True)
    return rows


def fewer(part: Set) -> Set:
    """Return the set with at most MOST_TESTS good and as many anomalous test images."""
    rng = np.random.default_rng(0)
    kept = []
    for good in (True, False):
        those = [s for s in part.tests if (s.label == GOOD) == good]
        kept += [those[i] for i in sorted(rng.permutation(len(those))[:MOST_TESTS])]
    return Set(part.name, part.pool, kept, part.quarter_turns)


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
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mvtec", type=Path, help="folder that holds screw/ in MVTec's layout")
    parser.add_argument("--tile", type=Path, help="folder that holds magnetic_tile/ in MVTec's layout")
    parser.add_argument("--checkpoint", type=Path, default=SHIPPED)
    parser.add_argument("--shots", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument(
        "--work", type=Path, help="folder of the first two rows' training; left out: no such rows"
    )
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    checkpoint = load_checkpoint(options.checkpoint)
    encoder = load_image_encoder(checkpoint.config.training.encoder)
    detector = Detector(encoder, DetectorConfig(), checkpoint)
    name = str(checkpoint.config.language_model)
    lm = load_language_model(name)
    gpt = AnomalyGPT(checkpoint, lm)
    alone = {}
    if options.work:
        roots = [pull("textile") / "nominal"]
        for title, lora in (("LLM alone", False), ("LLM + LoRA", True)):
            mine = load_language_model(name)  # LoRA changes the layers in place
            assert isinstance(mine, TransformersLanguageModel)
            alone[title] = Alone(baseline(checkpoint, options.work, lora=lora, roots=roots), mine)
    results: dict[str, Any] = {}
    for part in reported_sets(options.mvtec, options.tile):
        start = time.perf_counter()
        results[part.name] = run(fewer(part), detector, gpt, alone, options)
        print(f"{part.name}: {time.perf_counter() - start:.0f} s", flush=True)
        facts = {"checkpoint": checkpoint.digest, "encoder": encoder.name, "language_model": name}
        options.out.write_text(
            json.dumps(
                {**provenance(vars(options)), **facts, "mean": means(results), "sets": results}, indent=1
            )
        )
    print(json.dumps(means(results), indent=1))


if __name__ == "__main__":
    torch.set_num_threads(2)
    main()
