"""Naming the defect: accuracy with 0, 1, 2 and 4 confirmed examples a type, and how honest the scores are.

    python benchmarks/classification.py --mvtec ROOT --tile ROOT --mmad FILE \
        --out benchmarks/results/classification.json
    python benchmarks/classification.py --develop --out FILE

Four good shots are enrolled. Of each type, k anomalous test images are confirmed with their masks; on all
others the type of the strongest region is named, from the examples and from notes (MMAD's for screw; for
magnetic_tile those below, written from the types' names). Unknown counts as wrong. `--develop` does the same
on procedural products with simulated defects: there, and not on the sets that are reported, the constants of
`tools.classify.scores` were fitted.
"""

from __future__ import annotations

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
from harness import few_shot_model, parser, spreads, write
from numpy.typing import NDArray
from procedural_defects import NOTES as PROCEDURAL_NOTES
from procedural_defects import procedural_defects
from sets import Labelled, Mask, Pixels, mvtec_set

from agents.factory import tools_context
from agents.settings import Settings
from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.config import DEFAULT_ENCODER
from anomaly_core.names import name_key
from anomaly_core.product import ProductModel
from anomaly_core.scoring.measurement import describe_region
from anomaly_core.scoring.region_embedding import region_vector
from anomaly_core.scoring.regions import region_of_mask
from anomaly_core.simulation.procedural import ProceduralProduct
from tools.classify.classify import UNKNOWN, DefectNotes, appearance
from tools.classify.scores import weigh

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


def case_of(pixels: Pixels, mask: Mask, defect: str, model: AnomalyGPT, product: ProductModel) -> Case:
    found = model.inspect(pixels, product)
    regions = product.regions(found.image, found.scores)
    share = min(1.0, sum(region.area_px for region in regions) / mask.size)
    return Case(
        defect,
        region_vector(pixels, regions[0], found.image, product.bank),
        region_vector(pixels, region_of_mask(mask, score=1.0), found.image, product.bank),
        appearance(describe_region(pixels, regions[0]).text, share),
    )


def real_cases(root: Path, category: str, model: AnomalyGPT, per_type: int) -> list[Case]:
    part = mvtec_set(root, category)
    product = model.fit(part.draw(4, 0))
    by_type: dict[str, list[Labelled]] = defaultdict(list)
    for test in part.of(True):
        if test.truth is not None:
            by_type[test.label].append(test)
    cases = []
    for defect, found in sorted(by_type.items()):
        for index in sorted(np.random.default_rng(0).permutation(len(found))[:per_type]):
            mask = found[index].mask
            if mask is not None and mask.any():
                cases.append(case_of(found[index].pixels, mask, defect, model, product))
    return cases


def procedural_cases(seed: int, kind: str, model: AnomalyGPT, per_type: int) -> list[Case]:
    made = ProceduralProduct(kind, seed)
    product = model.fit([made.image(index) for index in range(4)])
    return [
        case_of(pixels, mask, defect, model, product)
        for pixels, mask, defect in procedural_defects(made, seed, per_type)
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
        chosen = [mine[int(i)] for i in rng.permutation(len(mine))[:shots]]
        used.update(chosen)
        if chosen and defect != hidden:
            examples[defect] = np.stack([cases[n].confirmed for n in chosen])
    pairs = combinations(examples.values(), 2)
    apart = [float(v) for one, other in pairs for v in (one @ other.T).ravel()]
    for n, case in enumerate(cases):
        if n not in used:
            yield case, apart, {name: (rows @ case.features).tolist() for name, rows in examples.items()}


def outcomes(
    cases: Sequence[Case], shots: int, seed: int, fits: Mapping[str, Mapping[str, float]]
) -> dict[str, float]:
    """Name every case but the examples. fits: of each look to the notes of each type; empty: no notes."""
    rows = []
    for case, apart, near in trials(cases, shots, seed):
        record = weigh(near, fits.get(case.look, {}), apart)
        first = [record, *record.alternatives][record.name == UNKNOWN]
        named, likeliest = (name_key(each.name) == name_key(case.defect) for each in (record, first))
        rows.append((case.defect, named, record.name == UNKNOWN, record.score, likeliest, first.score))
    types, right, unknown, scores, first_right, chances = map(np.array, zip(*rows, strict=True))
    found = {
        "first_candidate_right": first_right.mean(),
        "first_candidate_chance": chances.mean(),
        "accuracy": right.mean(),
        "balanced_accuracy": np.mean([right[types == name].mean() for name in sorted(set(types.tolist()))]),
        "unknown": unknown.mean(),
    }
    if not unknown.all():
        found["right_where_named"] = right[~unknown].mean()
        found["mean_score_where_named"] = scores[~unknown].mean()
    return found


def measure(cases: Sequence[Case], notes: DefectNotes | None, seeds: Sequence[int]) -> dict[str, Any]:
    """Accuracy by number of examples, with and without notes, over seeds; what is hidden must be unknown."""
    fits: Mapping[str, Mapping[str, float]] = {}
    if notes is not None:
        fits = {look: notes.fits(look) for look in {case.look for case in cases}}
    result: dict[str, Any] = {}
    for shots in (0, 1, 2, 4):
        for source in ("examples", "examples and notes") if shots else ("examples and notes",):
            name = "notes alone" if shots == 0 else f"{shots} {source}"
            known = fits if source.endswith("notes") else {}
            result[name] = spreads([outcomes(cases, shots, seed, known) for seed in seeds])
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
    own: list[float] = []
    other: list[float] = []
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


def notes_of(product: str, file: Path, folder: Path) -> DefectNotes:
    context = tools_context(Settings(store=folder / product))
    context.domain.add([file], product=product)
    return DefectNotes(context, context.domain.passages(product))


def main() -> None:
    options = parser(__doc__, "mvtec", "tile", "mmad")
    options.add_argument("--develop", action="store_true", help="procedural products instead")
    options.add_argument("--encoder", default=DEFAULT_ENCODER)
    options.add_argument("--per-type", type=int, default=24)
    options.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    given = options.parse_args()
    model = few_shot_model(given.encoder)
    start = time.perf_counter()
    sets: dict[str, Any] = {}
    looks: list[tuple[dict[str, float], str]] = []

    def add(name: str, cases: list[Case], notes: DefectNotes | None) -> None:
        sets[name] = {**measure(cases, notes, given.seeds), "similarities": similarities(cases)}

    with TemporaryDirectory() as name:
        folder = Path(name)
        procedural, tile = folder / "procedural.md", folder / "tile.md"
        procedural.write_text(PROCEDURAL_NOTES)
        tile.write_text(TILE_NOTES)
        if given.develop:
            for number, kind in enumerate(("metal nut", "metal plate", "fabric", "brushed metal", "tiles")):
                cases = procedural_cases(300 + number, kind, model, min(given.per_type, 10))
                notes = notes_of(kind, procedural, folder)
                add(kind, cases, notes)
                looks += [(notes.fits(case.look), case.defect) for case in cases]
            sets["constants of notes alone"] = likelihoods(looks)
        if given.mvtec:
            known = notes_of("screw", given.mmad, folder) if given.mmad else None
            add("screw", real_cases(given.mvtec, "screw", model, given.per_type), known)
        if given.tile:
            cases = real_cases(given.tile, "magnetic_tile", model, given.per_type)
            add("magnetic_tile", cases, notes_of("magnetic_tile", tile, folder))
    write(given, {"sets": sets})
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
