"""AnomalyGPT's prompt learner: from an anomaly map to soft-prompt tokens (arXiv 2308.15366, section 3.3).

The last convolution gives a 3x3 grid, one token a cell of the answers ("top left" ... "bottom right").

Beyond the paper, each cell's level, the mean of its highest values, enters its token directly, and the level
of the whole map gives one more token. A cell's token also contains the embedding of the cell's name, times a
gate that rises with the level.
"""

from __future__ import annotations

from typing import Final, Literal

import torch
import torch.nn.functional as F
from pydantic import Field, model_validator
from torch import nn

from anomaly_core.config import Config
from anomaly_core.decoders.patches import top_share_mean

LAST_KERNEL = 5
TOP_SHARE: Final = 0.01
"""Share of a map's pixels, the highest, whose mean is its level, as for the few-shot image score."""
_LOWEST: Final = -1.0
_HIGHEST: Final = 1.5
"""Range of the bins in log ratios to the reference score: from a third of it to 4.5 times it."""


class PromptLearnerConfig(Config):
    """Architecture of the prompt learner."""

    hidden_size: int = Field(ge=1, description="C_emb, length of the language model's token embeddings")
    image_dim: int | None = Field(None, ge=1, description="length of the image embedding; unset: no token")
    use_map: bool = Field(True, description='map tokens; off for the ablation "language model alone"')
    base_tokens: int = Field(9, ge=0, description="n1, learned tokens that do not depend on the image")
    channels: tuple[int, ...] = Field((4, 16, 32, 64, 128), description="channels of the convolution blocks")
    map_size: int = Field(224, ge=1, description="side of the input map, in pixels")
    norm: Literal["batch", "none"] = Field(
        "batch", description="BatchNorm after each convolution and on the map tokens; none: as in the paper"
    )
    embedding_std: float = Field(0.136, gt=0, description="standard deviation of the token embeddings")
    token_scale: float = Field(
        2.0, gt=0, description="standard deviation of normalised map tokens, in units of embedding_std"
    )
    level_bins: int = Field(
        16, ge=0, description="bins of the levels' thermometer encoding; 0: no levels, as in the paper"
    )

    @model_validator(mode="after")
    def _fits(self) -> PromptLearnerConfig:
        if not self.channels or min(self.channels) < 1:
            raise ValueError("channels must be one or more positive numbers")
        if self.map_size % 2 ** len(self.channels) or self.grid < 1:
            raise ValueError(
                f"map_size {self.map_size} halved {len(self.channels)} times must be {LAST_KERNEL} or more"
            )
        if not (self.use_map or self.base_tokens or self.image_dim):
            raise ValueError("a prompt without map, base tokens and image embedding is empty")
        return self

    @property
    def grid(self) -> int:
        """Map tokens a side: 3 for 224 pixels and five blocks."""
        return int(self.map_size // 2 ** len(self.channels) - LAST_KERNEL + 1)

    @property
    def map_scale(self) -> float:
        """Factor on the map tokens: their standard deviation, where they are normalised."""
        return self.embedding_std * self.token_scale if self.norm == "batch" else 1.0

    @property
    def map_tokens(self) -> int:
        """n2: one token a cell, and one for the level of the whole map."""
        return self.use_map * (self.grid**2 + (self.level_bins > 0))

    @property
    def tokens(self) -> int:
        """Tokens of one soft prompt: image, base (n1) and map (n2)."""
        return (self.image_dim is not None) + self.base_tokens + self.map_tokens


class PromptLearner(nn.Module):
    """Soft prompts E_prompt = [image token, E_base, E_dec], (n, C_emb)."""

    def __init__(self, config: PromptLearnerConfig) -> None:
        super().__init__()
        self.config = config
        batch = config.norm == "batch"
        # The paper's N(0, 1); with normalisation, the scale of the language model's token embeddings.
        std = config.embedding_std if batch else 1.0
        self.base = nn.Parameter(torch.randn(config.base_tokens, config.hidden_size) * std)
        self.image: nn.Module | None = None
        if config.image_dim is not None:
            self.image = nn.Linear(config.image_dim, config.hidden_size)
        self.encoder: nn.Module | None = None
        self.cell_level: nn.Module | None = None
        self.map_level: nn.Module | None = None
        self.gate: nn.Linear | None = None
        if config.use_map:
            self.encoder = _map_encoder(config)
            if config.level_bins:
                self.gate = nn.Linear(config.level_bins, 1)
                # The gate is closed well below the reference score and open well above it.
                nn.init.constant_(self.gate.weight, 0.5)
                nn.init.zeros_(self.gate.bias)
                self.cell_level = nn.Linear(config.level_bins, config.hidden_size)
                self.map_level = nn.Linear(config.level_bins, config.hidden_size)
        # Name embedding of each cell; see `name_cells`.
        self.cells = nn.Parameter(torch.zeros(config.use_map * config.grid**2, config.hidden_size))

    def name_cells(self, words: torch.Tensor) -> None:
        """Set the name embeddings of the cells, (grid^2, C_emb)."""
        with torch.no_grad():
            self.cells.copy_(words)

    def read(self, maps: torch.Tensor) -> torch.Tensor:
        """Return the (B, n2, C_emb) map tokens of maps (B, 1, map_size, map_size) in [0, 1].

        Cells are in row-major order, the token of the whole map is last. Raises ValueError for another shape,
        or without `use_map`.
        """
        size = self.config.map_size
        if self.encoder is None:
            raise ValueError("this prompt learner does not take a map")
        if maps.shape[1:] != (1, size, size):
            raise ValueError(f"maps must be (B, 1, {size}, {size}), got {tuple(maps.shape)}")
        tokens: torch.Tensor = self.encoder(maps).flatten(2).transpose(1, 2)
        names = self.cells / self.config.map_scale
        if self.cell_level is None or self.map_level is None or self.gate is None:
            return tokens + names
        cells, whole = (
            thermometer_encoding(level, self.config.level_bins)
            for level in levels(maps[:, 0], self.config.grid)
        )
        named = torch.sigmoid(self.gate(cells)) * names
        return torch.cat([tokens + self.cell_level(cells) + named, self.map_level(whole)[:, None]], dim=1)

    def forward(self, maps: torch.Tensor | None, embeddings: torch.Tensor | None = None) -> torch.Tensor:
        """Return (B, n, C_emb) soft prompts of maps (B, 1, map_size, map_size); see `read` and `prompt`."""
        tokens = self.read(maps) if maps is not None else None
        return self.prompt(tokens, embeddings)

    def prompt(
        self, tokens: torch.Tensor | None, embeddings: torch.Tensor | None = None, *, batch: int = 1
    ) -> torch.Tensor:
        """Return (B, n, C_emb) soft prompts: the image token, the base tokens, the map tokens.

        Args:
            tokens: the result of `read`; None only without `use_map`.
            embeddings: (B, image_dim) L2-normalised image embeddings; None only without `image_dim`.
            batch: B, where neither is given.

        Raises:
            ValueError: a missing or superfluous input, or one of another shape.
        """
        config = self.config
        if (tokens is None) == config.use_map or (embeddings is None) == (config.image_dim is not None):
            raise ValueError(
                f"this prompt learner {'takes' if config.use_map else 'does not take'} a map and "
                f"{'takes' if config.image_dim else 'does not take'} an image embedding"
            )
        parts: list[torch.Tensor] = []
        batch = next((len(given) for given in (tokens, embeddings) if given is not None), batch)
        if embeddings is not None and self.image is not None:
            if embeddings.shape != (batch, config.image_dim):
                raise ValueError(
                    f"image embeddings must be (B, {config.image_dim}), got {tuple(embeddings.shape)}"
                )
            parts.append(self.image(embeddings)[:, None])
        parts.append(self.base.expand(batch, -1, -1))
        if tokens is not None:
            parts.append(config.map_scale * tokens)
        return torch.cat(parts, dim=1)


class TokenProbe(nn.Module):
    """Linear probe of the map tokens, an auxiliary loss of training.

    One linear layer predicts the anomaly of a cell from its token, another that of the image from all tokens.
    It trains the prompt learner before the language model takes part.
    """

    def __init__(self, config: PromptLearnerConfig) -> None:
        super().__init__()
        self.cells = config.grid**2
        self.cell = nn.Linear(config.hidden_size, 1)
        self.image = nn.Linear(config.map_tokens * config.hidden_size, 1)

    def forward(self, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return logits (B, grid^2) of the cells and (B,) of the image; tokens: `PromptLearner.read`."""
        return self.cell(tokens[:, : self.cells])[..., 0], self.image(tokens.flatten(1))[:, 0]


def unit_map(values: torch.Tensor, reference_score: float | torch.Tensor) -> torch.Tensor:
    """Scale distances to [0, 1), monotonically, with the reference score at 0.5: v^4 / (v^4 + r^4).

    values: distances >= 0, any shape. reference_score: score with an anomaly probability of one half,
    broadcast against `values`.
    """
    powers = (values / reference_score) ** 4
    return powers / (powers + 1)


def levels(maps: torch.Tensor, grid: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the levels of maps (B, H, W) of `unit_map`: (B, grid^2) of the cells, (B,) of the whole.

    A level is the logarithm of the mean of the highest pixels, in units of the reference score.
    """
    side = maps.shape[-1] // grid
    # The inverse of unit_map; float32 in [0, 1] resolves up to thirty times the reference score.
    ratios = (maps / (1 - maps).clamp_min(1e-6)) ** 0.25
    even = F.interpolate(ratios[:, None], size=(grid * side, grid * side), mode="bilinear")[:, 0]
    cells = even.view(-1, grid, side, grid, side).transpose(2, 3).reshape(len(maps), grid**2, side**2)

    def level(values: torch.Tensor, share: float) -> torch.Tensor:
        return top_share_mean(values, share).clamp_min(1e-3).log()

    # The same number of pixels for a cell and for the whole map.
    return level(cells, TOP_SHARE * grid**2), level(ratios.flatten(1), TOP_SHARE)


def thermometer_encoding(values: torch.Tensor, bins: int) -> torch.Tensor:
    """Return (..., bins) in (-1/2, 1/2), the soft thermometer encoding of values (...).

    Each component is a sigmoid of the value's distance to a bin centre, so that all rise with the value.
    """
    centres = torch.linspace(_LOWEST, _HIGHEST, bins, device=values.device)
    step = (_HIGHEST - _LOWEST) / max(1, bins - 1)
    return torch.sigmoid((values[..., None] - centres) / step) - 0.5


def _map_encoder(config: PromptLearnerConfig) -> nn.Sequential:
    batch = config.norm == "batch"
    layers: list[nn.Module] = []
    before = 1
    for after in config.channels:
        layers.append(nn.Conv2d(before, after, 3, padding=1))
        if batch:
            layers.append(nn.BatchNorm2d(after))
        layers += [nn.ReLU(), nn.MaxPool2d(2)]
        before = after
    layers.append(nn.Conv2d(before, config.hidden_size, LAST_KERNEL))
    if batch:
        # Without it all tokens start nearly equal, and the language model learns the sentence but not the
        # map: yes/no AUROC stays at .50 while the loss falls.
        layers.append(nn.BatchNorm2d(config.hidden_size))
    return nn.Sequential(*layers)
