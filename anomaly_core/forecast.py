"""Forecast at enrolment: what a product's verdict makes of simulated defects on its own good images."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.config import Method, SimulationConfig
from anomaly_core.encoding import Image, pixels_of
from anomaly_core.errors import ConfigError
from anomaly_core.good_images import Progress
from anomaly_core.imaging.foreground import foreground_mask
from anomaly_core.product import ProductModel
from anomaly_core.results import Decision
from anomaly_core.scorers.few_shot import without_image
from anomaly_core.scoring.scorer import FEW_SHOT, PIXEL_RANGE, SOFT_PROMPT
from anomaly_core.simulation.nsa import simulate

Pixels = NDArray[np.uint8]

SIDES: Final[dict[str, tuple[float, float]]] = {
    "small": (0.03, 0.07),
    "medium": (0.07, 0.14),
    "large": (0.14, 0.30),
}
"""Range of a simulated defect's sides, as shares of the image's, by size."""
METHODS: Final[tuple[Method, ...]] = ("nsa", "cutpaste", "scar")
ROUNDS: Final = 8
"""Defects of each size, each on another good image where there are so many."""
MOST_PIXELS: Final = 1_500_000
"""Larger images are reduced before a defect is simulated on them."""
SEED: Final = 5


@dataclass(frozen=True)
class SimulatedDefect:
    """A simulated defect. index: of the good image. size: see `SIDES`. share: of the image's area."""

    index: int
    size: str
    share: float
    pixels: Pixels


@dataclass(frozen=True)
class _Judged:
    """Size and share of a simulated defect, share of the good images that it outranks, and its decision."""

    size: str
    share: float
    above: float
    decision: Decision


@dataclass(frozen=True)
class SizeForecast:
    """What is expected of defects of one size.

    share: median area as a share of the image. defects: number simulated. failed, reviewed: number of them
    that fail, and that go to review.
    """

    size: str
    share: float
    defects: int
    failed: int
    reviewed: int


@dataclass(frozen=True)
class Forecast:
    """What a product's verdict makes of simulated defects.

    sizes: small to large, those that could be simulated. separation: probability that a defect scores higher
    than a good image (AUROC), both against the other good images. pixels: whether the product's pixels are
    compared, too.
    """

    sizes: tuple[SizeForecast, ...]
    separation: float
    pixels: bool = False


def simulated_defects(images: Sequence[Image], seed: int = SEED) -> Iterator[SimulatedDefect]:
    """Yield defects of each size on the first good images in turn; equal arguments give equal defects."""
    for turn in range(ROUNDS):
        index = turn % len(images)
        pixels = reduced(pixels_of(images[index]))
        source = reduced(pixels_of(images[(index + 1 + turn // len(images)) % len(images)]))
        rng = np.random.default_rng((seed, turn))
        foreground = foreground_mask(pixels)
        for number, (size, (least, most)) in enumerate(SIDES.items()):
            method = METHODS[(turn + number) % len(METHODS)]
            config = SimulationConfig(
                attempts=40, max_patches=1, method=method, min_size=least, max_size=most
            )
            try:
                made = simulate(pixels, source, rng=rng, config=config, foreground=foreground)
            except ConfigError:
                continue  # images too alike for a visible defect of this kind
            yield SimulatedDefect(index, size, float(made.mask.mean()), made.pixels)


def forecast(
    model: AnomalyGPT, product: ProductModel, images: Sequence[Image], progress: Progress | None = None
) -> Forecast | None:
    """Return what a product's verdict makes of simulated defects on the good images that it was learned from.

    Each defect is judged by the product without the bank of the image that it lies on, and without the
    language model. progress: called with ("judging simulated defects", done, total). None where there are
    fewer than two images, or nothing could be simulated.
    """
    judged: list[_Judged] = []
    for defect in simulated_defects(images) if len(images) > 1 else ():
        part = without(product, defect.index)
        seen = model.inspect(defect.pixels, part)
        above = float((part.fused(seen.scores) > part.good_fused).mean())
        judged.append(_Judged(defect.size, defect.share, above, seen.verdict.decision))
        if progress is not None:
            progress("judging simulated defects", len(judged), ROUNDS * len(SIDES))
    return replace(_summary(judged), pixels=PIXEL_RANGE in product.states) if judged else None


def without(product: ProductModel, index: int) -> ProductModel:
    """Return the product without the patches of one of its good images, language model and quality limits."""
    states = {name: state for name, state in product.states.items() if name != SOFT_PROMPT}
    return replace(product, states={**states, FEW_SHOT: without_image(states[FEW_SHOT], index)}, quality=None)


def reduced(pixels: Pixels) -> Pixels:
    """Return (H, W, 3) uint8 pixels, at most `MOST_PIXELS` of them."""
    height, width = pixels.shape[:2]
    factor = math.sqrt(MOST_PIXELS / (height * width))
    if factor >= 1:
        return pixels
    size = (max(1, round(factor * width)), max(1, round(factor * height)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _summary(judged: Sequence[_Judged]) -> Forecast:
    sizes = []
    for size in SIDES:
        mine = [each for each in judged if each.size == size]
        if mine:
            share = float(np.median([each.share for each in mine]))
            decisions = [each.decision for each in mine]
            found = decisions.count("fail"), decisions.count("review")
            sizes.append(SizeForecast(size, share, len(mine), *found))
    return Forecast(tuple(sizes), float(np.mean([each.above for each in judged])))
