"""The image-encoder and text-encoder Protocols, and the features of an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray


@dataclass(frozen=True)
class Features:
    """Features of one image.

    taps: one (C, h, w) float32 tensor a tap, shallow to deep; h x w may differ between taps.
    embedding: (D,) float32 of the whole image, L2-normalised.
    input_size: (height, width) of the encoder's input in pixels.
    weights: of the taps' distances, where the encoder has its own; see `FewShotConfig.tap_weights`.
    """

    taps: tuple[torch.Tensor, ...]
    embedding: torch.Tensor
    input_size: tuple[int, int]
    weights: tuple[float, ...] | None = None


@runtime_checkable
class ImageEncoder(Protocol):
    """A frozen image encoder for inputs of any size that is a multiple of its stride.

    Other packages register their own by name, see `encoders.registry.IMAGE_ENCODERS`.
    """

    @property
    def name(self) -> str:
        """Stable identity of model, weights and taps; equal names give equal features."""
        ...

    @property
    def stride(self) -> int:
        """Pixels that both sides of the input are multiples of."""
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
        """Encode (B, H, W, 3) uint8 RGB images, whose sides are multiples of the stride, in one forward pass.

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
    """Return whether both encoders are towers of one model, so that image and text embeddings compare."""
    model, tower, _ = text.name.partition(":text:")
    return bool(tower) and image.name.startswith(f"{model}:") and image.embedding_dim == text.embedding_dim
