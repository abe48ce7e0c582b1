"""Anomaly map -> soft prompt tokens: AnomalyGPT's prompt learner (arXiv 2308.15366, section 3.3).

The last convolution leaves a 3x3 grid, one token a cell of the answers' "top left" ... "bottom
right". Its width is the language model's hidden size, whatever that is.

Beyond the paper, each cell's highest values also reach its token directly, and those of the whole map one
token more: a frozen language model reads a graded level where it overlooks the shape of a map. A cell's token
is its name, the louder the higher the cell's level.
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
"""A map's level is the mean of this share of its pixels, the highest, as the few-shot image score is."""
_LOWEST: Final = -1.0
_HIGHEST: Final = 1.5
"""Range of the knots, in logarithms of even odds: a third of it to more than four times."""


class PromptLearnerConfig(Config):
    """Shapes of the prompt learner.

    hidden_size: C_emb, the language model's. image_dim: length of the image embedding, or None for
    no image token. use_map: whether the map gives tokens (off for the ablation "LLM alone").
    base_tokens: n1, free tokens. channels: of the blocks of convolution and halving, after the map's
    one. norm: "batch" is BatchNorm after each convolution and on the map tokens, which then stand
    out from word embeddings by `token_scale`; "none" is the paper's plain form. embedding_std: of
    the language model's token table. token_scale: standard deviation of the map tokens, in units of
    `embedding_std`. level_knots: how finely levels are coded; 0 is the paper's form without them.
    """

    hidden_size: int = Field(ge=1)
    image_dim: int | None = Field(default=None, ge=1)
    use_map: bool = True
    base_tokens: int = Field(default=9, ge=0)
    channels: tuple[int, ...] = (4, 16, 32, 64, 128)
    map_size: int = Field(default=224, ge=1)
    norm: Literal["batch", "none"] = "batch"
    embedding_std: float = Field(default=0.136, gt=0)
    token_scale: float = Field(default=2.0, gt=0)
    level_knots: int = Field(default=16, ge=0)

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
        """Map tokens a side: 3 for the paper's 224 pixels and five blocks."""
        return int(self.map_size // 2 ** len(self.channels) - LAST_KERNEL + 1)

    @property
    def map_scale(self) -> float:
        """Standard deviation of the map tokens, where they are normalised."""
        return self.embedding_std * self.token_scale if self.norm == "batch" else 1.0

    @property
    def map_tokens(self) -> int:
        """n2: one a cell, and one of the whole map where levels are coded."""
        return self.use_map * (self.grid**2 + (self.level_knots > 0))

    @property
    def tokens(self) -> int:
        """Tokens of one soft prompt: image, base (n1) and map (n2)."""
        return (self.image_dim is not None) + self.base_tokens + self.map_tokens


class PromptLearner(nn.Module):
    """E_prompt = [image token, E_base, E_dec], (n, C_emb)."""

    def __init__(self, config: PromptLearnerConfig) -> None:
        super().__init__()
        self.config = config
        batch = config.norm == "batch"
        # The paper's N(0, 1); with normalisation, the scale at which the language model's words lie.
        std = config.embedding_std if batch else 1.0
        self.base = nn.Parameter(torch.randn(config.base_tokens, config.hidden_size) * std)
        self.image: nn.Module | None = None
        if config.image_dim is not None:
            self.image = nn.Linear(config.image_dim, config.hidden_size)
        self.encoder: nn.Module | None = None
        self.cell_level: nn.Module | None = None
        self.map_level: nn.Module | None = None
        self.loudness: nn.Linear | None = None
        if config.use_map:
            self.encoder = _map_encoder(config)
            if config.level_knots:
                self.loudness = nn.Linear(config.level_knots, 1)
                # From silent well below even odds to full well beyond.
                nn.init.constant_(self.loudness.weight, 0.5)
                nn.init.zeros_(self.loudness.bias)
                self.cell_level = nn.Linear(config.level_knots, config.hidden_size)
                self.map_level = nn.Linear(config.level_knots, config.hidden_size)
        # What each cell's token starts from; `name_cells` makes it the word of its cell.
        self.cells = nn.Parameter(torch.zeros(config.use_map * config.grid**2, config.hidden_size))

    def name_cells(self, words: torch.Tensor) -> None:
        """Let each cell's token start as its cell's name: (grid^2, C_emb) word embeddings."""
        with torch.no_grad():
            self.cells.copy_(words)

    def read(self, maps: torch.Tensor) -> torch.Tensor:
        """Return (B, n2, C_emb), what is read of maps (B, 1, map_size, map_size) in [0, 1].

        Row by row, as the cells are counted, the whole map last. Raises ValueError for another shape, or
        without `use_map`.
        """
        size = self.config.map_size
        if self.encoder is None:
            raise ValueError("this prompt learner does not take a map")
        if maps.shape[1:] != (1, size, size):
            raise ValueError(f"maps must be (B, 1, {size}, {size}), got {tuple(maps.shape)}")
        tokens: torch.Tensor = self.encoder(maps).flatten(2).transpose(1, 2)
        names = self.cells / self.config.map_scale
        if self.cell_level is None or self.map_level is None or self.loudness is None:
            return tokens + names
        cells, whole = (
            coded(level, self.config.level_knots) for level in levels(maps[:, 0], self.config.grid)
        )
        named = torch.sigmoid(self.loudness(cells)) * names
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
            tokens: what `read` gave; None only without `use_map`.
            embeddings: (B, image_dim) L2-normalised image embeddings; None only without `image_dim`.
            batch: B, where neither is given.

        Raises:
            ValueError: an input that is missing, not wanted, or of another shape.
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
    """A linear reading of the map tokens, for training alone: what they tell must be there to be read.

    One linear layer reads from each token how anomalous its cell is, another from all of them how anomalous
    the image is. It costs next to nothing, so the prompt learner can learn to see before the language
    model learns to read.
    """

    def __init__(self, config: PromptLearnerConfig) -> None:
        super().__init__()
        self.cells = config.grid**2
        self.cell = nn.Linear(config.hidden_size, 1)
        self.image = nn.Linear(config.map_tokens * config.hidden_size, 1)

    def forward(self, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return logits (B, grid^2) of the cells and (B,) of the image; tokens: `PromptLearner.read`."""
        return self.cell(tokens[:, : self.cells])[..., 0], self.image(tokens.flatten(1))[:, 0]


def unit_map(values: torch.Tensor, even_odds: float | torch.Tensor) -> torch.Tensor:
    """Scale distances to [0, 1) so that even odds of an anomaly are 0.5 for every product and decoder.

    values: distances >= 0, any shape. even_odds: the score at which an anomaly is as likely as not, broadcast
    against `values`. v^4 / (v^4 + e^4) is steep where the answer is decided, and keeps the order beyond.
    """
    powers = (values / even_odds) ** 4
    return powers / (powers + 1)


def levels(maps: torch.Tensor, grid: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the levels of maps (B, H, W) from `unit_map`: (B, grid^2) of the cells, (B,) of the whole.

    A level is the logarithm of the mean ratio to even odds over the highest pixels: 0 at even odds.
    """
    side = maps.shape[-1] // grid
    # unit_map undone. Beyond thirty times even odds a float32 in [0, 1] tells no more.
    ratios = (maps / (1 - maps).clamp_min(1e-6)) ** 0.25
    even = F.interpolate(ratios[:, None], size=(grid * side, grid * side), mode="bilinear")[:, 0]
    cells = even.view(-1, grid, side, grid, side).transpose(2, 3).reshape(len(maps), grid**2, side**2)

    def level(values: torch.Tensor, share: float) -> torch.Tensor:
        return top_share_mean(values, share).clamp_min(1e-3).log()

    # As many pixels make a cell anomalous as make the whole so.
    return level(cells, TOP_SHARE * grid**2), level(ratios.flatten(1), TOP_SHARE)


def coded(values: torch.Tensor, knots: int) -> torch.Tensor:
    """Return (..., knots) in (-1/2, 1/2): how far each level (...) lies beyond each knot.

    Every knot's code rises with the level, so that what is linear in them can be graded over the whole range.
    """
    places = torch.linspace(_LOWEST, _HIGHEST, knots, device=values.device)
    step = (_HIGHEST - _LOWEST) / max(1, knots - 1)
    return torch.sigmoid((values[..., None] - places) / step) - 0.5


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
        # Without it the tokens start so near one another that the language model learns the
        # sentence and never the map: yes/no AUROC stayed at .50 while the loss fell.
        layers.append(nn.BatchNorm2d(config.hidden_size))
    return nn.Sequential(*layers)
