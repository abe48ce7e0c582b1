"""How the scores of unseen good images lie to those that a product is calibrated on: the constants of
`anomaly_core/scoring/calibration.py`, measured on sets that no result is reported for.

    python benchmarks/calibration.py --out benchmarks/results/calibration.json
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import torch
from harness import few_shot_model, parser, write
from sets import procedural, textile

from anomaly_core.config import DEFAULT_ENCODER

SHOTS = (1, 4, 8)


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--encoder", default=DEFAULT_ENCODER)
    options.add_argument("--count", type=int, default=20, help="unseen good images a set")
    options.add_argument("--products", type=int, default=7, help="procedural products")
    options.add_argument("--seed", type=int, default=11)
    given = options.parse_args()
    rng = np.random.default_rng(given.seed)
    sets = [textile(given.count, rng)[0], *procedural(given.products, given.count, rng, given.seed)]
    model = few_shot_model(given.encoder)
    rows: list[dict[str, Any]] = []
    for part in sets:
        good = model.encode_batch([test.pixels for test in part.of(False)])
        for shots, seed in product(SHOTS, (0, 1, 2)):
            learned = model.fit(part.draw(shots, seed))
            found = [model.inspect(image, learned) for image in good]
            logs = np.log([each.anomaly_map.score for each in found])
            rows.append(
                {
                    "set": part.name,
                    "shots": shots,
                    "seed": seed,
                    "level_above_location": float(logs.mean() - learned.calibration.location),
                    "spread_of_new_images": float(logs.std(ddof=1)),
                    "predictive_spread": learned.calibration.spread,
                    "false_alarm_rate": float(np.mean([each.verdict.anomalous for each in found])),
                }
            )
        print(part.name, flush=True)
    summary = {}
    for shots in SHOTS:
        kept = [row for row in rows if row["shots"] == shots]
        levels, spreads, alarms = (
            [row[key] for row in kept]
            for key in ("level_above_location", "spread_of_new_images", "false_alarm_rate")
        )
        summary[str(shots)] = {
            "level_above_location": [
                round(float(np.mean(levels)), 3),
                round(float(np.std(levels, ddof=1)), 3),
            ],
            "spread_of_new_images": round(float(np.mean(spreads)), 3),
            "false_alarm_rate": round(float(np.mean(alarms)), 3),
        }
        print(shots, "shots", summary[str(shots)])
    write(given, {"summary": summary, "rows": rows})


if __name__ == "__main__":
    torch.set_num_threads(2)
    main()
