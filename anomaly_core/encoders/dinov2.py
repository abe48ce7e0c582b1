"""DINOv2 of a local folder in plain torch (arXiv 2304.07193).

The transformers library computes the same, as tests compare, and serves other families and the hub. Its
import takes twice as long as torch's, and every inspection would pay for it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file

from anomaly_core.encoders.base import Features, features_of
from anomaly_core.encoders.inputs import IMAGENET, check_layers, fingerprint_of, to_input
from anomaly_core.errors import WeightsDamaged, WeightsMissing

FILES: Final = ("config.json", "model.safetensors")


class DinoV2Encoder:
    """GraphEncoder of a folder in the format of the transformers library, without register tokens.

    Tap i is the hidden state after layer i, patch tokens only. The embedding is the deepest mean patch. The
    graph can be traced: no size decides what is computed.
    """

    mean: Final = tuple(255 * value for value in IMAGENET[0])
    std: Final = tuple(255 * value for value in IMAGENET[1])

    def __init__(
        self, folder: Path, taps: tuple[int, ...] | None = None, device: str = "cpu", label: str = ""
    ) -> None:
        """Load a folder. taps: rising layer numbers from 1; the config's `iad_taps` if None.

        Raises WeightsMissing, WeightsDamaged, or ConfigError for invalid taps.
        """
        config, self._weights = _read(folder)
        self._device = torch.device(device)
        layers = int(config["num_hidden_layers"])
        self._taps = check_layers(taps or tuple(config.get("iad_taps") or (layers,)), layers)
        self._heads, self._epsilon = int(config["num_attention_heads"]), float(config["layer_norm_eps"])
        self.stride, width = int(config["patch_size"]), int(config["hidden_size"])
        self.channels = (width,) * len(self._taps)
        self.embedding_dim = width
        tapped = "+".join(map(str, self._taps))
        self.name = f"{label or folder}:h{tapped}:{fingerprint_of(self._weights)}"
        self._side = round((self._weights["embeddings.position_embeddings"].shape[1] - 1) ** 0.5)
        self._weights = {name: tensor.to(self._device) for name, tensor in self._weights.items()}

    @torch.inference_mode()
    def encode(self, batch: NDArray[np.uint8]) -> list[Features]:
        """Encode (B, H, W, 3) uint8 RGB; features are on the CPU. Raises ValueError for another shape."""
        inputs = to_input(batch, self.stride, self.mean, self.std, self._device)
        return features_of(self.forward(inputs), (batch.shape[1], batch.shape[2]))

    def forward(self, inputs: torch.Tensor) -> list[torch.Tensor]:
        """Return the (B, C, H / stride, W / stride) taps of (B, 3, H, W) normalised inputs."""
        tokens = self._embed(inputs)
        grid = (inputs.shape[2] // self.stride, inputs.shape[3] // self.stride)
        taps = []
        for number in range(1, self._taps[-1] + 1):
            tokens = self._layer(tokens, f"encoder.layer.{number - 1}.")
            if number in self._taps:
                patches = tokens[:, 1:].transpose(1, 2)
                taps.append(patches.reshape(*patches.shape[:2], *grid))
        return taps

    def _embed(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the (B, 1 + h * w, C) tokens of (B, 3, H, W) inputs, with their positions."""
        weights = self._weights
        projection = "embeddings.patch_embeddings.projection."
        patches = F.conv2d(
            inputs, weights[f"{projection}weight"], weights[f"{projection}bias"], stride=self.stride
        )
        positions = weights["embeddings.position_embeddings"]
        known = positions[:, 1:].reshape(1, self._side, self._side, -1).permute(0, 3, 1, 2)
        known = F.interpolate(known, size=patches.shape[2:], mode="bicubic", align_corners=False)
        tokens = (patches + known).flatten(2).transpose(1, 2)
        first = (weights["embeddings.cls_token"] + positions[:, :1]).expand(tokens.shape[0], -1, -1)
        return torch.cat([first, tokens], dim=1)

    def _layer(self, tokens: torch.Tensor, name: str) -> torch.Tensor:
        """Return the tokens after one layer; name: prefix of its weights."""
        attended = self._attend(self._norm(tokens, f"{name}norm1"), f"{name}attention.")
        tokens = tokens + attended * self._weights[f"{name}layer_scale1.lambda1"]
        hidden = F.gelu(self._linear(self._norm(tokens, f"{name}norm2"), f"{name}mlp.fc1"))
        return tokens + self._linear(hidden, f"{name}mlp.fc2") * self._weights[f"{name}layer_scale2.lambda1"]

    def _attend(self, tokens: torch.Tensor, name: str) -> torch.Tensor:
        shape = (*tokens.shape[:2], self._heads, -1)
        query, key, value = (
            self._linear(tokens, f"{name}attention.{part}").view(shape).transpose(1, 2)
            for part in ("query", "key", "value")
        )
        mixed = F.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)
        return self._linear(mixed, f"{name}output.dense")

    def _linear(self, tokens: torch.Tensor, name: str) -> torch.Tensor:
        return F.linear(tokens, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _norm(self, tokens: torch.Tensor, name: str) -> torch.Tensor:
        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        return F.layer_norm(tokens, weight.shape, weight, bias, self._epsilon)


def _read(folder: Path) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """Return the configuration and the float32 weights of a folder."""
    config, weights = (folder / name for name in FILES)
    try:
        found = json.loads(config.read_text(encoding="utf-8"))
        return found, {name: tensor.float() for name, tensor in load_file(weights).items()}
    except FileNotFoundError as error:
        raise WeightsMissing(f"{error.filename or weights}: missing; fetch the model again") from error
    except (OSError, ValueError, SafetensorError) as error:
        raise WeightsDamaged(f"{folder}: cannot be read ({error}); fetch the model again") from error
