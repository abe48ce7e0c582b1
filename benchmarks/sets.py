"""Labelled sets: those that results are reported for, and those that constants are chosen on."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from anomaly_core.config import Method, SimulationConfig
from anomaly_core.errors import ConfigError
from anomaly_core.evaluation.datasets import GOOD, Sample, load_mask, open_dataset
from anomaly_core.imaging.foreground import foreground_mask
from anomaly_core.imaging.reading import find_images, load_image
from anomaly_core.simulation.nsa import simulate
from anomaly_core.simulation.procedural import procedural_products
from anomaly_core.training.data import Texture
from anomaly_core.weights.resolve import pull

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]
FAULTY: Final = "anomalous"
SHOTS: Final = 12
"""Good images that the shots of a set are drawn from, where a set is made here."""
SIDE: Final = 400
CROP: Final = 160
METHODS: Final[tuple[Method, ...]] = ("nsa", "cutpaste", "scar")
TEXTURES: Final = ("brick", "grass", "gravel")
FAINTEST: Final = 0.2
"""Full-strength anomalies are nearly always found and would tell nothing."""


@dataclass(frozen=True, eq=False)
class Labelled:
    """A test image. source: its path, or (H, W, 3) uint8 pixels. truth: its mask, or the sample with it."""

    source: Path | Pixels
    label: str
    truth: Sample | Mask | None = None

    @property
    def anomalous(self) -> bool:
        return self.label != GOOD

    @property
    def pixels(self) -> Pixels:
        return pixels_of(self.source)

    @property
    def mask(self) -> Mask | None:
        return load_mask(self.truth) if isinstance(self.truth, Sample) else self.truth


@dataclass(frozen=True, eq=False)
class Set:
    """Good images to draw shots from, and test images."""

    name: str
    pool: Sequence[Path | Pixels]
    tests: Sequence[Labelled]

    @cached_property
    def labels(self) -> Mask:
        """(n,), true: anomalous."""
        return np.array([test.anomalous for test in self.tests])

    def of(self, anomalous: bool) -> list[Labelled]:
        """Return the test images of one label."""
        return [test for test in self.tests if test.anomalous == anomalous]

    def draw(self, shots: int, seed: int) -> list[Pixels]:
        """Draw good images; larger draws of a seed hold the smaller ones."""
        order = np.random.default_rng(seed).permutation(len(self.pool))[:shots]
        return [pixels_of(self.pool[i]) for i in order]


def pixels_of(source: Path | Pixels) -> Pixels:
    return load_image(source).pixels if isinstance(source, Path) else source


# --- sets that results are reported for ----------------------------------------------------------


def mvtec_set(root: Path, category: str) -> Set:
    samples = open_dataset(root, category).samples
    pool = sorted(s.path for s in samples if s.split == "train" and s.label == GOOD)
    tests = [Labelled(s.path, s.label, s if s.masks else None) for s in samples if s.split == "test"]
    return Set(category, pool, tests)


def elpv_set(kind: str) -> Set:
    """Shots of 120 good cells (probability 0), tests of 150 good and 150 defective ones (1), drawn once."""
    samples = sorted(open_dataset(pull("elpv"), kind).samples, key=lambda s: s.path)
    rng = np.random.default_rng(0)
    good, bad = ([s for s in samples if s.label == label] for label in (GOOD, "defective"))
    good = [good[i] for i in rng.permutation(len(good))]
    bad = [bad[i] for i in rng.permutation(len(bad))][:150]
    tests = [Labelled(s.path, s.label) for s in (*good[120:270], *bad)]
    return Set(f"elpv-{kind}", [s.path for s in good[:120]], tests)


def reported_sets(mvtec: Path | None, tile: Path | None) -> list[Set]:
    """Return the sets that results are reported for; a root that is not given leaves its set out."""
    given = [(mvtec, "screw"), (tile, "magnetic_tile")]
    sets = [mvtec_set(root, category) for root, category in given if root is not None]
    return [*sets, elpv_set("mono"), elpv_set("poly")]


# --- sets that constants are chosen on -----------------------------------------------------------


def textile(count: int, rng: np.random.Generator) -> list[Set]:
    """Return the textile of package conformal-clip-data with local, and with global, simulated faults."""
    root = pull("textile")

    def some(kind: str, most: int) -> list[Pixels]:
        paths = sorted((root / kind).glob("*.jpg"))
        return [load_image(paths[i]).pixels for i in rng.permutation(len(paths))[:most]]

    good = some("nominal", count + SHOTS)
    normal = [Labelled(pixels, GOOD) for pixels in good[SHOTS:]]
    return [
        Set(f"textile-{kind}", good[:SHOTS], [*normal, *(Labelled(p, FAULTY) for p in some(kind, count))])
        for kind in ("local", "global")
    ]


def with_anomalies(
    name: str,
    images: Sequence[Pixels],
    count: int,
    rng: np.random.Generator,
    method: Method,
    faintest: float = 1.0,
) -> Set:
    """Return the set of one product's images: 12 shots, `count` good ones, and the others with anomalies.

    faintest: each anomaly is blended in by a share from this to 1. Where none would show, there are fewer.
    """
    shots, normal, sources = images[:SHOTS], images[SHOTS : SHOTS + count], images[SHOTS + count :]
    config = SimulationConfig(method=method)
    faulty: list[Labelled] = []
    for attempt, image in product(range(4), sources):
        source = shots[(attempt + len(faulty)) % len(shots)]
        if len(faulty) == count:
            break
        try:
            made = simulate(image, source, rng=rng, config=config, foreground=foreground_mask(image))
        except ConfigError:  # this pair is too alike for a visible anomaly
            continue
        share = float(rng.uniform(faintest, 1.0)) if faintest < 1 else 1.0
        mixed = cv2.addWeighted(made.pixels, share, image, 1 - share, 0).astype(np.uint8)
        faulty.append(Labelled(mixed, FAULTY, made.mask))
    return Set(f"{name}-{method}", list(shots), [*(Labelled(p, GOOD) for p in normal), *faulty])


def procedural(
    products: int, count: int, rng: np.random.Generator, seed: int, *, faintest: float = 1.0
) -> list[Set]:
    """Return procedural products with simulated anomalies; see `with_anomalies`."""
    sets = []
    for index, made in enumerate(procedural_products(products, seed)):
        images = [made.image(i, side=SIDE) for i in range(SHOTS + 2 * count)]
        sets.append(with_anomalies(made.name, images, count, rng, METHODS[index % len(METHODS)], faintest))
    return sets


def photographs(count: int, rng: np.random.Generator, seed: int) -> list[Set]:
    """Return textile, and crops of scikit-image's brick, grass and gravel, with anomalies, many faint."""
    nominal = find_images([pull("textile") / "nominal"])
    chosen = [load_image(nominal[i]).pixels for i in rng.permutation(len(nominal))[: SHOTS + 2 * count]]
    sets = [*textile(count, rng), with_anomalies("textile", chosen, count, rng, "cutpaste", FAINTEST)]
    for name in TEXTURES:
        images = _crops(name, SHOTS + 2 * count, seed)
        sets += [with_anomalies(name, images, count, rng, method, FAINTEST) for method in METHODS]
    return sets


def _crops(texture: str, count: int, seed: int) -> list[Pixels]:
    from skimage import data

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{texture}.png"
        Image.fromarray(getattr(data, texture)()).save(path)
        return [Texture(texture, path, SIDE, seed).image(index) for index in range(count)]


def road_crops(root: Path) -> Iterator[Labelled]:
    """Yield crops of CrackForest's roads, each with its (CROP, CROP) mask of cracks."""
    for sample in open_dataset(root, "crackforest").samples:
        mask = load_mask(sample)
        if mask is None:
            continue
        pixels = load_image(sample.path).pixels
        for y in range(0, pixels.shape[0] - CROP + 1, CROP):
            for x in range(0, pixels.shape[1] - CROP + 1, CROP):
                crop = np.s_[y : y + CROP, x : x + CROP]
                yield Labelled(pixels[crop], FAULTY if mask[crop].any() else GOOD, mask[crop])
