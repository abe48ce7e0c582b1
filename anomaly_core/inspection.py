"""The result of inspecting one image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from anomaly_core.decoders.patches import EncodedImage
from anomaly_core.results import AnomalyMap, LanguageAnswer, Region, Verdict
from anomaly_core.scoring.scorer import Score


@dataclass(frozen=True, eq=False)
class Inspection:
    """One inspected image.

    regions: layout findings, then areas of the map, each strongest first; none where the part is clearly
        normal. scores: by scorer. language: the language model's answer. image: the encoded image.
    timings_ms: milliseconds of "encode", "decode" and "llm".
    """

    verdict: Verdict
    anomaly_map: AnomalyMap
    regions: tuple[Region, ...]
    scores: Mapping[str, Score]
    language: LanguageAnswer
    image: EncodedImage
    timings_ms: Mapping[str, float]
