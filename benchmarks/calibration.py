"""The prior of a product's calibration: the one that predicts unseen good images best.

    python benchmarks/calibration.py --data ROOT --encoder efficientnet-lite0 --write CHECKPOINT

ROOT: as in `benchmarks/decisions.py`. Only good images are looked at, and none of a test split: of each set's
good training images, of the simulated textile and of procedural products. A draw takes some as a product's
good images; the others are new. The prior is the one of highest mean log-likelihood of the new images'
log-scores under the predictive distribution, every set and number of good images counting alike. `without`:
the prior that all sets but one choose, with the false alarms on that one;
`before`: what the earlier prior does, spread .10 of weight 4 and no clip.
With --write the prior of a checkpoint's `fusion.json` takes the choice over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from decisions import sets_of
from harness import few_shot_model, parser, write
from numpy.typing import NDArray
from scipy.stats import t as student
from sets import Pixels, pixels_of, procedural, textile

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.config import DEFAULT_ENCODER, FewShotConfig
from anomaly_core.decoders.memory_bank import MemoryBank, image_score
from anomaly_core.decoders.patches import EncodedImage
from anomaly_core.errors import ConfigError
from anomaly_core.imaging.quality import MOST_IMAGES, recordings
from anomaly_core.scoring.calibration import Prior, calibrate, log_of
from anomaly_core.scoring.fusion import read_fusion, write_fusion

SHOTS: Final = (2, 4, 8)
RATE: Final = 0.05
SPREADS: Final = (0.06, 0.08, 0.10, 0.12, 0.15, 0.18, 0.22)
WEIGHTS: Final = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0)
EXPONENTS: Final = (0.1, 0.16, 0.22, 0.28)
CLIPS: Final = (None, 2.0, 3.0, 4.0)
LEAST_NEW: Final = 3
"""Least new images of a draw."""
CONFIG: Final = FewShotConfig()

Draw = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Leave-one-out log-scores of the good images, and log-scores of the new ones."""


@dataclass(frozen=True)
class Fitness:
    """How a prior does on one set and number of good images."""

    likelihood: float
    false_alarms: float
    outside: float
    """Share of draws whose false alarms lie outside the 95 % interval of the stated rate."""


def pools(root: Path, products: int, seed: int) -> Iterator[tuple[str, Sequence[Path | Pixels]]]:
    """Yield the name and the good images of each set."""
    for part in sets_of(root):
        yield part.name, part.pool
    rng = np.random.default_rng(seed)
    made = [textile(8, rng)[0], *procedural(products, 8, rng, seed)]
    for part in made:
        yield part.name, [*part.pool, *(test.source for test in part.of(False))]


def encoded(pool: Sequence[Path | Pixels], model: AnomalyGPT, most: int, seed: int) -> list[EncodedImage]:
    """Return at most `most` images of a pool with their views, aligned where the product would be."""
    chosen = [pixels_of(pool[i]) for i in np.random.default_rng(seed).permutation(len(pool))[:most]]
    first = chosen[: max(SHOTS)]
    changed = [recordings(pixels) for pixels in first[:MOST_IMAGES]]
    aligned = model.input.aligns([model.input.frame(pixels).aligned for pixels in first], changed)
    # One at a time: the encoder's activations of many do not fit.
    found = [model.input.encode_batch([pixels], align=aligned)[0] for pixels in chosen]
    return [model.input.augment(image) for image in found if image.frame.aligned == aligned]


def pairwise(good: Sequence[EncodedImage], limit: int) -> list[NDArray[np.float32]]:
    """Return each image's (n, patches) distances to the bank of each image, of at most `limit` patches."""
    banks = []
    for image in good:
        others = MemoryBank.of([view.grid for view in image.views[1:]], limit)
        bank = MemoryBank.of([others.patches], limit, [image.grid])
        banks.append(MemoryBank(bank.patches.half().float()))
    return [np.stack([bank.distances(image.grid).flatten().numpy() for bank in banks]) for image in good]


def drawn(maps: Sequence[NDArray[np.float32]], order: Sequence[int], shots: int) -> Draw:
    """Return the draw whose good images are the first ones of the order."""

    def scored(image: int, others: Sequence[int]) -> float:
        nearest = torch.from_numpy(maps[image][list(others)].min(axis=0))
        return log_of(image_score(nearest, CONFIG))

    good, new = order[:shots], order[shots:]
    left_out = [scored(image, [other for other in good if other != image]) for image in good]
    return np.array(left_out), np.array([scored(image, good) for image in new])


def draws(good: Sequence[EncodedImage], count: int, seed: int) -> dict[int, list[Draw]]:
    """Return draws by number of good images, where enough new ones remain."""
    rng = np.random.default_rng(seed)
    found = {}
    for shots in SHOTS:
        if len(good) >= shots + LEAST_NEW:
            maps = pairwise(good, CONFIG.bank_limit // shots)
            orders = [rng.permutation(len(good)).tolist() for _ in range(count)]
            found[shots] = [drawn(maps, order, shots) for order in orders]
    return found


def fitness(drawn: Sequence[Draw], prior: Prior) -> Fitness:
    """Return how a prior predicts the new images of draws."""
    rows = []
    for left_out, new in drawn:
        own = calibrate(left_out, prior=prior)
        z = (new - own.location) / own.spread
        alarms = float(np.mean(student.sf(z, own.degrees) < RATE))
        outside = abs(alarms - RATE) > 1.96 * np.sqrt(RATE * (1 - RATE) / len(new))
        rows.append((np.mean(student.logpdf(z, own.degrees) - np.log(own.spread)), alarms, outside))
    return Fitness(*(float(value) for value in np.mean(rows, axis=0)))


def best(table: Mapping[Prior, Mapping[str, Mapping[int, Fitness]]], sets: Sequence[str]) -> Prior:
    """Return the prior of highest mean likelihood over sets."""
    return max(table, key=lambda prior: likelihood(table[prior], sets))


def likelihood(of: Mapping[str, Mapping[int, Fitness]], sets: Sequence[str]) -> float:
    return float(np.mean([np.mean([each.likelihood for each in of[name].values()]) for name in sets]))


def rows_of(of: Mapping[str, Mapping[int, Fitness]], sets: Sequence[str]) -> dict[str, Any]:
    """Return mean likelihood, false alarms and share outside the interval, by number of good images."""
    found: dict[str, Any] = {}
    for shots in SHOTS:
        each = [of[name][shots] for name in sets if shots in of[name]]
        if each:
            means = np.mean([(one.likelihood, one.false_alarms, one.outside) for one in each], axis=0)
            found[str(shots)] = dict(
                zip(("likelihood", "false_alarms", "outside"), means.round(3).tolist(), strict=True)
            )
    return found


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--data", type=Path, required=True, help="folder of the sets")
    options.add_argument("--encoder", default=DEFAULT_ENCODER)
    options.add_argument("--device", default="cpu", help="torch device of the image encoder")
    options.add_argument("--most", type=int, default=16, help="good images of a set")
    options.add_argument("--count", type=int, default=30, help="draws of each number of good images")
    options.add_argument("--products", type=int, default=5, help="procedural products")
    options.add_argument("--seed", type=int, default=11)
    options.add_argument("--write", type=Path, help="checkpoint whose prior takes the result over")
    given = options.parse_args()
    model = few_shot_model(given.encoder, given.device)
    sets: dict[str, dict[int, list[Draw]]] = {}
    for name, pool in pools(given.data, given.products, given.seed):
        sets[name] = draws(encoded(pool, model, given.most, given.seed), given.count, given.seed)
        print(name, {shots: len(found) for shots, found in sets[name].items()}, flush=True)
    names = list(sets)
    grid = [
        Prior(spread=spread, weight=weight, shot_exponent=exponent, clip=clip)
        for spread, weight, exponent, clip in product(SPREADS, WEIGHTS, EXPONENTS, CLIPS)
    ]
    earlier = Prior(spread=0.10, weight=4.0, shot_exponent=0.22)
    table = {
        prior: {name: {k: fitness(found, prior) for k, found in sets[name].items()} for name in names}
        for prior in (earlier, *grid)
    }
    chosen = best(table, names)
    without = {}
    for name in names:
        others = best(table, [other for other in names if other != name])
        without[name] = {"prior": fields(others), **rows_of(table[others], [name])}
    result = {
        "encoder": model.encoder.name,
        "chosen": {"prior": fields(chosen), **rows_of(table[chosen], names)},
        "before": {"prior": fields(earlier), **rows_of(table[earlier], names)},
        "without": without,
    }
    print(json.dumps(result, indent=1))
    write(given, result)
    if given.write:
        fusion = read_fusion(given.write)
        if fusion is None:
            raise ConfigError(f"{given.write}: holds no fusion.json; run benchmarks/fusion.py first.")
        prior = fusion.prior.model_copy(update=fields(chosen))
        write_fusion(given.write, fusion.model_copy(update={"prior": prior}))


def fields(prior: Prior) -> dict[str, float | None]:
    """Return what is chosen of a prior."""
    return {
        "spread": prior.spread,
        "weight": prior.weight,
        "shot_exponent": prior.shot_exponent,
        "clip": prior.clip,
    }


if __name__ == "__main__":
    torch.set_num_threads(2)
    main()
