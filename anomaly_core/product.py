"""What is kept of an enrolled product, and how a score of it is judged."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from anomaly_core.decoders.memory_bank import MemoryBank
from anomaly_core.inspection import Array, Region, Verdict
from anomaly_core.scoring.calibration import Calibration
from anomaly_core.scoring.regions import MOST_REGIONS, find_regions


@dataclass(frozen=True)
class LanguageCalibration:
    """How the language model's answer counts for a product.

    calibration: of a close look's raw score x exp(weight x margin). weight: see fusion.py. model: the
    language model's name.
    """

    calibration: Calibration
    weight: float
    model: str


@dataclass(frozen=True)
class ProductModel:
    """What was learned of a product from its good images alone.

    calibration: of one look's raw score. language: of a close look's with the language model's answer, or
    None.
    even_odds: in the map's unit, the score at which an anomaly is as likely as not; language models are shown
    maps in units of it.
    pixel_threshold: in the map's unit; a pixel beyond it is beyond the normal images' highest pixels. Both
    are of close looks where `language` is, and several images were.
    cluttered: good images have other pieces beside the part, so that these are no anomaly.
    made_by: what of the detector's settings the numbers hold for.
    """

    bank: MemoryBank
    calibration: Calibration
    even_odds: float
    pixel_threshold: float
    cluttered: bool
    made_by: str
    language: LanguageCalibration | None = None
    version: str = ""

    def judge(self, raw_score: float, margin: float | None = None) -> Verdict:
        """Return the calibrated verdict of a raw score, and of the language model's answer to it, if any.

        margin: log p(Yes) - log p(No) of the model that `language` names; the score is a close look's then.
        """
        if margin is None or self.language is None:
            return self.calibration.judge(raw_score)
        return self.language.calibration.judge(raw_score * math.exp(self.language.weight * margin))

    def region_threshold(self, values: Array) -> float:
        """Return the value from which a pixel of this (H, W) map belongs to a region.

        Half-way from the map's median to its peak bounds a defect where its blurred outline falls by
        half; what is fainter, or within the good images' range, is not a region of its own.
        """
        coarse = values[::4, ::4]
        shown = coarse[coarse > 0]
        base = float(np.median(shown)) if shown.size else 0.0
        return max(self.pixel_threshold, (base + float(values.max())) / 2)

    def strongest_threshold(self, values: Array) -> float:
        """Return `region_threshold`, lowered where it must be for this map to have a region at all.

        A part can be anomalous as a whole while no pixel stands out: then its peak is shown.
        """
        return min(self.region_threshold(values), 0.8 * float(values.max()))

    def regions(self, values: Array, *, most: int = MOST_REGIONS) -> list[Region]:
        """Return what stands out in this (H, W) map, strongest first: at least one region, at most `most`."""
        threshold = self.strongest_threshold(values)
        return find_regions(values, threshold=threshold, max_regions=most, scale=self.pixel_threshold)

    def to_parts(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the arrays and the numbers to store; `from_parts` makes the same model of them."""
        meta = {
            "calibration": asdict(self.calibration),
            "even_odds": self.even_odds,
            "pixel_threshold": self.pixel_threshold,
            "cluttered": self.cluttered,
            "made_by": self.made_by,
            "language": None if self.language is None else asdict(self.language),
        }
        return {"bank": self.bank.patches.half().numpy()}, meta

    @classmethod
    def from_parts(
        cls, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any], version: str = ""
    ) -> ProductModel:
        """Return the model that `to_parts` gave."""
        language = meta["language"]
        return cls(
            bank=MemoryBank(torch.from_numpy(arrays["bank"].astype(np.float32))),
            calibration=Calibration(**meta["calibration"]),
            even_odds=float(meta["even_odds"]),
            pixel_threshold=float(meta["pixel_threshold"]),
            cluttered=bool(meta["cluttered"]),
            made_by=str(meta["made_by"]),
            language=language
            and LanguageCalibration(
                Calibration(**language["calibration"]), float(language["weight"]), str(language["model"])
            ),
            version=version,
        )
