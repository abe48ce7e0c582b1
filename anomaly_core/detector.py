"""Image -> frame -> features -> anomaly map -> verdict, for enrolled products."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.calibration import SMALLEST_SCORE, calibrate
from anomaly_core.checkpoint import Checkpoint
from anomaly_core.config import DetectorConfig
from anomaly_core.decoder.few_shot import (
    MemoryBank,
    anomaly_grid,
    as_array,
    image_score,
    less_median,
    patch_grid,
)
from anomaly_core.decoder.inputs import decoder_inputs
from anomaly_core.decoder.text_aligned import log_odds
from anomaly_core.encoders.base import Features, ImageEncoder
from anomaly_core.errors import ConfigError, NoImages
from anomaly_core.frame import Frame, frame_of
from anomaly_core.fusion import Fusion
from anomaly_core.product_model import LanguageCalibration, ProductModel
from anomaly_core.results import AnomalyMap
from anomaly_core.views import among_themselves, perturbations, symmetries, unturned

Embedding = NDArray[np.float32]
NUMBERS: Final = 4
"""Raised whenever what a product's numbers mean changes: those of an earlier version are refused by name."""
MOST_ASKED: Final = 24
"""Good images that the language model is asked about at enrolment."""
EVEN_ODDS: Final = 0.25
"""Share of good images beyond the score at which an anomaly is taken to be as likely as not.

The limit of a verdict with few false alarms lies far beyond it. Where anomalies score 1.4 standard deviations
above good images, an AUROC of .84, both are equally likely half-way, and 24 % of the good ones lie beyond.
"""
MAGNIFICATION: Final = 1.5
"""How many times as many pixels a side a close look sees as well; chosen by `benchmarks/close_look.py`."""
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
    """One image, framed and encoded.

    views: of the input as it is; after a close look of its `symmetries`. magnified: those of the magnified
    input, after a close look.
    """

    frame: Frame
    views: tuple[View, ...]
    magnified: tuple[View, ...] = ()

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

    values: (h, w) few-shot map on the encoder's grid; of a close look the mean over its views and scales.
    few_shot: the logarithm of its image score. text_values: (h, w) text-aligned map in [0, 1], likewise, and
    text its log-odds of an anomaly; None and NaN without such a decoder.
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

    def compare(self, encoded: Encoded, model: ProductModel) -> Comparison:
        """Compare an image's patches with a product's, once for all decoders."""
        magnified = model.magnified
        return self._compared(
            [self._seen(view, model.bank) for view in encoded.views],
            [] if magnified is None else [self._seen(view, magnified) for view in encoded.magnified],
        )

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

    def _compared(self, seen: Sequence[Seen], magnified: Sequence[Seen] = ()) -> Comparison:
        """Return one view's maps, or the mean over all `symmetries`; over both scales where there are two."""
        config = self.config.few_shot
        values = _mean_map([each for each, _ in seen], [each for each, _ in magnified])
        texts, magnified_texts = ([t for _, t in each if t is not None] for each in (seen, magnified))
        text_values = _mean_map(texts, magnified_texts) if texts else None
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
        """Return the image encoded mirrored and turned too, and magnified (test-time augmentation).

        What the encoder says of a patch depends on where its grid happens to lie and on how large things
        appear; the mean over views and scales depends on it less. It costs as much as twelve passes more,
        so only what the language model reads is seen so.
        """
        turned = self._turned(encoded, pixels)
        return turned if turned.magnified else replace(turned, magnified=self._magnified(turned, pixels))

    def _turned(self, encoded: Encoded, pixels: NDArray[np.uint8]) -> Encoded:
        others = symmetries(encoded.frame.render(pixels))[len(encoded.views) :]
        return replace(encoded, views=(*encoded.views, *map(self._view, others)))

    def _magnified(self, encoded: Encoded, pixels: NDArray[np.uint8]) -> tuple[View, ...]:
        frame = encoded.frame.magnified(MAGNIFICATION, self.encoder.stride)
        return tuple(map(self._view, symmetries(frame.render(pixels))))

    def _view(self, rendered: NDArray[np.uint8]) -> View:
        features = self.encoder.encode(rendered)
        return View(features, patch_grid(features, self.config.few_shot))

    def decode(self, encoded: Encoded, model: ProductModel) -> AnomalyMap:
        """Return the anomaly map on the original image, and the image's raw score."""
        found = self.compare(encoded, model)
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
        asked = 0 if language is None else min(len(images), MOST_ASKED)
        scored: list[Encoded] = []
        # Of the views that are not scored nothing but the patches is kept.
        grids: list[list[torch.Tensor]] = []
        larger: list[list[torch.Tensor]] = []
        embeddings: list[Embedding] = []
        views: list[Embedding] = []
        for number, pixels in enumerate(images):
            encoded = self._turned(self.encode(pixels), pixels)
            magnified = self._magnified(encoded, pixels) if asked else ()
            once = Encoded(encoded.frame, encoded.views[:1])
            scored.append(replace(encoded, magnified=magnified) if alone or number < asked else once)
            grids.append([view.grid for view in encoded.views])
            larger.append([view.grid for view in magnified])
            rendered = encoded.frame.render(pixels)
            embeddings.append(encoded.embedding)
            views += [as_array(view.features.embedding) for view in encoded.views[1:]]
            views += [as_array(self.encoder.encode(view).embedding) for view in perturbations(rendered)]
            if progress is not None:
                progress("encoding good parts", number + 1, len(images))
        bank, seen = self._left_out([each.views for each in scored], grids)
        good = [self._compared([once]) for once in (seen[0] if alone else [each[0] for each in seen])]
        if language is None:
            model, rows = self._calibrated(scored, bank, good, (), None)
        else:
            magnified_bank, magnified_seen = self._left_out([each.magnified for each in scored], larger)
            closely = [
                self._compared(*both) for both in zip(seen[:asked], magnified_seen[:asked], strict=True)
            ]
            model, rows = self._calibrated(scored, bank, good, closely, language)
            model = replace(model, magnified=magnified_bank)
        return Fitted(
            model, embeddings, np.stack(views), np.array([[g.few_shot, g.text] for g in good]), rows
        )

    def _left_out(
        self, compared: Sequence[Sequence[View]], grids: Sequence[Sequence[torch.Tensor]]
    ) -> tuple[MemoryBank, list[list[Seen]]]:
        """Return the bank of these images, and each one's views compared with the others, at one scale.

        compared: the views of each that are, or none. grids: patches of each image's `symmetries`.
        """
        limit = self.config.few_shot.bank_limit
        upright, turned = [views[0] for views in grids], [views[1:] for views in grids]
        if len(grids) == 1:
            banks = [among_themselves(grids[0], k, limit) for k in range(len(compared[0]))]
            alone = [self._seen(view, *bank) for view, bank in zip(compared[0], banks, strict=True)]
            return MemoryBank.of(turned[0], limit, upright), [alone]
        # Each image's turned views are thinned first: leaving one image out then stays cheap.
        thinned = [MemoryBank.of(views, limit // len(grids)).patches for views in turned]
        seen: list[list[Seen]] = []
        for index, views in enumerate(compared):
            if not views:
                seen.append([])
                continue
            others = [[part for i, part in enumerate(parts) if i != index] for parts in (thinned, upright)]
            bank = MemoryBank.of(others[0], limit, others[1])
            seen.append([self._seen(view, bank) for view in views])
        return MemoryBank.of(thinned, limit, upright), seen

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


def _mean_map(maps: Sequence[torch.Tensor], magnified: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return the (h, w) mean of maps over the `symmetries`, and of those of the magnified input, if any."""
    mean = torch.stack([unturned(each, number) for number, each in enumerate(maps)]).mean(0)
    if not magnified:
        return mean
    larger = _mean_map(magnified, ())[None, None]
    resized = F.interpolate(larger, mean.shape, mode="bilinear", align_corners=False, antialias=True)
    return (mean + resized[0, 0]) / 2
