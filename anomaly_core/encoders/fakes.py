"""Fake encoders with fixed random weights, for tests, examples and `iad doctor`."""

from __future__ import annotations

import hashlib
import re
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from anomaly_core.encoders.base import Features, features_of
from anomaly_core.encoders.inputs import freeze, to_input, unit


class TinyEncoder:
    """A fake GraphEncoder: three random convolutions, fixed by the seed; about 1 ms an image."""

    stride: Final = 16
    channels: Final = (16, 24)
    embedding_dim: Final = 24
    mean: Final = (127.5,) * 3
    std: Final = (127.5,) * 3

    def __init__(self, seed: int = 0) -> None:
        self.name = f"tiny-fake-{seed}"
        generator = torch.Generator().manual_seed(seed)
        self._device = torch.device("cpu")
        self._stem = torch.nn.Conv2d(3, 8, 4, stride=4)
        self._shallow = torch.nn.Conv2d(8, self.channels[0], 2, stride=2)
        self._deep = torch.nn.Conv2d(self.channels[0], self.channels[1], 2, stride=2)
        for layer in (self._stem, self._shallow, self._deep):
            fan_in = layer.weight[0].numel()
            layer.weight.data = torch.randn(layer.weight.shape, generator=generator) * (2 / fan_in) ** 0.5
            layer.bias.data.zero_()  # type: ignore[union-attr]
            freeze(layer, self._device)

    @torch.inference_mode()
    def encode(self, batch: NDArray[np.uint8]) -> list[Features]:
        """Return features with taps (16, H/8, W/8) and (24, H/16, W/16); see `ImageEncoder.encode`."""
        inputs = to_input(batch, self.stride, self.mean, self.std, self._device)
        return features_of(self.forward(inputs), (batch.shape[1], batch.shape[2]))

    def forward(self, inputs: torch.Tensor) -> list[torch.Tensor]:
        """Return both taps of (B, 3, H, W) normalised inputs."""
        shallow = torch.tanh(self._shallow(torch.relu(self._stem(inputs))))
        return [shallow, torch.tanh(self._deep(shallow))]


class TinyTextEncoder:
    """A fake TextEncoder: the sum of one random vector a word, so that shared words give similarity."""

    name: Final = "tiny-text-fake"
    embedding_dim: Final = 64

    def encode_text(self, texts: list[str]) -> torch.Tensor:
        """Return (n, 64) float32, L2-normalised."""
        rows = [self._bag(re.findall(r"\w+", text.lower()) or [""]) for text in texts]
        return unit(torch.stack(rows)) if rows else torch.zeros(0, self.embedding_dim)

    def _bag(self, words: list[str]) -> torch.Tensor:
        total = np.zeros(self.embedding_dim)
        for word in words:
            seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
            total += np.random.default_rng(seed).standard_normal(self.embedding_dim)
        return torch.from_numpy(total.astype(np.float32))
