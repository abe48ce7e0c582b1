"""Image -> frame -> features -> anomaly map -> verdict, for enrolled products."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from anomaly_core.checkpoint import Checkpoint
from anomaly_core.config import DetectorConfig
from anomaly_core.decoders.inputs import decoder_inputs
from anomaly_core.decoders.memory_bank import (
    MemoryBank,
    anomaly_grid,
    as_array,
    image_score,
    less_median,
    patch_grid,
)
from anomaly_core.decoders.text_aligned import log_odds
from anomaly_core.encoders.base import Features, ImageEncoder
from anomaly_core.errors import ConfigError, NoImages
from anomaly_core.imaging.augment import among_themselves, perturbations, symmetries, unturned
from anomaly_core.imaging.frame import Frame, frame_of
from anomaly_core.inspection import AnomalyMap
from anomaly_core.product import LanguageCalibration, ProductModel
from anomaly_core.scoring.calibration import SMALLEST_SCORE, calibrate
from anomaly_core.scoring.fusion import Fusion
from anomaly_core.soft_prompt.reader import AnomalyGPT

Embedding = NDArray[np.float32]
NUMBERS: Final = 3
"""Raised whenever what a product's numbers mean changes: those of an earlier version are refused by name."""
MOST_ASKED: Final = 24
"""Good images that the language model is asked about at enrolment."""
EVEN_ODDS: Final = 0.25
"""Share of good images beyond the score at which an anomaly is taken to be as likely as not.

The limit of a verdict with few false alarms lies far beyond it. Where anomalies score 1.4 standard deviations
above good images, an AUROC of .84, both are equally likely half-way, and 24 % of the good ones lie beyond.
"""
FOREIGN_OBJECT: Final = 1.5
"""A foreign object beside the part scores this many times the limit of good images."""

Progress = Callable[[str, int, int], None]
Seen = tuple[torch.Tensor, torch.Tensor | None]
"""One view's few-shot map, and its text-aligned map, if any; each (h, w) on the encoder's grid."""


@dataclass(frozen=True)
class View:
    """One pass of the encoder. grid: see `patch_grid`."""

    features: Features
    grid: torch.Tensor


@dataclass(frozen=True)
class Encoded:
    """One image, framed and encoded. views: of the input as it is; after a close look of its `symmetries`."""

    frame: Frame
    views: tuple[View, ...]

    @property
    def features(self) -> Features:
        """Of the input as it is."""
        return self.views[0].features

    @property
    def grid(self) -> torch.Tensor:
        """(h, w, C) patches of the input as it is."""
        return self.views[0].grid

    @property
    def embedding(self) -> Embedding:
        """(D,) float32, L2-normalised."""
        return as_array(self.features.embedding)


@dataclass(frozen=True)
class Comparison:
    """What the decoders say of an image against a bank.

    values: (h, w) few-shot map on the encoder's grid, the mean over the views. few_shot: the logarithm of its
    image score. text_values: (h, w) text-aligned map in [0, 1], likewise, and text its log-odds of an
    anomaly; None and NaN without such a decoder.
    """

    values: torch.Tensor
    few_shot: float
    text_values: torch.Tensor | None
    text: float

    def log_score(self, fusion: Fusion | None) -> float:
        """Return the logarithm of the decoders' score."""
        if fusion is None:
            return self.few_shot
        return self.few_shot + fusion.text_weight * self.text


@dataclass(frozen=True)
class Fitted:
    """A fitted product: its model, each image's embedding, and the embeddings of changed views, (n, D).

    good: (n, 2) few_shot and text (see Comparison) of each good image against the others, of one look (of one
    image: of each view, see `among_themselves`); text is NaN without its decoder. asked: (m, 3) the same of a
    close look (of one image: the same), and the language model's margin; no rows where it was not asked.
    """

    model: ProductModel
    embeddings: list[Embedding]
    view_embeddings: Embedding
    good: NDArray[np.float64]
    asked: NDArray[np.float64]


class Detector:
    """A frozen encoder, the few-shot decoder over it, and the text-aligned decoder of a checkpoint, if any.

    A checkpoint without fusion.json is left aside: nothing says how its map counts.
    Raises ConfigError for a checkpoint that was trained for another encoder.
    """

    def __init__(
        self, encoder: ImageEncoder, config: DetectorConfig, checkpoint: Checkpoint | None = None
    ) -> None:
        if checkpoint is not None and checkpoint.config.encoder != encoder.name:
            raise ConfigError(
                f"{checkpoint.folder}: trained for the encoder {checkpoint.config.encoder}, not "
                f"{encoder.name}; set checkpoint to one trained for it (`iad train`), or to none."
            )
        self.encoder = encoder
        self.config = config
        self._learned = checkpoint
        self._fusion = None if checkpoint is None else checkpoint.fusion

    @property
    def name(self) -> str:
        """Which decoders there are."""
        return "few-shot" if self._fusion is None else "few-shot+text-aligned"

    @property
    def made_by(self) -> str:
        """What a product's numbers hold for; a product enrolled otherwise must be enrolled again."""
        digest = "" if self._learned is None or self._fusion is None else f" {self._learned.digest}"
        config = self.config
        return f"{self.encoder.name}, input_size {config.input_side}, {self.name}{digest}, numbers {NUMBERS}"

    def compare(self, encoded: Encoded, bank: MemoryBank) -> Comparison:
        """Compare an image's patches with a bank, once for all decoders."""
        return self._compared([self._seen(view, bank) for view in encoded.views])

    def _seen(self, view: View, bank: MemoryBank, left_out: torch.Tensor | None = None) -> Seen:
        """Compare one view with a bank; left_out: see `MemoryBank`."""
        config = self.config.few_shot
        if self._learned is None or self._fusion is None:
            return anomaly_grid(bank, view.grid, config, left_out), None
        distances, residuals = bank.match(view.grid, left_out)
        kind = self._learned.config.training.data.decoder_input
        inputs = decoder_inputs(kind, view.features, residuals)
        with torch.no_grad():
            text = self._learned.decoder.patch_map([each[None] for each in inputs])[0]
        return less_median(distances, config), text

    def _compared(self, seen: Sequence[Seen]) -> Comparison:
        """Return the mean of one view's maps, or of those of all `symmetries`."""
        config = self.config.few_shot
        values = torch.stack([unturned(values, number) for number, (values, _) in enumerate(seen)]).mean(0)
        maps = [unturned(text, number) for number, (_, text) in enumerate(seen) if text is not None]
        text_values = torch.stack(maps).mean(0) if maps else None
        return Comparison(
            values,
            math.log(max(image_score(values, config), SMALLEST_SCORE)),
            text_values,
            math.nan if text_values is None else log_odds(text_values, config.top_share),
        )

    def encode(self, pixels: NDArray[np.uint8]) -> Encoded:
        """Frame and encode one (H, W, 3) uint8 RGB image: the one forward pass that all else uses."""
        frame = frame_of(pixels, self.config.input_side, self.encoder.stride)
        return Encoded(frame, (self._view(frame.render(pixels)),))

    def look_closely(self, encoded: Encoded, pixels: NDArray[np.uint8]) -> Encoded:
        """Return the image encoded in its mirrored and turned views too (test-time augmentation).

        What the encoder says of a patch depends on where its grid happens to lie; the mean over four views
        depends on it less. It takes three passes more, so only what the language model reads is seen so.
        """
        others = symmetries(encoded.frame.render(pixels))[len(encoded.views) :]
        return Encoded(encoded.frame, (*encoded.views, *map(self._view, others)))

    def _view(self, rendered: NDArray[np.uint8]) -> View:
        features = self.encoder.encode(rendered)
        return View(features, patch_grid(features, self.config.few_shot))

    def decode(self, encoded: Encoded, model: ProductModel) -> AnomalyMap:
        """Return the anomaly map on the original image, and the image's raw score."""
        found = self.compare(encoded, model.bank)
        score = math.exp(found.log_score(self._fusion))
        on_original = encoded.frame.to_original(as_array(found.values))
        unseen = encoded.frame.unseen
        if unseen is not None and not model.cluttered:
            # What lies beside the part on its plain background has no patch to be compared with: that it
            # is there is the anomaly, if no good image had such a thing.
            foreign = max(FOREIGN_OBJECT * model.even_odds, float(on_original.max()))
            height, width = encoded.frame.original_size
            mask = cv2.resize(unseen.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
            on_original[mask > 0] = foreign
            score = max(score, FOREIGN_OBJECT * model.calibration.limit())
        return AnomalyMap(on_original, score)

    def fit(
        self,
        images: Sequence[NDArray[np.uint8]],
        progress: Progress | None = None,
        language: AnomalyGPT | None = None,
    ) -> Fitted:
        """Learn a product from (H, W, 3) uint8 RGB images of good parts. Raises NoImages for none.

        language: asked about the good images too, so that its answers can count. Raises LanguageModelError.
        """
        if not images:
            raise NoImages("a product is learned from at least one good image.")
        # Each is scored against the others: the images, or the views of the only one.
        alone = len(images) == 1
        scored: list[Encoded] = []
        # Of the views that are not scored nothing but the patches is kept.
        turned: list[list[torch.Tensor]] = []
        embeddings: list[Embedding] = []
        views: list[Embedding] = []
        for number, pixels in enumerate(images):
            encoded = self.look_closely(self.encode(pixels), pixels)
            rendered = encoded.frame.render(pixels)
            close = alone or (language is not None and number < MOST_ASKED)
            scored.append(encoded if close else replace(encoded, views=encoded.views[:1]))
            turned.append([view.grid for view in encoded.views[1:]])
            embeddings.append(encoded.embedding)
            views += [as_array(view.features.embedding) for view in encoded.views[1:]]
            views += [as_array(self.encoder.encode(view).embedding) for view in perturbations(rendered)]
            if progress is not None:
                progress("encoding good parts", number + 1, len(images))
        bank, good, closely = self._left_out(scored, turned)
        model, asked = self._calibrated(scored, bank, good, closely, language)
        return Fitted(
            model, embeddings, np.stack(views), np.array([[g.few_shot, g.text] for g in good]), asked
        )

    def _left_out(
        self, scored: Sequence[Encoded], turned: Sequence[Sequence[torch.Tensor]]
    ) -> tuple[MemoryBank, list[Comparison], list[Comparison]]:
        """Return the bank of these images and their turned views, and each compared with the others.

        The comparisons are of one look, and of a close one for those images whose views are all there.
        """
        limit = self.config.few_shot.bank_limit
        grids = [each.grid for each in scored]
        if len(scored) == 1:
            views = scored[0].views
            banks = [among_themselves([view.grid for view in views], k, limit) for k in range(len(views))]
            seen = [self._seen(view, *bank) for view, bank in zip(views, banks, strict=True)]
            return (
                MemoryBank.of(turned[0], limit, grids),
                [self._compared([s]) for s in seen],
                [self._compared(seen)],
            )
        # Each image's turned views are thinned first: leaving one image out then stays cheap.
        thinned = [MemoryBank.of(views, limit // len(scored)).patches for views in turned]
        good, closely = [], []
        for index, each in enumerate(scored):
            others = [[part for i, part in enumerate(parts) if i != index] for parts in (thinned, grids)]
            bank = MemoryBank.of(others[0], limit, others[1])
            seen = [self._seen(view, bank) for view in each.views]
            good.append(self._compared(seen[:1]))
            if len(seen) > 1:
                closely.append(self._compared(seen))
        return MemoryBank.of(thinned, limit, grids), good, closely

    def _calibrated(
        self,
        scored: Sequence[Encoded],
        bank: MemoryBank,
        good: Sequence[Comparison],
        closely: Sequence[Comparison],
        language: AnomalyGPT | None,
    ) -> tuple[ProductModel, NDArray[np.float64]]:
        """Calibrate a bank by its good images' comparisons with one another; see `Fitted.asked`."""
        alpha, one_shot = self.config.alpha, len(scored) == 1
        # A close look at the only image averages away what little its views tell of how images differ.
        shown = good if language is None or one_shot else closely
        of_maps = calibrate([math.exp(each.few_shot) for each in shown], alpha, one_shot=one_shot)
        even_odds = of_maps.limit(EVEN_ODDS)
        prior = None if self._fusion is None else self._fusion.prior
        scores = [math.exp(each.log_score(self._fusion)) for each in good]
        calibration = calibrate(scores, alpha, one_shot=one_shot, prior=prior)
        asked, rows = None, np.empty((0, 3))
        if language is not None:
            margins = []
            for each, found in zip(scored, closely, strict=False):
                on_original = each.frame.to_original(as_array(found.values))
                margins.append(language.margin(on_original, even_odds, each.embedding))
            if one_shot:
                margins *= len(shown)
            weight = language.fusion.language_weight
            fused = [
                math.exp(found.log_score(self._fusion) + weight * margin)
                for found, margin in zip(shown, margins, strict=True)
            ]
            asked = LanguageCalibration(
                calibrate(fused, alpha, one_shot=one_shot, prior=language.fusion.prior),
                weight,
                language.name,
            )
            rows = np.array([[f.few_shot, f.text, m] for f, m in zip(shown, margins, strict=True)])
        threshold = min(max(float(each.values.quantile(0.99)) for each in shown), of_maps.limit())
        cluttered = any(each.frame.unseen is not None for each in scored)
        model = ProductModel(bank, calibration, even_odds, threshold, cluttered, self.made_by, asked)
        return model, rows
