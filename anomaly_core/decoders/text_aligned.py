"""The text-aligned decoder of AnomalyGPT.

A linear layer maps each tap's patches to the text encoder's space, where they are compared with a normal and
an abnormal text vector.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch
from torch import nn
from torch.nn import functional as F

from anomaly_core.decoders.patches import top_share_mean
from anomaly_core.decoders.prompts import ABNORMAL_STATES, NORMAL_STATES, compose
from anomaly_core.encoders.base import TextEncoder
from anomaly_core.errors import ConfigError

TEMPERATURE: Final = 100.0


def text_vectors(text_encoder: TextEncoder, product: str = "") -> torch.Tensor:
    """Return (2, D) float32, L2-normalised: the normal and the abnormal vector of a product.

    Each is the normalised mean of the embeddings of all its prompts, see `prompts.compose`.
    """
    rows = []
    for states in (NORMAL_STATES, ABNORMAL_STATES):
        embeddings = F.normalize(text_encoder.encode_text(compose(states, product)).float(), dim=-1)
        rows.append(F.normalize(embeddings.mean(0), dim=0))
    return torch.stack(rows)


class TextAlignedDecoder(nn.Module):
    """One linear layer a tap, 100 x cosine with the two text vectors, softmax, the abnormal channel.

    Args:
        channels: C_i of each tap, in the encoder's order.
        text: (2, D) normal and abnormal text vectors, saved with the weights.

    Raises:
        ConfigError: no tap, or text vectors of another shape.
    """

    text: torch.Tensor

    def __init__(self, channels: Sequence[int], text: torch.Tensor) -> None:
        super().__init__()
        if not channels or text.ndim != 2 or text.shape[0] != 2:
            raise ConfigError(
                f"a text-aligned decoder needs taps and (2, D) text vectors, got {tuple(text.shape)}."
            )
        self.linears = nn.ModuleList(nn.Linear(c, text.shape[1]) for c in channels)
        self.register_buffer("text", text.float().clone())

    def forward(self, taps: Sequence[torch.Tensor], text: torch.Tensor | None = None) -> list[torch.Tensor]:
        """Return the abnormal channel of each tap, (B, h_i, w_i) in [0, 1].

        taps: (B, C_i, h_i, w_i) float tensors. text: (2, D) or (B, 2, D) text vectors in place of the saved
        ones. Raises ValueError for another number of taps.
        """
        if len(taps) != len(self.linears):
            raise ValueError(f"expected {len(self.linears)} taps, got {len(taps)}")
        vectors = self.text if text is None else text
        vectors = F.normalize(vectors, dim=-1).expand(taps[0].shape[0], -1, -1)
        maps = []
        for tap, linear in zip(taps, self.linears, strict=True):
            patches = F.normalize(linear(tap.permute(0, 2, 3, 1)), dim=-1)  # (B, h, w, D)
            # softmax(F_i F_text^T), arXiv 2308.15366 eq. 1; the temperature is CLIP's.
            cosine = torch.einsum("bhwd,bkd->bkhw", patches, vectors)
            maps.append((TEMPERATURE * cosine).softmax(dim=1)[:, 1])
        return maps

    def patch_map(self, taps: Sequence[torch.Tensor], text: torch.Tensor | None = None) -> torch.Tensor:
        """Return (B, h, w) in [0, 1]: the mean over taps on the largest tap's patch grid."""
        maps = self(taps, text)
        grid = max((tuple(m.shape[1:]) for m in maps), key=lambda s: s[0] * s[1])
        return mean_of_taps(maps, (grid[0], grid[1]))

    def anomaly_map(
        self, taps: Sequence[torch.Tensor], size: tuple[int, int], text: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return (B, H, W) in [0, 1] at `size` = (H, W): M = Upsample(mean over taps), eq. 1."""
        return mean_of_taps(self(taps, text), size)


def mean_of_taps(maps: Sequence[torch.Tensor], size: tuple[int, int]) -> torch.Tensor:
    """Upsample (B, h_i, w_i) maps bilinearly to `size` and return their mean, (B, H, W)."""
    return torch.stack([upsample(m, size) for m in maps]).mean(0)


def upsample(values: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Resize (B, h, w) bilinearly to (B, H, W)."""
    if tuple(values.shape[-2:]) == size:
        return values
    return F.interpolate(values[:, None], size=size, mode="bilinear", align_corners=False)[:, 0]


def log_odds(values: torch.Tensor, share: float) -> float:
    """Return the log-odds of the mean of the highest `share` of an (h, w) map in [0, 1]."""
    return float(torch.logit(top_share_mean(values.flatten(), share).double(), eps=1e-6))
