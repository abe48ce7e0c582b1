"""The few-shot scorer: distance of patches to a memory bank of good images (arXiv 2308.15366, eq. 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import cv2
import numpy as np
import torch

from anomaly_core.config import FewShotConfig
from anomaly_core.decoders.memory_bank import MemoryBank, PlacedBank, image_score, less_median
from anomaly_core.decoders.patches import EncodedImage, as_array
from anomaly_core.imaging.augment import undo_flip
from anomaly_core.imaging.guided import guided_filter
from anomaly_core.results import Array
from anomaly_core.scoring.calibration import Prior, calibrate, log_of
from anomaly_core.scoring.scorer import FEW_SHOT, Fit, Score, State, evenly

FEW_SHOT_PRIOR: Final = Prior(spread=0.12, weight=2.0, shot_exponent=0.22, clip=3.0)
"""Without a checkpoint, whose fusion.json has the encoder's own; chosen by `benchmarks/calibration.py`."""
REFERENCE_RATE: Final = 0.25
"""Share of good images above the reference score, where an anomaly is taken to have probability one half.

At an AUROC of .84 anomalies score 1.4 standard deviations above good images; both are equally likely
half-way, and 24 % of the good images lie above that.
"""
PIXEL_RATE: Final = 0.05
"""Share of good images above the limit of a normal pixel."""
FOREIGN_OBJECT: Final = 1.5
"""Score of a foreign object beside the part, in units of the good images' limit."""
LEAST_PLACED: Final = 8
"""Good images from which patches are compared at their places: fewer show too little of what varies there."""
MOST_PLACED: Final = 16
"""Good images that patches are compared with at their places; evenly chosen of more."""
MOST_TRIED: Final = 8
"""Good images on which that is tried."""
PLACED_RISE: Final = 0.03
"""Greatest mean rise of good images' log-scores for parts that keep their places. Set: with eight images it
is up to .03 on procedural parts in one pose and toys, .04 and more on screws, which turn on an axis."""
MOST_BETWEEN: Final = 0.3
"""Greatest spread that other recordings are allowed: with more, defects of 1.8 times a good image's score
would not fail. Set; on most products at hand it is .05 to .2."""
PATCH_PIXELS: Final = 8
"""Side of a patch, and radius of the guided filter, in pixels of the grid that outlines are drawn on."""
GUIDE_NOISE: Final = 10.0
"""Grey levels below which the image gives a map no edge; see docs/research/experiments.md."""


class FewShotScorer:
    """Scorer of the distances between an image's patches and the product's memory bank; see `Scorer`."""

    name: Final = FEW_SHOT

    def __init__(self, config: FewShotConfig) -> None:
        self.config = config

    @property
    def fingerprint(self) -> str:
        """The name, with the configuration where it is not the default."""
        return self.name if self.config == FewShotConfig() else f"{self.name} {self.config.model_dump_json()}"

    def fit(self, images: Sequence[EncodedImage], earlier: Mapping[str, Fit]) -> Fit:
        """Build the bank from all views of all images, and score each image against the others."""
        banks, good, augmented = self._single(images[0]) if len(images) == 1 else self._several(images)
        bank = torch.cat(banks)
        kept = self._that_keep_their_places(images)
        if kept:
            good, augmented = self._placed(images, kept, good, augmented)
        # The mean over all views of a single image would hide how much the views differ.
        scores = augmented if augmented and len(images) > 1 else good
        logs = [each.log_score for each in scores]
        calibration = calibrate(logs, one_shot=len(images) == 1, prior=FEW_SHOT_PRIOR)
        highest = max(float(_values(each).quantile(0.99)) for each in scores)
        meta = {
            "reference_score": calibration.limit(REFERENCE_RATE),
            "pixel_threshold": min(highest, calibration.limit(PIXEL_RATE)),
            "cluttered": any(each.frame.unseen is not None for each in images),
            "rows": [len(own) for own in banks],
            "placed": kept,
        }
        arrays = {"bank": bank.half().numpy()}
        if kept:
            arrays["placed"] = torch.stack([images[n].grid for n in kept]).half().numpy()
        state = State(arrays, meta)
        return Fit(state, good, augmented, least_spread=self._between_recordings(images, state, good))

    def score(self, image: EncodedImage, state: State, earlier: Mapping[str, Score]) -> Score:
        """Score an image against the product's bank; the map is the mean over its views.

        Of parts that keep their places it is that of the first view, against the patches of each place.
        """
        bank = state.derived(bank_of)
        placed = state.derived(placed_of) if "placed" in state.arrays else None
        if placed is None or placed.size != image.grid.shape[:2]:
            return self._score(image, [bank] * len(image.views))
        return self._at_places(image, placed, [bank.match(view.grid)[1] for view in image.views[1:]])

    def _between_recordings(
        self, images: Sequence[EncodedImage], state: State, good: Sequence[Score]
    ) -> float:
        """Return the root mean square rise of a good image's log-score in other recordings of it.

        Each is scored against the other images; 0 for a single one, and at most `MOST_BETWEEN`.
        """
        if len(images) == 1:
            return 0.0
        rises: list[float] = []
        for number, image in enumerate(images):
            others = without_image(state, number) if image.recorded_again else state
            for view in image.recorded_again:
                again = self.score(replace(image.first_view, views=(view,)), others, {})
                rises.append(max(again.log_score - good[number].log_score, 0.0))
        return min(float(np.sqrt(np.square(rises).mean())), MOST_BETWEEN) if rises else 0.0

    def _that_keep_their_places(self, images: Sequence[EncodedImage]) -> list[int]:
        """Return numbers of good images of a part that keeps its places, to compare patches at them, or none.

        It does where a good image is hardly less like the others at its patches' places than anywhere.
        """
        count = len(images)
        alike = all(image.frame.aligned and image.grid.shape == images[0].grid.shape for image in images)
        if count < LEAST_PLACED or not alike:
            return []
        kept = evenly(count, MOST_PLACED)
        rises = []
        for tried in kept[:: -(-len(kept) // MOST_TRIED)]:
            grids = torch.stack([images[n].grid for n in kept if n != tried])
            image = images[tried].first_view
            anywhere = self._score(image, [MemoryBank(grids.flatten(0, 2))])
            rises.append(self._at_places(image, PlacedBank(grids), []).log_score - anywhere.log_score)
        return kept if float(np.mean(rises)) <= PLACED_RISE else []

    def _placed(
        self, images: Sequence[EncodedImage], kept: Sequence[int], good: list[Score], augmented: list[Score]
    ) -> tuple[list[Score], list[Score]]:
        """Return the good images' scores at the places of the others."""
        grids = torch.stack([images[n].grid for n in kept]).half().float()
        banks = [
            PlacedBank(grids[[row for row, other in enumerate(kept) if other != n]])
            for n in range(len(images))
        ]
        found = [
            [
                self._at_places(image, bank, score.residuals[1:])
                for image, bank, score in zip(images, banks, scores, strict=False)
            ]
            for scores in (good, augmented)
        ]
        return found[0], found[1]

    def _at_places(self, image: EncodedImage, bank: PlacedBank, residuals: Sequence[torch.Tensor]) -> Score:
        """Return the score of the first view's patches at their places. residuals: of the other views."""
        distances, residual = bank.match(image.grid)
        values = image.judged(less_median(distances, self.config))
        return Score(log_of(image_score(values, self.config)), values, (residual, *residuals))

    def _score(self, image: EncodedImage, banks: Sequence[MemoryBank]) -> Score:
        found = [bank.match(view.grid) for bank, view in zip(banks, image.views, strict=True)]
        maps = [undo_flip(less_median(d, self.config), n) for n, (d, _) in enumerate(found)]
        values = image.judged(torch.stack(maps).mean(0))
        return Score(log_of(image_score(values, self.config)), values, tuple(r for _, r in found))

    def _single(self, image: EncodedImage) -> tuple[list[torch.Tensor], list[Score], list[Score]]:
        """Return the bank of one image, and the scores of each view and of all against other positions."""
        limit = self.config.bank_limit
        grids = [view.grid for view in image.views]
        banks = [MemoryBank.of_other_places(grids, k, limit) for k in range(len(grids))]
        single_views = [image.with_view(number) for number in range(len(image.views))]
        good = [self._score(each, [bank]) for each, bank in zip(single_views, banks, strict=True)]
        bank = MemoryBank.of(image.reference_grids, limit, grids[:1])
        return [bank.patches], good, [self._score(image, banks)]

    def _several(self, images: Sequence[EncodedImage]) -> tuple[list[torch.Tensor], list[Score], list[Score]]:
        """Return the bank of each image, and each image's scores against those of the others."""
        # Each image is thinned by itself, and rounded as it is stored, so that the bank of the others is part
        # of the product's: another bank would shift the leave-one-out scores against those of new images.
        limit = self.config.bank_limit // len(images)
        own = [MemoryBank.of(each.reference_grids, limit, [each.grid]).patches for each in images]
        own = [patches.half().float() for patches in own]
        good, augmented = [], []
        for index, image in enumerate(images):
            bank = MemoryBank(torch.cat(own[:index] + own[index + 1 :]))
            good.append(self._score(image.first_view, [bank]))
            if len(image.views) > 1:
                augmented.append(self._score(image, [bank] * len(image.views)))
        return own, good, augmented


def bank_of(state: State) -> MemoryBank:
    """Return the memory bank of a fitted product."""
    return MemoryBank(torch.from_numpy(state.arrays["bank"].astype(np.float32)))


def placed_of(state: State) -> PlacedBank:
    """Return the patches at their places of a fitted product that has them."""
    return PlacedBank(torch.from_numpy(state.arrays["placed"].astype(np.float32)))


def without_image(state: State, index: int) -> State:
    """Return the state without the patches of one good image, by its number."""
    start = sum(state.meta["rows"][:index])
    rows = np.arange(start, start + state.meta["rows"][index])
    arrays = {"bank": np.delete(state.arrays["bank"], rows, axis=0)}
    if "placed" in state.arrays:
        own = [row for row, number in enumerate(state.meta["placed"]) if number == index]
        arrays["placed"] = np.delete(state.arrays["placed"], own, axis=0)
    return State(arrays, state.meta)


def map_on_original(image: EncodedImage, score: Score, state: State) -> tuple[Array, bool]:
    """Return the few-shot map on the original image, (H, W) float32, and whether it has a foreign object.

    A piece beside an aligned part lies outside the encoder input; it is anomalous by its presence, unless a
    good image had one too.
    """
    return _with_foreign(image, as_array(_values(score)), state)


def outlined_map(image: EncodedImage, score: Score, state: State) -> Array:
    """Return the map of `map_on_original` with the image's own edges, for the outlines of regions.

    A patch is far larger than many a defect, and the map between patches is a blur; the guided filter lets
    the map end where the colours change.
    """
    values = as_array(_values(score))
    rows, columns = values.shape
    size = (columns * PATCH_PIXELS, rows * PATCH_PIXELS)
    guide = cv2.resize(image.frame.render(image.pixels), size, interpolation=cv2.INTER_AREA)
    fine = guided_filter(
        np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_LINEAR), dtype=np.float32),
        np.asarray(guide, dtype=np.uint8),
        radius=PATCH_PIXELS,
        noise=GUIDE_NOISE,
    )
    return _with_foreign(image, fine.clip(0, values.max()), state)[0]


def _with_foreign(image: EncodedImage, values: Array, state: State) -> tuple[Array, bool]:
    """Return a map over the input on the original, foreign objects marked, and whether there are any."""
    on_original = image.frame.to_original(values)
    unseen = image.frame.unseen
    if unseen is None or state.meta["cluttered"]:
        return on_original, False
    foreign = max(FOREIGN_OBJECT * float(state.meta["reference_score"]), float(on_original.max()))
    height, width = image.size
    mask = cv2.resize(unseen.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST) > 0
    ignored = image.ignored
    if ignored is not None:
        mask &= ~ignored
    on_original[mask] = foreign
    return on_original, bool(mask.any())


def _values(score: Score) -> torch.Tensor:
    if score.values is None:
        raise ValueError("the few-shot scorer's score holds no map")
    return score.values
