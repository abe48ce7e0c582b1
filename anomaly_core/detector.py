"""Image -> frame -> features -> anomaly map -> verdict, for enrolled products."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.calibration import SMALLEST_SCORE, Calibration, calibrate
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
from anomaly_core.results import AnomalyMap, Array, Verdict
from anomaly_core.views import among_themselves, perturbations, symmetries

Embedding = NDArray[np.float32]
NUMBERS: Final = 2
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


@dataclass(frozen=True)
class Encoded:
    """One image, framed and encoded once."""

    frame: Frame
    features: Features
    grid: torch.Tensor

    @property
    def embedding(self) -> Embedding:
        """(D,) float32, L2-normalised."""
        return np.asarray(self.features.embedding.numpy(), dtype=np.float32)


@dataclass(frozen=True)
class LanguageCalibration:
    """How the language model's answer counts for a product.

    calibration: of raw score x exp(weight x margin). weight: see fusion.py. model: the language model's name.
    """

    calibration: Calibration
    weight: float
    model: str


@dataclass(frozen=True)
class ProductModel:
    """What was learned of a product from its good images alone.

    calibration: of the raw score. language: of the raw score with the language model's answer, or None.
    even_odds: in the map's unit, the score at which an anomaly is as likely as not; language models are shown
    maps in units of it.
    pixel_threshold: in the map's unit; a pixel beyond it is beyond the normal images' highest pixels.
    cluttered: good images have other pieces beside the part, so that these are no anomaly.
    made_by: what of the detector's settings the numbers hold for.
    """

    bank: MemoryBank
    calibration: Calibration
    even_odds: float
    pixel_threshold: float
    cluttered: bool
    made_by: str
    language: LanguageCalibration | None = None
    version: str = ""

    def judge(self, raw_score: float, margin: float | None = None) -> Verdict:
        """Return the calibrated verdict of a raw score, and of the language model's answer to it, if any.

        margin: log p(Yes) - log p(No) of the model that `language` names.
        """
        if margin is None or self.language is None:
            return self.calibration.judge(raw_score)
        return self.language.calibration.judge(raw_score * math.exp(self.language.weight * margin))

    def region_threshold(self, values: Array) -> float:
        """Return the value from which a pixel of this (H, W) map belongs to a region.

        Half-way from the map's median to its peak bounds a defect where its blurred outline falls by
        half; what is fainter, or within the good images' range, is not a region of its own.
        """
        coarse = values[::4, ::4]
        shown = coarse[coarse > 0]
        base = float(np.median(shown)) if shown.size else 0.0
        return max(self.pixel_threshold, (base + float(values.max())) / 2)

    def strongest_threshold(self, values: Array) -> float:
        """Return `region_threshold`, lowered where it must be for this map to have a region at all."""
        return min(self.region_threshold(values), 0.8 * float(values.max()))

    def to_parts(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the arrays and the numbers to store; `from_parts` makes the same model of them."""
        meta = {
            "calibration": asdict(self.calibration),
            "even_odds": self.even_odds,
            "pixel_threshold": self.pixel_threshold,
            "cluttered": self.cluttered,
            "made_by": self.made_by,
            "language": None if self.language is None else asdict(self.language),
        }
        return {"bank": self.bank.patches.half().numpy()}, meta

    @classmethod
    def from_parts(
        cls, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any], version: str = ""
    ) -> ProductModel:
        """Return the model that `to_parts` gave."""
        language = meta["language"]
        return cls(
            bank=MemoryBank(torch.from_numpy(arrays["bank"].astype(np.float32))),
            calibration=Calibration(**meta["calibration"]),
            even_odds=float(meta["even_odds"]),
            pixel_threshold=float(meta["pixel_threshold"]),
            cluttered=bool(meta["cluttered"]),
            made_by=str(meta["made_by"]),
            language=language
            and LanguageCalibration(
                Calibration(**language["calibration"]), float(language["weight"]), str(language["model"])
            ),
            version=version,
        )


@dataclass(frozen=True)
class Comparison:
    """What the decoders say of an image against a bank.

    values: (h, w) few-shot map on the encoder's grid. few_shot: the logarithm of its image score. text: the
    text-aligned map's log-odds of an anomaly, NaN without such a decoder.
    """

    values: torch.Tensor
    few_shot: float
    text: float

    def log_score(self, fusion: Fusion | None) -> float:
        """Return the logarithm of the decoders' score."""
        if fusion is None:
            return self.few_shot
        return self.few_shot + fusion.text_weight * self.text


@dataclass(frozen=True)
class Fitted:
    """A fitted product: its model, each image's embedding, and the embeddings of changed views, (n, D).

    good: (n, 3) few_shot and text (see Comparison) and the language model's margin of each good image
    against the others (of one image: see `among_themselves`); NaN for a part not used.
    """

    model: ProductModel
    embeddings: list[Embedding]
    view_embeddings: Embedding
    good: NDArray[np.float64]


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

    def compare(self, encoded: Encoded, bank: MemoryBank, left_out: torch.Tensor | None = None) -> Comparison:
        """Compare an image's patches with a bank, once for all decoders; left_out: see `MemoryBank`."""
        config = self.config.few_shot
        text = math.nan
        if self._learned is None or self._fusion is None:
            values = anomaly_grid(bank, encoded.grid, config, left_out)
        else:
            distances, residuals = bank.match(encoded.grid, left_out)
            values = less_median(distances, config)
            kind = self._learned.config.training.data.decoder_input
            inputs = decoder_inputs(kind, encoded.features, residuals)
            text = log_odds(self._learned.decoder, inputs, config.top_share)
        return Comparison(values, math.log(max(image_score(values, config), SMALLEST_SCORE)), text)

    def encode(self, pixels: NDArray[np.uint8]) -> Encoded:
        """Frame and encode one (H, W, 3) uint8 RGB image: the one forward pass that all else uses."""
        frame = frame_of(pixels, self.config.input_side, self.encoder.stride)
        return self._encode(frame, frame.render(pixels))

    def _encode(self, frame: Frame, rendered: NDArray[np.uint8]) -> Encoded:
        features = self.encoder.encode(rendered)
        return Encoded(frame, features, patch_grid(features, self.config.few_shot))

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
        scored: list[Encoded] = []
        # Of an image's other views nothing but the patches is kept.
        turned: list[list[torch.Tensor]] = []
        embeddings: list[Embedding] = []
        views: list[Embedding] = []
        cluttered = False
        for number, pixels in enumerate(images):
            frame = frame_of(pixels, self.config.input_side, self.encoder.stride)
            cluttered = cluttered or frame.unseen is not None
            rendered = frame.render(pixels)
            first, *others = [self._encode(frame, view) for view in symmetries(rendered)]
            alone = len(images) == 1
            scored += [first, *others] if alone else [first]
            turned += [[] for _ in scored] if alone else [[view.grid for view in others]]
            embeddings.append(first.embedding)
            views += [view.embedding for view in others]
            views += [self._encode(frame, view).embedding for view in perturbations(rendered)]
            if progress is not None:
                progress("encoding good parts", number + 1, len(images))
        model, good = self._calibrated(scored, turned, len(images) == 1, cluttered, language)
        return Fitted(model, embeddings, np.stack(views), good)

    def _calibrated(
        self,
        scored: Sequence[Encoded],
        turned: Sequence[Sequence[torch.Tensor]],
        one_shot: bool,
        cluttered: bool,
        language: AnomalyGPT | None,
    ) -> tuple[ProductModel, NDArray[np.float64]]:
        """Build the bank of these images and their turned views, and calibrate it by leaving one out."""
        config = self.config.few_shot
        # Each image's turned views are thinned first: leaving one image out then stays cheap.
        share = config.bank_limit // len(scored)
        thinned = [MemoryBank.of(views, share).patches if views else None for views in turned]
        good = np.full((len(scored), 3), np.nan)
        scores = np.empty(len(scored))
        maps: list[torch.Tensor] = []
        for index, first in enumerate(scored):
            if one_shot:
                bank, own = among_themselves([each.grid for each in scored], index, config.bank_limit)
                found = self.compare(first, bank, own)
            else:
                keep = [each.grid for i, each in enumerate(scored) if i != index]
                rest = [patches for i, patches in enumerate(thinned) if i != index and patches is not None]
                found = self.compare(first, MemoryBank.of(rest, config.bank_limit, keep))
            maps.append(found.values)
            good[index, :2] = found.few_shot, found.text
            scores[index] = found.log_score(self._fusion)
        alpha = self.config.alpha
        of_maps = calibrate(np.exp(good[:, 0]), alpha, one_shot=one_shot)
        even_odds = of_maps.limit(EVEN_ODDS)
        prior = None if self._fusion is None else self._fusion.prior
        calibration = calibrate(np.exp(scores), alpha, one_shot=one_shot, prior=prior)
        asked = None
        if language is not None:
            # A hundred good images tell no more of its answers than two dozen, and each costs a call.
            for index, first in enumerate(scored[:MOST_ASKED]):
                on_original = first.frame.to_original(as_array(maps[index]))
                good[index, 2] = language.margin(on_original, even_odds, first.embedding)
            weight = language.fusion.language_weight
            fused = np.exp((scores + weight * good[:, 2])[:MOST_ASKED])
            asked = LanguageCalibration(
                calibrate(fused, alpha, one_shot=one_shot, prior=language.fusion.language_prior),
                weight,
                language.name,
            )
        threshold = min(max(float(values.quantile(0.99)) for values in maps), of_maps.limit())
        rest = [patches for patches in thinned if patches is not None]
        bank = MemoryBank.of(rest, config.bank_limit, [each.grid for each in scored])
        model = ProductModel(bank, calibration, even_odds, threshold, cluttered, self.made_by, asked)
        return model, good
