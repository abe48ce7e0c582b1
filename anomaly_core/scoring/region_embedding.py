"""Embedding of a region: mean patch, mean residual, shape and position in one vector.

The inner product of two embeddings is a similarity in [-1, 1], the weighted mean of the similarities of their
parts, so that an exact inner-product index finds the most similar confirmed defect.
"""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from anomaly_core.decoders.memory_bank import MemoryBank
from anomaly_core.decoders.patches import EncodedImage
from anomaly_core.results import Region
from anomaly_core.scoring.measurement import RegionDescription, describe_region

Vector = NDArray[np.float32]

APPEARANCE: Final = 0.35
"""Weight of the mean patch."""
RESIDUAL: Final = 0.35
"""Weight of the mean difference between patches and the nearest normal patches."""
SHAPE: Final = 0.2
"""Weight of size, elongation, solidity and contrast."""
PLACE: Final = 0.1
"""Weight of the position on an aligned part; constant for whole images."""


def region_vector(
    pixels: NDArray[np.uint8], region: Region, encoded: EncodedImage, bank: MemoryBank
) -> Vector:
    """Return the (D,) float32 unit embedding of a region of an (H, W, 3) uint8 RGB image.

    encoded: the same image. bank: of its product. D depends on the encoder only.
    """
    weights = _patch_weights(region, encoded)
    covered = weights > 0
    patches = encoded.grid[torch.from_numpy(covered)]
    nearest = bank.patches[(patches @ bank.patches.T).argmax(dim=1)]
    parts = [
        (APPEARANCE, _unit(weights[covered] @ patches.numpy())),
        (RESIDUAL, _unit(weights[covered] @ (patches - nearest).numpy())),
        (SHAPE, _shape(describe_region(pixels, region))),
        (PLACE, _place(weights, encoded)),
    ]
    vector = np.concatenate([math.sqrt(weight) * part for weight, part in parts])
    return np.ascontiguousarray(_unit(vector), dtype=np.float32)


def _patch_weights(region: Region, encoded: EncodedImage) -> NDArray[np.float64]:
    """Return (h, w) weights, summing to 1: the share of the region that each patch covers."""
    frame = encoded.frame
    h, w = encoded.grid.shape[:2]
    shown = frame.render(np.repeat(region.mask[..., None].astype(np.uint8) * 255, 3, axis=2))[..., 0]
    weights = cv2.resize(shown.astype(np.float64), (w, h), interpolation=cv2.INTER_AREA)
    total = float(weights.sum())
    # A region outside an aligned input has no patch: all patches stand for it equally.
    return np.asarray(weights / total if total > 0 else np.full((h, w), 1 / (h * w)))


def _shape(looks: RegionDescription) -> NDArray[np.float64]:
    """Return measurements as points on half circles: similarity 1 for equal ones, -1 for the extremes."""
    fractions = (
        math.log10(max(looks.area_share, 1e-4)) / -4,  # 0 for the whole image, 1 for a ten-thousandth
        min(math.log(looks.length_px / max(looks.width_px, 1.0)) / math.log(20), 1.0),
        looks.solidity,
        (max(min(looks.contrast, 60.0), -60.0) + 60.0) / 120.0,
    )
    angles = math.pi * np.clip(np.array(fractions), 0, 1)
    return np.concatenate([np.cos(angles), np.sin(angles)]) / math.sqrt(len(fractions))


def _place(weights: NDArray[np.float64], encoded: EncodedImage) -> NDArray[np.float64]:
    """Return the position along and off the axis of an aligned part; constant for whole images."""
    if not encoded.frame.aligned:
        return np.array([1.0, 0.0, 0.0, 0.0])
    h, w = weights.shape
    along = float((weights.sum(axis=0) * (np.arange(w) + 0.5)).sum()) / w
    off_axis = abs(2 * float((weights.sum(axis=1) * (np.arange(h) + 0.5)).sum()) / h - 1)
    angles = math.pi * np.array([along, off_axis])
    return np.concatenate([np.cos(angles), np.sin(angles)]) / math.sqrt(2)


def _unit(vector: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the unit vector; a zero vector, as of residuals of normal patches, stays 0."""
    length = float(np.linalg.norm(vector))
    return np.asarray(vector / length if length > 1e-8 else vector, dtype=np.float64)
