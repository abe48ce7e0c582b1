"""How the scores of unseen good images lie to those that a product is calibrated on: the constants of
`anomaly_core/scoring/calibration.py`, measured on sets that no result is reported for.

    python benchmarks/calibration.py --out benchmarks/results/calibration.json
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from provenance import provenance
from selection import drawn, textile

from anomaly_core.config import DetectorConfig
from anomaly_core.detector import Detector
from anomaly_core.encoders.registry import load_image_encoder


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--encoder", default=DetectorConfig().encoder)
    parser.add_argument("--count", type=int, default=20, help="unseen good images a set")
    parser.add_argument("--products", type=int, default=7, help="drawn products")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    sets = [textile(options.count, rng)[0], *drawn(options.products, options.count, rng, options.seed)]
    detector = Detector(load_image_encoder(options.encoder), DetectorConfig(encoder=options.encoder))
    rows: list[dict[str, Any]] = []
    for part in sets:
        good = [p for p, faulty in zip(part.tests, part.labels, strict=True) if not faulty]
        encoded = [detector.encode(pixels) for pixels in good]
        for shots in (1, 4, 8):
            for seed in (0, 1, 2):
                chosen = np.random.default_rng(seed).permutation(len(part.shots))[:shots]
                model = detector.fit([part.shots[i] for i in chosen]).model
                logs = np.log([detector.decode(each, model).score for each in encoded])
                alarms = [model.judge(float(np.exp(value))).anomalous for value in logs]
                rows.append(
                    {
                        "set": part.name,
                        "shots": shots,
                        "seed": seed,
                        "level_above_location": float(logs.mean() - model.calibration.location),
                        "spread_of_new_images": float(logs.std(ddof=1)),
                        "predictive_spread": model.calibration.spread,
                        "false_alarm_rate": float(np.mean(alarms)),
                    }
                )
        print(part.name, flush=True)
    summary = {}
    for shots in (1, 4, 8):
        kept = [row for row in rows if row["shots"] == shots]
        levels = [row["level_above_location"] for row in kept]
        summary[str(shots)] = {
            "level_above_location": [
                round(float(np.mean(levels)), 3),
                round(float(np.std(levels, ddof=1)), 3),
            ],
            "spread_of_new_images": round(float(np.mean([row["spread_of_new_images"] for row in kept])), 3),
            "false_alarm_rate": round(float(np.mean([row["false_alarm_rate"] for row in kept])), 3),
        }
        print(shots, "shots", summary[str(shots)])
    options.out.write_text(
        json.dumps({**provenance(vars(options)), "summary": summary, "rows": rows}, indent=1)
    )


if __name__ == "__main__":
    torch.set_num_threads(2)
    main()
