"""Two image encoders as one: the taps of both, for maps in which each sees what the other misses."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from anomaly_core.encoders.base import Features, ImageEncoder
from anomaly_core.encoders.inputs import unit


class PairEncoder:
    """ImageEncoder of two encoders that see the same input; the second one's grid is that of the patches.

    The second sees the input resized to the nearest multiple of its stride. All taps count alike. The
    embedding joins both, with equal parts in a cosine.
    """

    def __init__(self, first: ImageEncoder, second: ImageEncoder) -> None:
        self._first, self._second = first, second
        self.stride = first.stride
        self.channels = (*first.channels, *second.channels)
        self.embedding_dim = first.embedding_dim + second.embedding_dim
        self.name = f"{first.name}+{second.name}"

    def encode(self, batch: NDArray[np.uint8]) -> list[Features]:
        """Encode (B, H, W, 3) uint8 RGB images; see `ImageEncoder.encode`."""
        ones = self._first.encode(batch)
        stride = self._second.stride
        height, width = (max(1, round(side / stride)) * stride for side in batch.shape[1:3])
        others = self._second.encode(np.stack([_resized(image, height, width) for image in batch]))
        return [
            replace(
                one,
                taps=(*one.taps, *other.taps),
                weights=(1.0,) * len(self.channels),
                embedding=unit(torch.cat([one.embedding, other.embedding])),
            )
            for one, other in zip(ones, others, strict=True)
        ]


def _resized(image: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    if image.shape[:2] == (height, width):
        return image
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
