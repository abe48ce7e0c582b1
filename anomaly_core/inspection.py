"""What the inspection of one image gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from anomaly_core.decoders.patches import EncodedImage
from anomaly_core.results import AnomalyMap, Reading, Region, Verdict
from anomaly_core.scoring.scorer import Score


@dataclass(frozen=True, eq=False)
class Inspection:
    """One inspected image: everything that later steps use, computed once.

    regions: strongest first; findings of the layout before areas of the map. None where the part is clearly
        normal. scores: each scorer's, by its name. reading: the language model's. image: the encoded image.
    timings_ms: milliseconds of "encode", "decode" and "llm".
    """

    verdict: Verdict
    anomaly_map: AnomalyMap
    regions: tuple[Region, ...]
    scores: Mapping[str, Score]
    reading: Reading
    image: EncodedImage
    timings_ms: Mapping[str, float]
