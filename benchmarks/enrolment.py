"""How often enrolment names what is no further good part, and how often it names a good part by mistake.

    python benchmarks/enrolment.py --good FOLDER [--defective FOLDER] [--foreign FOLDER] --out FILE

Each draw selects images as `iad enroll` does, of eight good ones and one contaminating kind: none ("clean"),
two defective ones, an object of another folder, blur of sigma 6, half size, 40 % darker, an all-black mask, a
zoomed and shifted JPEG of one of the eight, or a noisy frame of one. Figures a kind: contaminating ones
named, of how many; good ones named by mistake, of how many. Limits in `anomaly_core.screening` were chosen
on procedural products, the textile and ELPV.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from harness import write
from numpy.typing import NDArray

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.encoders.fakes import TinyTextEncoder
from anomaly_core.imaging.reading import MAX_PIXELS, find_images, load_image
from tools.context import Context
from tools.enrollment.screening import select_images

Pixels = NDArray[np.uint8]
Change = Callable[[Pixels, np.random.Generator], Pixels]
SHOTS = 8


def again(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    height, width = pixels.shape[:2]
    zoom = 1 + rng.uniform(0.02, 0.04)
    dx, dy = -rng.uniform(0, zoom - 1, 2) * [width, height]
    moved = cv2.warpAffine(pixels, np.array([[zoom, 0, dx], [0, zoom, dy]], np.float32), (width, height))
    encoded = cv2.imencode(".jpg", moved, [cv2.IMWRITE_JPEG_QUALITY, 70])[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)


def frame(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    light = rng.uniform(0.97, 1.03)
    return np.clip(pixels * light + rng.normal(0, 3, pixels.shape), 0, 255).astype(np.uint8)


CHANGES: dict[str, Change] = {
    "blur": lambda pixels, _: np.asarray(cv2.GaussianBlur(pixels, (0, 0), 6), np.uint8),
    "half size": lambda pixels, _: np.asarray(
        cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8
    ),
    "darker": lambda pixels, _: (pixels * 0.6).astype(np.uint8),
    "mask": lambda pixels, _: np.zeros_like(pixels),
}
REPEATS: dict[str, Change] = {"re-encoded": again, "frame": frame}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--good", type=Path, required=True)
    parser.add_argument("--defective", type=Path)
    parser.add_argument("--foreign", type=Path)
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    good = find_images([options.good])
    pools = {
        name: find_images([path])
        for name, path in (("defective", options.defective), ("foreign", options.foreign))
        if path is not None
    }
    model = AnomalyGPT.from_pretrained(None)
    figures: dict[str, dict[str, int]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        context = Context(
            store=folder / "store", model=lambda: model, text_encoder=TinyTextEncoder, max_pixels=MAX_PIXELS
        )
        for kind in ("clean", *pools, *CHANGES, *REPEATS):
            count = {"named": 0, "contaminating": 0, "wrong": 0, "good": 0}
            for draw in range(options.draws):
                rng = np.random.default_rng(draw)
                order = [good[n] for n in rng.permutation(len(good))]
                shots, extra = order[:SHOTS], []
                if kind in pools:
                    many = 2 if kind == "defective" else 1
                    extra = [pools[kind][n] for n in rng.permutation(len(pools[kind]))[:many]]
                elif kind != "clean":
                    change = {**CHANGES, **REPEATS}[kind]
                    source = load_image(shots[0] if kind in REPEATS else order[SHOTS]).pixels
                    extra = [folder / f"{kind}-{draw}.png"]
                    cv2.imwrite(str(extra[0]), change(source, rng)[..., ::-1])
                found = select_images(context, [*shots, *extra], keep_all=False).findings
                named = {finding.image for finding in found}
                count["named"] += sum(str(path) in named for path in extra)
                count["contaminating"] += len(extra)
                count["wrong"] += sum(str(path) in named for path in shots)
                count["good"] += len(shots)
            figures[kind] = count
            print(kind, count, flush=True)
    write(options, {"figures": figures})


if __name__ == "__main__":
    main()
