"""EfficientNet-Lite0 (arXiv 1905.11946, without squeeze-and-excitation, ReLU6 for swish) as image encoder.

Tensor names are those of the pinned checkpoint.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from anomaly_core.encoders.base import Features, features_of
from anomaly_core.encoders.inputs import fingerprint, freeze, to_input
from anomaly_core.errors import ConfigError, WeightsDamaged, WeightsMissing

STEM_CHANNELS: Final = 32
# (blocks, kernel, stride of the first, expansion, channels)
STAGES: Final = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
DEFAULT_TAPS: Final = (4, 10)
"""Block indices: 40 channels at 1/8, 112 at 1/16."""

FOLDED: Final = (
    ("_conv_stem", "_bn0"),
    ("_expand_conv", "_bn0"),
    ("_depthwise_conv", "_bn1"),
    ("_project_conv", "_bn2"),
)
"""Convolutions, each with the normalisation after it."""


class SameConv2d(nn.Conv2d):
    """Convolution with TensorFlow's SAME padding, which puts the odd pixel at the end."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """(N, C, H, W) -> (N, C', ceil(H / stride), ceil(W / stride))."""
        pads: list[int] = []
        for size, kernel, stride in zip(input.shape[:1:-1], self.kernel_size[::-1], self.stride, strict=True):
            total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            pads += [total // 2, total - total // 2]
        left, right, top, bottom = pads
        if (left, top) != (right, bottom):
            return self._convolved(functional.pad(input, pads), (0, 0))
        return self._convolved(input, (top, left))  # without a copy

    def _convolved(self, input: torch.Tensor, padding: tuple[int, int]) -> torch.Tensor:
        return functional.conv2d(input, self.weight, self.bias, self.stride, padding, 1, self.groups)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3)


def _relu6(values: torch.Tensor) -> torch.Tensor:
    """Clip values to [0, 6], in place: memory that is not allocated is what takes no time."""
    return functional.relu6(values, inplace=True)


class Block(nn.Module):
    """Inverted residual block: expand, depthwise, project; added to its input where the shapes agree."""

    def __init__(self, inside: int, outside: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inside * expansion
        self.expands = expansion != 1
        self.residual = stride == 1 and inside == outside
        if self.expands:
            self._expand_conv = nn.Conv2d(inside, wide, 1, bias=False)
            self._bn0 = _norm(wide)
        self._depthwise_conv = SameConv2d(wide, wide, kernel, stride, groups=wide, bias=False)
        self._bn1 = _norm(wide)
        self._project_conv = nn.Conv2d(wide, outside, 1, bias=False)
        self._bn2 = _norm(outside)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inside, H, W) -> (N, outside, H / stride, W / stride)."""
        y: torch.Tensor = _relu6(self._bn0(self._expand_conv(x))) if self.expands else x
        y = _relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return y.add_(x) if self.residual else y


class EfficientNetLite0(nn.Module):
    """Stem and the 16 blocks, without head and classifier."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = SameConv2d(3, STEM_CHANNELS, 3, 2, bias=False)
        self._bn0 = _norm(STEM_CHANNELS)
        self.channels: list[int] = []
        self.strides: list[int] = []
        blocks: list[nn.Module] = []
        inside, total = STEM_CHANNELS, 2
        for count, kernel, stride, expansion, outside in STAGES:
            for index in range(count):
                step = stride if index == 0 else 1
                total *= step
                blocks.append(Block(inside, outside, kernel, step, expansion))
                self.channels.append(outside)
                self.strides.append(total)
                inside = outside
        self._blocks = nn.ModuleList(blocks)

    def forward(self, x: torch.Tensor, taps: tuple[int, ...]) -> list[torch.Tensor]:
        """(N, 3, H, W) -> outputs of the blocks `taps`; later blocks are not computed."""
        x = _relu6(self._bn0(self._conv_stem(x)))
        outputs = []
        for index, block in enumerate(self._blocks[: max(taps) + 1]):
            x = block(x)
            if index in taps:
                outputs.append(x)
        return outputs

    def fold(self) -> None:
        """Fold each normalisation into the convolution before it, for inference alone."""
        for part in (self, *self._blocks):
            for convolution, norm in FOLDED:
                if hasattr(part, convolution):
                    fused = fuse_conv_bn_eval(getattr(part, convolution), getattr(part, norm))
                    setattr(part, convolution, fused)
                    setattr(part, norm, nn.Identity())


class EfficientNetEncoder:
    """GraphEncoder of a folder of the weight cache. Embedding: the deepest tap, averaged over patches.

    Its graph can be traced: at each size that the stride divides, `SameConv2d` pads by the same numbers.
    """

    mean: Final = (127.0,) * 3
    std: Final = (128.0,) * 3

    def __init__(self, folder: Path, taps: tuple[int, ...] | None = None, device: str = "cpu") -> None:
        """Load model.safetensors of a folder; taps: rising block indices in [0, 15].

        Raises WeightsMissing, WeightsDamaged, or ConfigError for invalid taps.
        """
        self._taps = taps if taps is not None else DEFAULT_TAPS
        self._device = torch.device(device)
        self._model = EfficientNetLite0()
        count = len(self._model.channels)
        if not self._taps or list(self._taps) != sorted({tap for tap in self._taps if 0 <= tap < count}):
            raise ConfigError(f"taps {self._taps}: give rising block indices from 0 to {count - 1}")
        path = folder / "model.safetensors"
        try:
            self._model.load_state_dict(load_file(path), strict=True)
        except FileNotFoundError as error:
            raise WeightsMissing(f"{path}: missing; run `iad weights pull efficientnet-lite0`") from error
        except (SafetensorError, RuntimeError) as error:
            raise WeightsDamaged(
                f"{path}: not EfficientNet-Lite0; run `iad weights pull efficientnet-lite0`"
            ) from error
        freeze(self._model, self._device)
        self.stride = self._model.strides[self._taps[-1]]
        self.channels = tuple(self._model.channels[tap] for tap in self._taps)
        self.embedding_dim = self.channels[-1]
        tapped = "+".join(map(str, self._taps))
        self.name = f"efficientnet-lite0:b{tapped}:{fingerprint(self._model)}"
        # Both about halve the time on a processor, and change features in the sixth digit.
        self._model.fold()
        self._model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @torch.inference_mode()
    def encode(self, batch: NDArray[np.uint8]) -> list[Features]:
        """Encode (B, H, W, 3) uint8 RGB; features are on the CPU. Raises ValueError for another shape."""
        inputs = to_input(batch, self.stride, self.mean, self.std, self._device)
        return features_of(self.forward(inputs), (batch.shape[1], batch.shape[2]))

    def forward(self, inputs: torch.Tensor) -> list[torch.Tensor]:
        """Return the (B, C, h, w) taps of (B, 3, H, W) normalised inputs."""
        taps: list[torch.Tensor] = self._model(inputs, self._taps)
        return taps
