"""How often enrolment names what is no further good part, and how often it names a good part by mistake.

    python benchmarks/enrolment.py --good FOLDER [--defective FOLDER] [--foreign FOLDER] --out FILE

Each draw selects images as `iad enroll` does, of eight good ones out of a pool and one contaminating kind:
none ("clean"), two defective ones, an object of another folder, blur of sigma 6, half size, 40 % darker,
three times brighter, half in view, an all-black mask, a zoomed and shifted JPEG of one of the eight, or a
noisy frame of one. Figures a kind: contaminating ones named, and left out, of how many; good ones named, and
left out, by mistake, of how many. With defective ones, the image AUROC of a memory bank of the eight good
images alone, of all ten, and of those that remain, on the other images of the pools.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import torch
from harness import apart, write
from numpy.typing import NDArray

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.config import DEFAULT_ENCODER
from anomaly_core.decoders.memory_bank import MemoryBank
from anomaly_core.decoders.patches import EncodedImage, top_share_mean
from anomaly_core.encoding import Image
from anomaly_core.evaluation.metrics import auroc
from anomaly_core.imaging.reading import MAX_PIXELS, LoadedImage, find_images, load_image
from anomaly_core.screening.screen import TOP_SHARE
from tools.enrollment.screening import select_images

Pixels = NDArray[np.uint8]
Encoded = dict[str, EncodedImage]
Change = Callable[[Pixels, np.random.Generator], Pixels]
SHOTS = 8


def again(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    height, width = pixels.shape[:2]
    zoom = 1 + rng.uniform(0.02, 0.04)
    dx, dy = -rng.uniform(0, zoom - 1, 2) * [width, height]
    moved = cv2.warpAffine(pixels, np.array([[zoom, 0, dx], [0, zoom, dy]], np.float32), (width, height))
    encoded = cv2.imencode(".jpg", moved, [cv2.IMWRITE_JPEG_QUALITY, 70])[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)


def half(pixels: Pixels) -> Pixels:
    """The right half is as the upper border is."""
    changed = pixels.copy()
    changed[:, pixels.shape[1] // 2 :] = np.median(pixels[:4], axis=(0, 1))
    return changed


def frame(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    light = rng.uniform(0.97, 1.03)
    return np.clip(pixels * light + rng.normal(0, 3, pixels.shape), 0, 255).astype(np.uint8)


CHANGES: dict[str, Change] = {
    "blur": lambda pixels, _: np.asarray(cv2.GaussianBlur(pixels, (0, 0), 6), np.uint8),
    "half size": lambda pixels, _: np.asarray(
        cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8
    ),
    "darker": lambda pixels, _: (pixels * 0.6).astype(np.uint8),
    "brighter": lambda pixels, _: np.clip(pixels * 3.0, 0, 255).astype(np.uint8),
    "half in view": lambda pixels, _: half(pixels),
    "mask": lambda pixels, _: np.zeros_like(pixels),
}
REPEATS: dict[str, Change] = {"re-encoded": again, "frame": frame}


class Remembering(AnomalyGPT):
    """Encodes each file once: the draws share files."""

    def encode(self, image: Image) -> EncodedImage:
        assert isinstance(image, LoadedImage)
        found: Encoded = self.__dict__.setdefault("encoded", {})
        if image.sha256 not in found:
            found[image.sha256] = replace(super().encode(image), source=lambda: load_image(image.path).pixels)
        return found[image.sha256]


def detection(model: AnomalyGPT, kept: Sequence[Path], tests: Sequence[tuple[Path, bool]]) -> float:
    """Return the image AUROC of a memory bank of the kept images."""
    bank = MemoryBank(torch.cat([model.encode(load_image(path)).grid.flatten(0, 1) for path in kept]))
    maps = [bank.distances(model.encode(load_image(path)).grid).flatten() for path, _ in tests]
    return auroc([float(top_share_mean(values, TOP_SHARE)) for values in maps], [bad for _, bad in tests])


@cache
def model_of(encoder: str) -> AnomalyGPT:
    """Return the model, loaded once a process."""
    return Remembering.from_pretrained(None, encoder=encoder)


def run(
    kind: str, good: Sequence[Path], pools: Mapping[str, Sequence[Path]], draws: int, encoder: str
) -> dict[str, float]:
    """Return the figures of one kind over all draws."""
    model, count, areas = model_of(encoder), Counter[str](), []
    with tempfile.TemporaryDirectory() as folder:
        for draw in range(draws):
            rng = np.random.default_rng(draw)
            order = [good[n] for n in rng.permutation(len(good))]
            shots, extra = order[:SHOTS], []
            if kind in pools:
                many = 2 if kind == "defective" else 1
                extra = [pools[kind][n] for n in rng.permutation(len(pools[kind]))[:many]]
            elif kind != "clean":
                change = {**CHANGES, **REPEATS}[kind]
                source = load_image(shots[0] if kind in REPEATS else order[SHOTS]).pixels
                extra = [Path(folder) / f"{kind}-{draw}.png"]
                cv2.imwrite(str(extra[0]), change(source, rng)[..., ::-1])
            selected = select_images(model, [*shots, *extra], max_pixels=MAX_PIXELS, keep_all=False)
            found = selected.findings
            named = {Path(finding.image) for finding in found}
            left_out = {Path(finding.image) for finding in found if finding.left_out}
            for what, paths in (("contaminating", extra), ("good", shots)):
                count[what] += len(paths)
                count[f"{what}, named"] += sum(path in named for path in paths)
                count[f"{what}, left out"] += sum(path in left_out for path in paths)
            if kind == "defective":
                rest = [(path, False) for path in order[SHOTS:]]
                rest += [(path, True) for path in pools[kind] if path not in extra]
                chosen = [path for path in [*shots, *extra] if path not in left_out]
                areas.append([detection(model, k, rest) for k in (shots, [*shots, *extra], chosen)])
    figures: dict[str, float] = dict(count)
    if areas:
        means = np.mean(areas, axis=0).round(3).tolist()
        figures |= dict(zip(("AUROC, clean", "AUROC, all", "AUROC, kept"), means, strict=True))
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--good", type=Path, required=True)
    parser.add_argument("--defective", type=Path)
    parser.add_argument("--foreign", type=Path)
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--pool", type=int, default=24, help="most images of a folder that are drawn from")
    parser.add_argument("--kinds", nargs="+", help="some of the kinds only")
    parser.add_argument("--encoder", default=DEFAULT_ENCODER)
    parser.add_argument("--workers", type=int, default=1, help="processes, over the kinds")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    rng = np.random.default_rng(0)

    def drawn(path: Path) -> list[Path]:
        found = find_images([path])
        return [found[n] for n in rng.permutation(len(found))[: options.pool]]

    good = drawn(options.good)
    pools = {
        name: drawn(path)
        for name, path in (("defective", options.defective), ("foreign", options.foreign))
        if path is not None
    }
    kinds = options.kinds or ("clean", *pools, *CHANGES, *REPEATS)
    jobs = [(kind, good, pools, options.draws, options.encoder) for kind in kinds]
    figures = {}
    for kind, found in zip(kinds, apart(run, jobs, options.workers), strict=True):
        figures[kind] = found
        print(kind, found, flush=True)
    write(options, {"figures": figures})


if __name__ == "__main__":
    main()
