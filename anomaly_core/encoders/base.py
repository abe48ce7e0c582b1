"""The image-encoder and text-encoder Protocols, and what they return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray


@dataclass(frozen=True)
class Features:
    """One image, encoded once.

    taps: one (C, h, w) float32 tensor a tap, shallow to deep; h x w may differ between taps.
    embedding: (D,) float32, L2-normalised, the whole image in one vector.
    input_size: (height, width) of the encoder's input in pixels.
    """

    taps: tuple[torch.Tensor, ...]
    embedding: torch.Tensor
    input_size: tuple[int, int]


@runtime_checkable
class ImageEncoder(Protocol):
    """A frozen image encoder that accepts inputs of any size that is a multiple of its stride.

    Code outside the packages registers its own by name, see `encoders.registry.IMAGE_ENCODERS`.
    """

    @property
    def name(self) -> str:
        """Stable identity: model, weights and taps. Two encoders of one name give equal features."""
        ...

    @property
    def stride(self) -> int:
        """Both sides of the input must be multiples of this, in pixels."""
        ...

    @property
    def channels(self) -> tuple[int, ...]:
        """Channels of each tap."""
        ...

    @property
    def embedding_dim(self) -> int:
        """Length of the image embedding."""
        ...

    def encode(self, batch: NDArray[np.uint8]) -> list[Features]:
        """Encode (B, H, W, 3) uint8 RGB images whose sides are multiples of the stride, in one pass.

        Raises ValueError for another shape or dtype.
        """
        ...


@runtime_checkable
class TextEncoder(Protocol):
    """A frozen text encoder."""

    @property
    def name(self) -> str:
        """Stable identity of model and weights."""
        ...

    @property
    def embedding_dim(self) -> int:
        """Length of a text embedding."""
        ...

    def encode_text(self, texts: list[str]) -> torch.Tensor:
        """Return (n, D) float32 embeddings, L2-normalised."""
        ...


def encode_one(encoder: ImageEncoder, pixels: NDArray[np.uint8]) -> Features:
    """Encode one (H, W, 3) uint8 RGB image; see `ImageEncoder.encode`."""
    return encoder.encode(pixels[None])[0]


def share_space(image: ImageEncoder, text: TextEncoder) -> bool:
    """Return whether an image and its description lie near each other: two towers of one model."""
    model, tower, _ = text.name.partition(":text:")
    return bool(tower) and image.name.startswith(f"{model}:") and image.embedding_dim == text.embedding_dim
