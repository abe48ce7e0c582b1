"""The image-encoder and text-encoder Protocols, and the features of an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray

from anomaly_core.encoders.inputs import unit


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
class GraphEncoder(ImageEncoder, Protocol):
    """An image encoder that is one graph from normalised pixels to taps, which other runtimes can compute."""

    @property
    def mean(self) -> Sequence[float]:
        """Of each colour's pixels, in [0, 255]; taken from them before they enter the graph."""
        ...

    @property
    def std(self) -> Sequence[float]:
        """Of each colour's pixels, in [0, 255]; they are divided by it after that."""
        ...

    def forward(self, inputs: torch.Tensor) -> Sequence[torch.Tensor]:
        """Return the (B, C, h, w) taps of (B, 3, H, W) float32 inputs. Can be traced at any size."""
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


def features_of(taps: Sequence[torch.Tensor], size: tuple[int, int]) -> list[Features]:
    """Return the features of each image of a batch, on the CPU; the embedding is the deepest tap's mean.

    taps: (B, C, h, w) float32 each. size: (height, width) of the encoder's input.
    """
    taps = [tap.contiguous().cpu() for tap in taps]
    embeddings = unit(taps[-1].mean(dim=(2, 3)))
    return [Features(tuple(t[i] for t in taps), each, size) for i, each in enumerate(embeddings)]


def share_space(image: ImageEncoder, text: TextEncoder) -> bool:
    """Return whether both encoders are towers of one model, so that image and text embeddings compare."""
    model, tower, _ = text.name.partition(":text:")
    return bool(tower) and image.name.startswith(f"{model}:") and image.embedding_dim == text.embedding_dim
