"""What a change of the recording does to the decisions: light, focus, place, pose, noise and compression.

    python benchmarks/robustness.py --data ROOT --sets screw magnetic_tile alien_toy --shots 8 --seeds 0 1

A product is learned from unchanged images; the same test images are then judged unchanged and under each
change. ROOT: see decisions.py. false_alarms: share of good images that fail. found: share of defective images
that fail. reviewed: share of all that go to review.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import islice, product
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from decisions import model_of, set_of, sets_of, some
from harness import apart, parser, spreads, write
from numpy.typing import NDArray

from anomaly_core.config import DEFAULT_ENCODER, DetectorConfig
from anomaly_core.encoders.registry import load_image_encoder
from anomaly_core.product import ProductModel
from anomaly_core.scoring.scorer import FEW_SHOT, LAYOUT, TEXT_ALIGNED

Pixels = NDArray[np.uint8]


def scaled(pixels: Pixels, factor: float | NDArray[np.float64]) -> Pixels:
    return np.clip(np.round(pixels * factor), 0, 255).astype(np.uint8)


def shaded(pixels: Pixels) -> Pixels:
    """Light that falls off by 15 % over the width."""
    return scaled(pixels, np.linspace(1.0, 0.85, pixels.shape[1])[None, :, None])


def warped(pixels: Pixels, matrix: Sequence[Sequence[float]]) -> Pixels:
    size = pixels.shape[1::-1]
    moved = cv2.warpAffine(pixels, np.array(matrix, np.float64), size, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, dtype=np.uint8)


def turned(pixels: Pixels, degrees: float) -> Pixels:
    height, width = pixels.shape[:2]
    return warped(pixels, cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0).tolist())


def blurred(pixels: Pixels) -> Pixels:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), 1.5), dtype=np.uint8)


def compressed(pixels: Pixels) -> Pixels:
    _, data = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 60])
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert decoded is not None
    return np.asarray(decoded[..., ::-1], dtype=np.uint8)


def halved(pixels: Pixels) -> Pixels:
    half = cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return np.asarray(half, dtype=np.uint8)


def noisy(pixels: Pixels) -> Pixels:
    noise = np.random.default_rng(0).normal(0, 5, pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


CHANGES: Final[Mapping[str, Callable[[Pixels], Pixels]]] = {
    "unchanged": lambda pixels: pixels,
    "brightness +10 %": lambda pixels: scaled(pixels, 1.1),
    "brightness -10 %": lambda pixels: scaled(pixels, 0.9),
    "shading 15 %": shaded,
    "shift 10 px": lambda pixels: warped(pixels, [[1, 0, 10], [0, 1, 10]]),
    "rotation 3 degrees": lambda pixels: turned(pixels, 3),
    "blur 1.5 px": blurred,
    "JPEG 60": compressed,
    "half resolution": halved,
    "noise 5": noisy,
}


@lru_cache(maxsize=1)
def products(
    root: Path, name: str, config: DetectorConfig, device: str, shots: int, seeds: tuple[int, ...]
) -> list[ProductModel]:
    """Return the product of each draw of shots, learned once a process."""
    part = set_of(root, name)
    return [model_of("shipped", config, device).fit(part.draw(shots, seed)) for seed in seeds]


def run(
    root: Path,
    name: str,
    change: str,
    config: DetectorConfig,
    device: str,
    shots: int,
    seeds: tuple[int, ...],
    most: int,
) -> dict[str, Any]:
    """Judge a set's test images under one change with the product of each draw."""
    model, tests = model_of("shipped", config, device), some(set_of(root, name).tests, most)
    labels = np.array([test.anomalous for test in tests])
    images = [model.encode(CHANGES[change](test.pixels)) for test in tests]
    drawn = []
    for learned in products(root, name, config, device, shots, seeds):
        decisions = np.array([model.inspect(image, learned).verdict.decision for image in images])
        failed = decisions == "fail"
        drawn.append(
            {
                "false_alarms": float(failed[~labels].mean()),
                "found": float(failed[labels].mean()),
                "reviewed_good": float((decisions[~labels] == "review").mean()),
                "passed_anomalous": float((decisions[labels] == "pass").mean()),
            }
        )
    found = spreads(drawn)
    words = ", ".join(f"{key} {value['mean']:.2f}" for key, value in found.items())
    print(f"{name}, {change}: {words}", flush=True)
    return found


def main() -> None:
    options = parser(__doc__, out="robustness.json")
    options.add_argument("--data", type=Path, required=True, help="folder of the sets")
    options.add_argument("--sets", nargs="+", default=["screw", "magnetic_tile", "alien_toy"])
    options.add_argument("--shots", type=int, default=8)
    options.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    options.add_argument("--most", type=int, default=40, help="test images of each label")
    options.add_argument("--encoder", default=DEFAULT_ENCODER)
    options.add_argument("--device", default="cpu", help="torch device of the image encoder")
    options.add_argument("--workers", type=int, default=1, help="processes, over sets and changes")
    given = options.parse_args()
    # Without the language model, which is asked about few images and moves a decision by little.
    config = DetectorConfig(encoder=given.encoder, scorers=(FEW_SHOT, TEXT_ALIGNED, LAYOUT))
    parts = [part for part in sets_of(given.data) if part.name in given.sets]
    jobs = [
        (given.data, part.name, change, config, given.device, given.shots, tuple(given.seeds), given.most)
        for part, change in product(parts, CHANGES)
    ]
    done, found = apart(run, jobs, given.workers), dict[str, Any]()
    for part in parts:
        labels = [test.anomalous for test in some(part.tests, given.most)]
        counts = {"good": labels.count(False), "anomalous": labels.count(True)}
        found[part.name] = {**counts, **dict(zip(CHANGES, islice(done, len(CHANGES)), strict=True))}
    write(given, {"encoder": load_image_encoder(given.encoder).name, "sets": found})


if __name__ == "__main__":
    main()
