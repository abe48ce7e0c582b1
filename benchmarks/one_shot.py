"""How far a single good image tells where new good images score: the one-shot prior of an encoder.

    python benchmarks/one_shot.py --data ROOT --encoder efficientnet-lite0 --write CHECKPOINT

ROOT: as in `benchmarks/decisions.py`. Only good images are looked at. *level*: mean few-shot log-score of new
good images against one shot. *shift*: the same, less the mean of the shot's own views, see
`FewShotScorer.fit`. A level of products that agree with each other more than a shot with its own views is the
better teller, so `Prior` weighs both by their inverse variances. With --write the prior of a checkpoint's
`fusion.json` takes them over.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from decisions import sets_of, some
from harness import few_shot_model, parser, write
from sets import Set

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.config import DEFAULT_ENCODER
from anomaly_core.errors import ConfigError
from anomaly_core.scoring.fusion import read_fusion, write_fusion
from anomaly_core.scoring.scorer import FEW_SHOT


def measure(part: Set, model: AnomalyGPT, seeds: Sequence[int], most: int) -> dict[str, list[float]]:
    """Return level and shift for the single shot of each seed."""
    queries = model.encode_batch([test.pixels for test in some(part.tests, most) if not test.anomalous])
    found: dict[str, list[float]] = {"level": [], "shift": []}
    for seed in seeds:
        product = model.fit(part.draw(1, seed))
        level = np.mean([model.inspect(each, product).scores[FEW_SHOT].log_score for each in queries])
        found["level"].append(round(float(level), 4))
        found["shift"].append(round(float(level - np.mean(product.good_scores[FEW_SHOT])), 4))
    return found


def prior_of(sets: Sequence[dict[str, list[float]]]) -> dict[str, float]:
    """Return the one-shot fields of `Prior`; each set counts alike.

    The spread of levels is that between sets' means; that of shifts counts single shots, since one shot is
    all that a product has.
    """
    levels, shifts = ([np.array(each[name]) for each in sets] for name in ("level", "shift"))
    shift = float(np.mean([each.mean() for each in shifts]))
    return {
        "one_shot_shift": round(shift, 3),
        "one_shot_spread": round(float(np.sqrt(np.mean([((s - shift) ** 2).mean() for s in shifts]))), 3),
        "one_shot_level": round(float(np.mean([each.mean() for each in levels])), 3),
        "one_shot_level_spread": round(float(np.std([each.mean() for each in levels], ddof=1)), 3),
    }


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--data", type=Path, required=True, help="folder of the sets")
    options.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    options.add_argument("--most", type=int, default=40, help="good test images a set")
    options.add_argument("--encoder", default=DEFAULT_ENCODER)
    options.add_argument("--device", default="cpu", help="torch device of the image encoder")
    options.add_argument("--write", type=Path, help="checkpoint whose prior takes the result over")
    given = options.parse_args()
    model = few_shot_model(given.encoder, given.device)
    sets: dict[str, dict[str, list[float]]] = {}
    for part in sets_of(given.data):
        sets[part.name] = measure(part, model, given.seeds, given.most)
        print(part.name, sets[part.name], flush=True)
    prior = prior_of(list(sets.values()))
    without = {name: prior_of([each for other, each in sets.items() if other != name]) for name in sets}
    results: dict[str, Any] = {"encoder": model.encoder.name, "sets": sets}
    write(given, {**results, "prior": prior, "prior_without": without})
    print(prior)
    if given.write:
        fusion = read_fusion(given.write)
        if fusion is None:
            raise ConfigError(f"{given.write}: holds no fusion.json; run benchmarks/fusion.py first.")
        write_fusion(given.write, fusion.model_copy(update={"prior": fusion.prior.model_copy(update=prior)}))


if __name__ == "__main__":
    main()
