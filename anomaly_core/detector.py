"""Image -> frame -> features -> anomaly map -> verdict, for enrolled products."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from anomaly_core.calibration import Calibration, calibrate
from anomaly_core.config import DetectorConfig
from anomaly_core.decoder.few_shot import MemoryBank, anomaly_grid, as_array, image_score, patch_grid
from anomaly_core.encoders.base import Features, ImageEncoder
from anomaly_core.errors import NoImages
from anomaly_core.frame import Frame, frame_of
from anomaly_core.results import AnomalyMap, Array, Verdict

Embedding = NDArray[np.float32]
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
class ProductModel:
    """What was learned of a product from its good images alone.

    pixel_threshold, pixel_scale: in the map's unit; a pixel beyond the threshold is beyond the normal
    images' highest pixels, and the scale says by how much that counts.
    cluttered: good images have other pieces beside the part, so that these are no anomaly.
    """

    bank: MemoryBank
    calibration: Calibration
    pixel_threshold: float
    pixel_scale: float
    cluttered: bool = False
    version: str = ""

    def judge(self, raw_score: float) -> Verdict:
        """Return the calibrated verdict of a raw score."""
        return self.calibration.judge(raw_score)

    def region_threshold(self, values: Array) -> float:
        """Return the value from which a pixel of this (H, W) map belongs to a region.

        Half-way from the map's median to its peak bounds a defect where its blurred outline falls by
        half; what is fainter, or within the good images' range, is not a region of its own.
        """
        coarse = values[::4, ::4]
        shown = coarse[coarse > 0]
        base = float(np.median(shown)) if shown.size else 0.0
        return max(self.pixel_threshold, (base + float(values.max())) / 2)

    def to_parts(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the arrays and the numbers to store; `from_parts` makes the same model of them."""
        meta = {
            "calibration": asdict(self.calibration),
            "pixel_threshold": self.pixel_threshold,
            "pixel_scale": self.pixel_scale,
            "cluttered": self.cluttered,
        }
        return {"bank": self.bank.patches.half().numpy()}, meta

    @classmethod
    def from_parts(
        cls, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any], version: str = ""
    ) -> ProductModel:
        """Return the model that `to_parts` gave."""
        bank = MemoryBank(torch.from_numpy(arrays["bank"].astype(np.float32)))
        return cls(
            bank=bank,
            calibration=Calibration(**meta["calibration"]),
            pixel_threshold=float(meta["pixel_threshold"]),
            pixel_scale=float(meta["pixel_scale"]),
            cluttered=bool(meta["cluttered"]),
            version=version,
        )


@dataclass(frozen=True)
class Fitted:
    """A fitted product: its model, each image's embedding, and the embeddings of changed views, (n, D)."""

    model: ProductModel
    embeddings: list[Embedding]
    view_embeddings: Embedding


class Detector:
    """A frozen encoder and the few-shot decoder over it."""

    def __init__(self, encoder: ImageEncoder, config: DetectorConfig) -> None:
        self.encoder = encoder
        self.config = config

    def encode(self, pixels: NDArray[np.uint8]) -> Encoded:
        """Frame and encode one (H, W, 3) uint8 RGB image: the one forward pass that all else uses."""
        frame = frame_of(pixels, self.config.input_side, self.encoder.stride)
        return self._encode(frame, frame.render(pixels))

    def _encode(self, frame: Frame, rendered: NDArray[np.uint8]) -> Encoded:
        features = self.encoder.encode(rendered)
        return Encoded(frame, features, patch_grid(features, self.config.few_shot))

    def decode(self, encoded: Encoded, model: ProductModel) -> AnomalyMap:
        """Return the anomaly map on the original image, and the image's raw score."""
        values = anomaly_grid(model.bank, encoded.grid, self.config.few_shot)
        score = image_score(values, self.config.few_shot)
        on_original = encoded.frame.to_original(as_array(values))
        unseen = encoded.frame.unseen
        if unseen is not None and not model.cluttered:
            # What lies beside the part on its plain background has no patch to be compared with: that it
            # is there is the anomaly, if no good image had such a thing.
            foreign = max(FOREIGN_OBJECT * model.calibration.limit(), float(on_original.max()))
            height, width = encoded.frame.original_size
            mask = cv2.resize(unseen.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
            on_original[mask > 0] = foreign
            score = max(score, foreign)
        return AnomalyMap(on_original, score)

    def fit(self, images: Sequence[NDArray[np.uint8]], progress: Progress | None = None) -> Fitted:
        """Learn a product from (H, W, 3) uint8 RGB images of good parts. Raises NoImages for none."""
        if not images:
            raise NoImages("a product is learned from at least one good image.")
        grids: list[list[torch.Tensor]] = []
        embeddings: list[Embedding] = []
        views: list[Embedding] = []
        cluttered = False
        for number, pixels in enumerate(images):
            frame = frame_of(pixels, self.config.input_side, self.encoder.stride)
            cluttered = cluttered or frame.unseen is not None
            rendered = frame.render(pixels)
            first, *others = [self._encode(frame, view) for view in symmetries(rendered)]
            grids.append([first.grid, *(view.grid for view in others)])
            embeddings.append(first.embedding)
            views += [view.embedding for view in others]
            views += [self._encode(frame, view).embedding for view in perturbations(rendered)]
            if progress is not None:
                progress("encoding good parts", number + 1, len(images))
        return Fitted(self._calibrated(grids, cluttered), embeddings, np.stack(views))

    def _calibrated(self, grids: list[list[torch.Tensor]], cluttered: bool) -> ProductModel:
        """Build the bank of these images' views, and calibrate it by leaving one image (or view) out."""
        config = self.config.few_shot
        one_shot = len(grids) == 1
        groups = [[view] for view in grids[0]] if one_shot else grids
        # Each image's turned views are thinned first: leaving one image out then stays cheap.
        share = config.bank_limit // len(grids)
        turned = [[MemoryBank.of(group[1:], share).patches] if group[1:] else [] for group in groups]
        scores, highest = [], []
        for index, group in enumerate(groups):
            keep = [each[0] for i, each in enumerate(groups) if i != index]
            rest = [patches for i, views in enumerate(turned) if i != index for patches in views]
            values = anomaly_grid(MemoryBank.of(rest, config.bank_limit, keep), group[0], config)
            scores.append(image_score(values, config))
            highest.append(float(values.quantile(0.99)))
        calibration = calibrate(scores, self.config.alpha, one_shot=one_shot)
        threshold = min(max(highest), calibration.limit())
        rest = [patches for views in turned for patches in views]
        bank = MemoryBank.of(rest, config.bank_limit, [group[0] for group in groups])
        return ProductModel(bank, calibration, threshold, threshold, cluttered)


def symmetries(rendered: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Return the input, half a turn of it, and the mirror images of both."""
    half_turned = rendered[::-1, ::-1]
    both = [rendered, half_turned, rendered[:, ::-1], half_turned[:, ::-1]]
    return [np.ascontiguousarray(view) for view in both]


PERTURBATIONS: Final = (0.94, 1.06)


def perturbations(rendered: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Return the input at slightly other exposure and shifted by a few pixels."""
    brighter = [np.clip(rendered * gain, 0, 255).astype(np.uint8) for gain in PERTURBATIONS]
    shifted = np.roll(rendered, (5, 5), axis=(0, 1))
    return [*brighter, shifted]
