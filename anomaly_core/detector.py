"""Image -> frame -> features -> anomaly map -> verdict, for enrolled products."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from anomaly_core.calibration import Calibration, calibrate
from anomaly_core.config import DetectorConfig
from anomaly_core.decoder.few_shot import MemoryBank, as_array, patch_grid, smooth
from anomaly_core.encoders.base import Features, ImageEncoder
from anomaly_core.errors import NoImages
from anomaly_core.frame import Frame, frame_of
from anomaly_core.results import AnomalyMap, Verdict

Embedding = NDArray[np.float32]
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
    """

    bank: MemoryBank
    calibration: Calibration
    pixel_threshold: float
    pixel_scale: float
    version: str = ""

    def judge(self, raw_score: float) -> Verdict:
        """Return the calibrated verdict of a raw score."""
        return self.calibration.judge(raw_score)

    def to_parts(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the arrays and the numbers to store; `from_parts` makes the same model of them."""
        meta = {
            "calibration": asdict(self.calibration),
            "pixel_threshold": self.pixel_threshold,
            "pixel_scale": self.pixel_scale,
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
        return Encoded(frame, features, patch_grid(features))

    def decode(self, encoded: Encoded, model: ProductModel) -> AnomalyMap:
        """Return the anomaly map on the original image, and the image's raw score."""
        distances = model.bank.distances(encoded.grid)
        smoothed = smooth(distances)
        return AnomalyMap(encoded.frame.to_original(as_array(smoothed)), float(smoothed.max()))

    def fit(self, images: Sequence[NDArray[np.uint8]], progress: Progress | None = None) -> Fitted:
        """Learn a product from (H, W, 3) uint8 RGB images of good parts. Raises NoImages for none."""
        if not images:
            raise NoImages("a product is learned from at least one good image.")
        bank_grids: list[list[torch.Tensor]] = []
        probe_grids: list[list[torch.Tensor]] = []
        embeddings: list[Embedding] = []
        views: list[Embedding] = []
        for number, pixels in enumerate(images):
            frame = frame_of(pixels, self.config.input_side, self.encoder.stride)
            rendered = frame.render(pixels)
            encoded = [self._encode(frame, view) for view in symmetries(rendered, frame)]
            bank_grids.append([e.grid for e in encoded])
            embeddings.append(encoded[0].embedding)
            views += [e.embedding for e in encoded[1:]]
            changed = [self._encode(frame, view) for view in perturbations(rendered)]
            probe_grids.append([encoded[0].grid, *(e.grid for e in changed)])
            views += [e.embedding for e in changed]
            if progress is not None:
                progress("encoding good parts", number + 1, len(images))
        return Fitted(self._calibrated(bank_grids, probe_grids), embeddings, np.stack(views))

    def _calibrated(self, bank_grids: list[list[torch.Tensor]], probes: list[list[torch.Tensor]]) -> ProductModel:
        every = [grid for grids in bank_grids for grid in grids]
        scores, highest = [], []
        for index in range(len(bank_grids)):
            if len(bank_grids) > 1:
                others = [g for i, grids in enumerate(bank_grids) if i != index for g in grids]
                seen = probes[index]
            else:
                others, seen = every, probes[index][1:]
            bank = MemoryBank.of(others)
            maps = [smooth(bank.distances(grid)) for grid in seen]
            scores.append([float(m.max()) for m in maps])
            highest.append(max(float(m.quantile(0.99)) for m in maps))
        calibration = calibrate(scores, self.config.alpha)
        threshold = min(max(highest), calibration.limit())
        return ProductModel(MemoryBank.of(every), calibration, threshold, threshold)


def symmetries(rendered: NDArray[np.uint8], frame: Frame) -> list[NDArray[np.uint8]]:
    """Return the input and its turned and mirrored copies, the input itself first.

    Quarter turns are left out of an aligned part: only half a turn can be mistaken in its pose.
    """
    turns = (0, 2) if frame.aligned else (0, 1, 2, 3)
    turned = [np.rot90(rendered, k) for k in turns]
    both = turned + [view[:, ::-1] for view in turned]
    return [np.ascontiguousarray(view) for view in both]


PERTURBATIONS: Final = (0.94, 1.06)


def perturbations(rendered: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Return the input at slightly other exposure and shifted by a few pixels."""
    brighter = [np.clip(rendered * gain, 0, 255).astype(np.uint8) for gain in PERTURBATIONS]
    shifted = np.roll(rendered, (5, 5), axis=(0, 1))
    return [*brighter, shifted]
