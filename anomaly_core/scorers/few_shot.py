"""The few-shot scorer: patches against the memory bank of the good images (arXiv 2308.15366, eq. 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import cv2
import numpy as np
import torch

from anomaly_core.config import FewShotConfig
from anomaly_core.decoders.memory_bank import MemoryBank, image_score, less_median
from anomaly_core.decoders.patches import EncodedImage, as_array
from anomaly_core.imaging.augment import undo_symmetry
from anomaly_core.results import Array
from anomaly_core.scoring.calibration import calibrate, log_of
from anomaly_core.scoring.scorer import FEW_SHOT, Fit, Score, State

REFERENCE_RATE: Final = 0.25
"""Share of good images beyond the reference score, at which an anomaly is taken to be as likely as not.

The limit of a verdict with few false alarms lies far beyond it. Where anomalies score 1.4 standard deviations
above good images, an AUROC of .84, both are equally likely half-way, and 24 % of the good ones lie beyond.
"""
PIXEL_RATE: Final = 0.05
"""Share of good images beyond the score that bounds a normal pixel."""
FOREIGN_OBJECT: Final = 1.5
"""A foreign object beside the part counts this many times the limit of good images."""


class FewShotScorer:
    """Scores an image by the distances of its patches to the product's memory bank; see `Scorer`."""

    name: Final = FEW_SHOT

    def __init__(self, config: FewShotConfig) -> None:
        self.config = config

    @property
    def fingerprint(self) -> str:
        """Where the configuration is not the default, all of it."""
        return self.name if self.config == FewShotConfig() else f"{self.name} {self.config.model_dump_json()}"

    def fit(self, images: Sequence[EncodedImage], earlier: Mapping[str, Fit]) -> Fit:
        """Learn the bank of all images in all their views, and each image's score against the others."""
        bank, good, close = self._single(images[0]) if len(images) == 1 else self._several(images)
        # All views of the only image average away what little they tell of how images differ.
        shown = close if close and len(images) > 1 else good
        of_maps = calibrate([each.log_score for each in shown], one_shot=len(images) == 1)
        highest = max(float(_values(each).quantile(0.99)) for each in shown)
        meta = {
            "reference_score": of_maps.limit(REFERENCE_RATE),
            "pixel_threshold": min(highest, of_maps.limit(PIXEL_RATE)),
            "cluttered": any(each.frame.unseen is not None for each in images),
        }
        return Fit(State({"bank": bank.patches.half().numpy()}, meta), good, close)

    def score(self, image: EncodedImage, state: State, earlier: Mapping[str, Score]) -> Score:
        """Compare an image with the product's bank; the map is the mean over its views."""
        return self._score(image, [state.made(bank_of)] * len(image.views))

    def _score(self, image: EncodedImage, banks: Sequence[MemoryBank]) -> Score:
        found = [bank.match(view.grid) for bank, view in zip(banks, image.views, strict=True)]
        maps = [undo_symmetry(less_median(d, self.config), n) for n, (d, _) in enumerate(found)]
        values = torch.stack(maps).mean(0)
        return Score(log_of(image_score(values, self.config)), values, tuple(r for _, r in found))

    def _single(self, image: EncodedImage) -> tuple[MemoryBank, list[Score], list[Score]]:
        """The bank of one image; each view, and all of them, against the image's other places."""
        limit = self.config.bank_limit
        grids = [view.grid for view in image.views]
        banks = [MemoryBank.of_other_places(grids, k, limit) for k in range(len(grids))]
        alone = [EncodedImage(image.pixels, image.frame, (view,)) for view in image.views]
        good = [self._score(each, [bank]) for each, bank in zip(alone, banks, strict=True)]
        return MemoryBank.of(image.reference_grids, limit, grids[:1]), good, [self._score(image, banks)]

    def _several(self, images: Sequence[EncodedImage]) -> tuple[MemoryBank, list[Score], list[Score]]:
        """The bank of several images, and each of them against the others' bank."""
        limit = self.config.bank_limit
        grids = [each.grid for each in images]
        # Each image's further views are thinned first: leaving one image out then stays cheap.
        turned = [MemoryBank.of(each.reference_grids, limit // len(images)).patches for each in images]
        good, close = [], []
        for index, image in enumerate(images):
            others = [[part for i, part in enumerate(parts) if i != index] for parts in (turned, grids)]
            bank = MemoryBank.of(others[0], limit, others[1])
            good.append(self._score(image.first_view, [bank]))
            if len(image.views) > 1:
                close.append(self._score(image, [bank] * len(image.views)))
        return MemoryBank.of(turned, limit, grids), good, close


def bank_of(state: State) -> MemoryBank:
    """Return the memory bank of a fitted product."""
    return MemoryBank(torch.from_numpy(state.arrays["bank"].astype(np.float32)))


def map_on_original(image: EncodedImage, score: Score, state: State) -> tuple[Array, bool]:
    """Return the few-shot map on the original image, (H, W) float32, and whether it shows a foreign object.

    What lies beside the part on its plain background has no patch to be compared with: that it is there is
    the anomaly, if no good image had such a thing.
    """
    on_original = image.frame.to_original(as_array(_values(score)))
    unseen = image.frame.unseen
    if unseen is None or state.meta["cluttered"]:
        return on_original, False
    foreign = max(FOREIGN_OBJECT * float(state.meta["reference_score"]), float(on_original.max()))
    height, width = image.size
    mask = cv2.resize(unseen.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    on_original[mask > 0] = foreign
    return on_original, True


def _values(score: Score) -> torch.Tensor:
    if score.values is None:
        raise ValueError("the few-shot scorer's score holds no map")
    return score.values
