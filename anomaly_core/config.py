"""Small frozen configurations; unknown keys are rejected."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict, Field


class Config(BaseModel):
    """Base of every configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FewShotConfig(Config):
    """How patches are compared; chosen by `benchmarks/selection.py`, on no set that is reported.

    tap_weights: share of each tap in the distance, shallow to deep; a tap of weight 0 is not compared.
        None: 0.8 on the deepest tap, the rest shared by the others.
    neighbourhood: side, in patches, of the window that features are averaged over (1: none).
    median_share: share of an image's median distance that is taken off its map; it helped no set that
        this was chosen on.
    top_share: the image's score is the mean of this share of its patches, the highest.
    bank_limit: most patches that a bank keeps.
    """

    tap_weights: tuple[float, ...] | None = None
    neighbourhood: int = Field(default=1, ge=1, le=9)
    median_share: float = Field(default=0.0, ge=0.0, le=1.0)
    top_share: float = Field(default=0.01, gt=0.0, le=1.0)
    bank_limit: int = Field(default=3200, ge=64)


DEFAULT_ENCODER: Final = "efficientnet-lite0"
"""Image encoder that enrols products where none is named (see weights/resolve.py for what a name may be)."""
DEFAULT_SCORERS: Final = ("few-shot", "text-aligned", "soft-prompt", "layout")


class DetectorConfig(Config):
    """How images are seen and judged.

    encoder: model id (see weights/resolve.py). input_side: the encoder input of an aligned part has about
        input_side squared pixels, that of a whole image half as many, whatever the aspect ratio.
    align: a single elongated part on a plain background is turned and cropped, see imaging/frame.py.
    alpha: the stated false-alarm rate of the verdict. review: the rate below which a person should look.
    scorers: what scores an image, in this order; those of other packages by their registered names.
    """

    encoder: str = DEFAULT_ENCODER
    input_side: int = Field(default=448, ge=64, le=2048)
    align: bool = True
    alpha: float = Field(default=0.05, gt=0.0, lt=0.5)
    review: float = Field(default=0.20, gt=0.0, lt=1.0)
    scorers: tuple[str, ...] = DEFAULT_SCORERS
    few_shot: FewShotConfig = FewShotConfig()
