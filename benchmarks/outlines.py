"""How alike the outlines of a product's good images are, by which its elongated part is aligned.

    python benchmarks/outlines.py --data ROOT

ROOT as in decisions.py. For each set with aligned parts: length and breadth of the inputs on the originals,
in pixels (least, median, largest), the standard deviation of the logarithm of their ratio, and the share of
images beyond whose input something goes on. No figure depends on a defect.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from harness import parser, write
from sets import mvtec_set, pixels_of

from anomaly_core.config import DetectorConfig
from anomaly_core.imaging.frame import frame_of

MVTEC: Final = {"screw": "mvtec", "capsule": "mvtec", "alien_toy": "alien_toy", "juice_bottle": "mvtec_loco"}
STRIDE: Final = 14


def main() -> None:
    """Measure all sets at hand."""
    arguments = parser(__doc__, out="outlines.json")
    arguments.add_argument("--data", type=Path, required=True, help="folder of the sets")
    options = arguments.parse_args()
    found = {}
    for name, folder in MVTEC.items():
        if not (options.data / folder / name).is_dir():
            continue
        paths = mvtec_set(options.data / folder, name).pool
        frames = [frame_of(pixels_of(path), DetectorConfig().input_side, STRIDE) for path in paths]
        frames = [frame for frame in frames if frame.aligned]
        sides = np.array(
            [np.linalg.norm(f.matrix[:, :2], axis=0) * (f.input_size[1], f.input_size[0]) for f in frames]
        )
        spread = float(np.log(sides[:, 0] / sides[:, 1]).std())
        found[name] = {
            "images": len(paths),
            "aligned": len(frames),
            "length": np.quantile(sides[:, 0], (0, 0.5, 1)).round().tolist(),
            "breadth": np.quantile(sides[:, 1], (0, 0.5, 1)).round().tolist(),
            "spread_of_aspect": round(spread, 3),
            "goes_on": round(float(np.mean([getattr(f, "goes_on", False) for f in frames])), 3),
        }
        print(name, found[name], flush=True)
    write(options, {"sets": found})


if __name__ == "__main__":
    main()
