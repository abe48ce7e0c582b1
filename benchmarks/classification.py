"""Naming the defect: accuracy with 0, 1, 2 and 4 confirmed examples a type, and how honest the scores are.

    python benchmarks/classification.py --mvtec ROOT --tile ROOT --mmad FILE \
        --out benchmarks/results/classification.json
    python benchmarks/classification.py --develop --out FILE

Four good shots are enrolled. Of each type, k anomalous test images are confirmed with their masks; on all
others the type of the strongest region is named, from the examples and from notes (MMAD's for screw; for
magnetic_tile those below, written from the types' names). Unknown counts as wrong. `--develop` does the same
on drawn products with simulated defects: there, and not on the sets that are reported, the constants of
`tools.classify.scores` were fitted.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from drawn_defects import NOTES as DRAWN_NOTES
from drawn_defects import drawn_defects
from numpy.typing import NDArray
from provenance import provenance

from agents.factory import build_services
from agents.settings import Settings
from anomaly_core.config import DetectorConfig
from anomaly_core.detector import Detector
from anomaly_core.encoders.registry import load_image_encoder
from anomaly_core.evaluation.datasets import GOOD, load_mask, open_dataset
from anomaly_core.evaluation.detection import choose_shots, spread
from anomaly_core.imaging.reading import load_image
from anomaly_core.names import name_key
from anomaly_core.product import ProductModel
from anomaly_core.scoring.measurement import describe_region
from anomaly_core.scoring.region_embedding import region_vector
from anomaly_core.scoring.regions import region_of_mask
from anomaly_core.simulation.procedural import DrawnProduct
from tools.classify.classify import UNKNOWN, DefectNotes, appearance
from tools.classify.scores import weigh

Pixels = NDArray[np.uint8]

TILE_NOTES = """# Magnetic tile

## Blowhole
A blowhole is a small round dark spot, a hole or pit left by gas in the surface.

## Crack
A crack is a thin dark line across the tile, straight or bent.

## Break
A break is an irregular damaged place, mostly dark, where material has broken off at a border.

## Fray
A fray is an irregular bright or dark patch with ragged borders, where the edge is worn.

## Uneven
Uneven means a large area or zone with a soft border that is brighter or darker than the rest.
"""


@dataclass(frozen=True)
class Case:
    """An anomalous image. features: of its strongest region; confirmed: of the masked one; look: in words."""

    defect: str
    features: NDArray[np.float32]
    confirmed: NDArray[np.float32]
    look: str


def case_of(
    pixels: Pixels, mask: NDArray[np.bool_], defect: str, detector: Detector, model: ProductModel
) -> Case:
    encoded = detector.encode(pixels)
    values = detector.decode(encoded, model).values
    regions = model.regions(values)
    share = min(1.0, sum(region.area_px for region in regions) / values.size)
    return Case(
        defect,
        region_vector(pixels, regions[0], encoded, model.bank),
        region_vector(pixels, region_of_mask(mask, score=1.0), encoded, model.bank),
        appearance(describe_region(pixels, regions[0]).text, share),
    )


def real_cases(root: Path, category: str, detector: Detector, per_type: int) -> list[Case]:
    samples = open_dataset(root, category).samples
    model = detector.fit([load_image(s.path).pixels for s in choose_shots(samples, 4, 0)]).model
    by_type: dict[str, list[Any]] = defaultdict(list)
    for sample in sorted((s for s in samples if s.split == "test"), key=lambda s: s.path):
        if sample.label != GOOD and sample.masks:
            by_type[sample.label].append(sample)
    cases = []
    for defect, found in sorted(by_type.items()):
        order = np.random.default_rng(0).permutation(len(found))[:per_type]
        for index in sorted(int(i) for i in order):
            mask = load_mask(found[index])
            if mask is not None and mask.any():
                pixels = load_image(found[index].path).pixels
                cases.append(case_of(pixels, mask, defect, detector, model))
    return cases


def drawn_cases(seed: int, kind: str, detector: Detector, per_type: int) -> list[Case]:
    product = DrawnProduct(kind, seed)
    model = detector.fit([product.image(index) for index in range(4)]).model
    return [
        case_of(pixels, mask, defect, detector, model)
        for pixels, mask, defect in drawn_defects(product, seed, per_type)
    ]


def trials(cases: Sequence[Case], shots: int, seed: int, hidden: str | None = None) -> Iterator[Any]:
    """Yield each case that was not drawn as an example, with what `weigh` takes of the examples.

    hidden: a type without examples, for measuring what is unknown.
    """
    rng = np.random.default_rng([seed, shots])
    examples: dict[str, NDArray[np.float32]] = {}
    used: set[int] = set()
    for defect in sorted({case.defect for case in cases}):
        mine = [n for n, case in enumerate(cases) if case.defect == defect]
        drawn = [mine[int(i)] for i in rng.permutation(len(mine))[:shots]]
        used.update(drawn)
        if drawn and defect != hidden:
            examples[defect] = np.stack([cases[n].confirmed for n in drawn])
    pairs = combinations(examples.values(), 2)
    apart = [float(v) for one, other in pairs for v in (one @ other.T).ravel()]
    for n, case in enumerate(cases):
        if n not in used:
            yield case, apart, {name: (rows @ case.features).tolist() for name, rows in examples.items()}


def measure(cases: Sequence[Case], notes: DefectNotes | None, seeds: Sequence[int]) -> dict[str, Any]:
    """Accuracy by number of examples, with and without notes, over seeds; what is hidden must be unknown."""
    fits: Mapping[str, Mapping[str, float]] = {}
    if notes is not None:
        fits = {look: notes.fits(look) for look in {case.look for case in cases}}
    result: dict[str, Any] = {}
    for shots in (0, 1, 2, 4):
        for source in ("examples", "examples and notes") if shots else ("examples and notes",):
            rows = defaultdict(list)
            for seed in seeds:
                outcomes = []
                for case, apart, near in trials(cases, shots, seed):
                    known = fits.get(case.look, {}) if source.endswith("notes") else {}
                    record = weigh(near, known, apart)
                    right = name_key(record.name) == name_key(case.defect)
                    first = [record, *record.alternatives][record.name == UNKNOWN]
                    candidate = name_key(first.name) == name_key(case.defect)
                    outcomes.append(
                        (right, record.name == UNKNOWN, record.score, case.defect, candidate, first.score)
                    )
                right, unknown, scores, types, candidates, chances = (
                    np.array(column) for column in zip(*outcomes, strict=True)
                )
                rows["first_candidate_right"].append(candidates.mean())
                rows["first_candidate_chance"].append(chances.astype(float).mean())
                rows["accuracy"].append(right.mean())
                rows["balanced_accuracy"].append(
                    np.mean([right[types == name].mean() for name in sorted(set(types.tolist()))])
                )
                rows["unknown"].append(unknown.mean())
                named = ~unknown.astype(bool)
                if named.any():
                    rows["right_where_named"].append(right[named].mean())
                    rows["mean_score_where_named"].append(scores[named].astype(float).mean())
            name = "notes alone" if shots == 0 else f"{shots} {source}"
            result[name] = {key: spread(values) for key, values in rows.items()}
    hidden = []
    for defect in sorted({case.defect for case in cases}):
        for seed in seeds:
            hidden += [
                weigh(near, {}, apart).name == UNKNOWN
                for case, apart, near in trials(cases, 4, seed, hidden=defect)
                if case.defect == defect
            ]
    result["unknown_type_called_unknown_4_examples"] = round(float(np.mean(hidden)), 4)
    types = [case.defect for case in cases]
    result["cases"] = {name: types.count(name) for name in sorted(set(types))}
    return result


def similarities(cases: Sequence[Case]) -> dict[str, Any]:
    """How similar regions are to confirmed examples of their own and of other types: for the constants."""
    own, other = [], []
    for n, case in enumerate(cases):
        for m, example in enumerate(cases):
            if n != m:
                (own if case.defect == example.defect else other).append(
                    float(case.features @ example.confirmed)
                )
    quantiles = (0.05, 0.25, 0.5, 0.75, 0.95)
    return {
        "own": [round(float(v), 3) for v in np.quantile(own, quantiles)],
        "other": [round(float(v), 3) for v in np.quantile(other, quantiles)],
    }


def likelihoods(looks: Sequence[tuple[Mapping[str, float], str]]) -> dict[str, Any]:
    """Mean log-likelihood of what notes alone should say, by width and least fit, best first.

    Each case counts twice: with the notes of its type, and with these taken away, when unknown is right.
    """
    rows = []
    for width in (0.03, 0.05, 0.08, 0.12, 0.2, 0.35, 0.6):
        for least in (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3):
            logs = []
            for fits, truth in looks:
                for hidden in (None, truth):
                    kept = {
                        name: fit for name, fit in fits.items() if name_key(name) != name_key(hidden or "")
                    }
                    values = np.array([*kept.values(), least]) / width
                    chances = np.exp(values - values.max())
                    right = [name_key(name) == name_key(truth) for name in kept]
                    right.append(hidden is not None)
                    logs.append(np.log(chances[np.array(right)].sum() / chances.sum()))
            rows.append(
                {"width": width, "least_fit": least, "log_likelihood": round(float(np.mean(logs)), 4)}
            )
    return {"best": sorted(rows, key=lambda row: -row["log_likelihood"])[:8]}


def notes_of(product: str, files: Sequence[Path], folder: Path) -> DefectNotes:
    services = build_services(Settings(store=folder / "store"))
    services.domain.add(files, product=product)
    return DefectNotes(services, services.domain.passages(product))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mvtec", type=Path, help="folder that holds screw/ in MVTec's layout")
    parser.add_argument("--tile", type=Path, help="folder that holds magnetic_tile/ in MVTec's layout")
    parser.add_argument("--mmad", type=Path, help="MMAD's domain_knowledge.json")
    parser.add_argument("--develop", action="store_true", help="drawn products instead")
    parser.add_argument("--encoder", default=DetectorConfig().encoder)
    parser.add_argument("--per-type", type=int, default=24)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    detector = Detector(load_image_encoder(options.encoder), DetectorConfig(encoder=options.encoder))
    start = time.perf_counter()
    sets: dict[str, Any] = {}
    looks: list[tuple[dict[str, float], str]] = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        if options.develop:
            for number, kind in enumerate(("metal nut", "metal plate", "fabric", "brushed metal", "tiles")):
                cases = drawn_cases(300 + number, kind, detector, min(options.per_type, 10))
                (folder / f"{number}.md").write_text(DRAWN_NOTES)
                notes = notes_of(kind, [folder / f"{number}.md"], folder / kind)
                sets[kind] = {**measure(cases, notes, options.seeds), "similarities": similarities(cases)}
                looks += [(notes.fits(case.look), case.defect) for case in cases]
            sets["constants of notes alone"] = likelihoods(looks)
        if options.mvtec:
            cases = real_cases(options.mvtec, "screw", detector, options.per_type)
            notes = notes_of("screw", [options.mmad], folder / "screw") if options.mmad else None
            sets["screw"] = {**measure(cases, notes, options.seeds), "similarities": similarities(cases)}
        if options.tile:
            cases = real_cases(options.tile, "magnetic_tile", detector, options.per_type)
            (folder / "tile.md").write_text(TILE_NOTES)
            notes = notes_of("magnetic_tile", [folder / "tile.md"], folder / "tile")
            sets["magnetic_tile"] = {
                **measure(cases, notes, options.seeds),
                "similarities": similarities(cases),
            }
    options.out.write_text(json.dumps({**provenance(vars(options)), "sets": sets}, indent=1))
    for name, rows in sets.items():
        if "best" in rows:
            print(name, *rows["best"], sep="\n  ")
            continue
        print(name, rows["cases"], rows["similarities"], rows["unknown_type_called_unknown_4_examples"])
        for label, row in rows.items():
            if isinstance(row, dict) and "accuracy" in row:
                means = {key: value["mean"] for key, value in row.items()}
                print(f"  {label:24}", means)
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
