"""One score of three: the few-shot map's, the text-aligned map's, and the language model's yes or no.

log(fused) = log(few-shot) + text_weight * text + language_weight * margin, where text and margin are the
log-odds of the text-aligned map and of the language model. Weights and priors are learned on simulated
anomalies by `benchmarks/fusion.py`; what a product adds are its own good images' scores (calibration.py).
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


class Fusion(Config):
    """Weights of the parts, and how fused scores of good images spread.

    prior: of one look and of close ones alike. These spread less on the few products that it was learned on,
    which is no ground for a narrower limit.
    """

    text_weight: float = Field(ge=0)
    language_weight: float = Field(ge=0)
    prior: Prior


def read_fusion(folder: Path) -> Fusion | None:
    """Return a checkpoint folder's fusion, or None where it has none. Raises WeightsDamaged."""
    path = folder / FILE
    if not path.exists():
        return None
    try:
        return Fusion.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError) as error:
        raise WeightsDamaged(f"{path}: cannot be read ({error}); make it again with `make train`.") from error


def write_fusion(folder: Path, fusion: Fusion) -> None:
    """Write a checkpoint folder's fusion, whole or not at all."""
    write_whole(folder / FILE, json.dumps(fusion.model_dump(), indent=2) + "\n")
