"""Small frozen configurations; unknown keys are rejected."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Config(BaseModel):
    """Base of every configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DetectorConfig(Config):
    """How images are seen and judged.

    encoder: model id (see weights.py). input_side: the encoder input has about input_side squared
    pixels, whatever the aspect ratio. alpha: the stated false-alarm rate of the verdict.
    """

    encoder: str = "efficientnet-lite0"
    input_side: int = Field(default=448, ge=64, le=2048)
    alpha: float = Field(default=0.05, gt=0.0, lt=0.5)
    seed: int = 0
