"""Weights of the fused score of few-shot map, text-aligned map and language model.

log(fused) = log(few-shot) + text_weight * text + language_weight * margin, where text and margin are the
log-odds of the text-aligned map and of the language model. `benchmarks/fusion.py` learns the language model's
weight on simulated anomalies, `benchmarks/one_shot.py` the prior on good images. In the shipped checkpoints
the text-aligned map has weight 0, because any other ranks images worse, see `docs/research/experiments.md`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from pydantic import Field, ValidationError

from anomaly_core.config import Config
from anomaly_core.errors import WeightsDamaged
from anomaly_core.files import write_whole
from anomaly_core.scoring.calibration import Prior

FILE: Final = "fusion.json"
MAX_MARGIN: Final = 4.0
"""Bound that the language model's log-odds of yes are clipped to; 4 is a probability of 98 %."""


class Fusion(Config):
    """Weights of the fused log-score, and the prior of its calibration."""

    text_weight: float = Field(ge=0, description="weight of the text-aligned log-odds")
    language_weight: float = Field(ge=0, description="weight of the language model's log-odds")
    prior: Prior = Field(description="of fused log-scores, for one view and for all views alike")


def read_fusion(folder: Path) -> Fusion | None:
    """Return the fusion of a checkpoint folder, or None where it has none. Raises WeightsDamaged."""
    path = folder / FILE
    if not path.exists():
        return None
    try:
        return Fusion.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError) as error:
        raise WeightsDamaged(f"{path}: cannot be read ({error}); make it again with `make train`.") from error


def write_fusion(folder: Path, fusion: Fusion) -> None:
    """Write the fusion of a checkpoint folder, atomically."""
    write_whole(folder / FILE, json.dumps(fusion.model_dump(), indent=2) + "\n")
