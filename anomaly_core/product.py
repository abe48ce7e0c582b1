"""What is kept of an enrolled product, and how an image's scores are judged by it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from anomaly_core.decoders.memory_bank import MemoryBank
from anomaly_core.errors import ConfigError, WeightsDamaged, WeightsMissing
from anomaly_core.files import make_folder, write_whole
from anomaly_core.results import Array, Region, Verdict
from anomaly_core.scorers.few_shot import FOREIGN_OBJECT, PIXEL_RATE, bank_of
from anomaly_core.scoring.calibration import Calibration
from anomaly_core.scoring.regions import MOST_REGIONS, find_regions
from anomaly_core.scoring.scorer import FEW_SHOT, SOFT_PROMPT, Finding, Score, State

INDEPENDENT_SHARE: Final = 0.2
"""Share of the false-alarm rate for the scorers that have a calibration of their own."""
FIRMEST: Final = 10.0
"""Log-odds of yes and no beyond which the language model's answers do not go."""
ARRAYS: Final = "product.safetensors"
META: Final = "product.json"
_ENROL_AGAIN: Final = "enrol the product again"


@dataclass(frozen=True, eq=False)
class ProductModel:
    """What was learned of a product from its good images alone.

    states: of each scorer that applies, by name. weights: of the scorers that make the fused log-score.
    calibration: of the fused log-score in one view, without the language model. reading_calibration: of that
        of all views with the language model's answer, or None where it was not asked at enrolment.
    independent: of the log-scores of the scorers that have no weight.
    alpha, review: rates where a call gives none, see `Verdict`.
    embeddings: (n, D) float32 of the good images. view_embeddings: (m, D) of changed views of them.
    good_scores: each scorer's scores of the good images against one another, (n,) or fewer.
    fingerprint: what of the model these numbers hold for. notes: what a person should know of the fit.
    version: of the store that it was read from, or "".
    """

    states: Mapping[str, State]
    weights: Mapping[str, float]
    calibration: Calibration
    reading_calibration: Calibration | None
    independent: Mapping[str, Calibration]
    alpha: float
    review: float
    embeddings: Array
    view_embeddings: Array
    good_scores: Mapping[str, list[float]]
    fingerprint: str
    notes: tuple[str, ...] = ()
    version: str = field(default="", compare=False)

    @property
    def bank(self) -> MemoryBank:
        """The normal patches."""
        return self.states[FEW_SHOT].made(bank_of)

    @property
    def reference_score(self) -> float:
        """In the map's unit, the score at which an anomaly is as likely as not."""
        return float(self.states[FEW_SHOT].meta["reference_score"])

    @property
    def pixel_threshold(self) -> float:
        """In the map's unit; a pixel beyond it is beyond the normal images' highest pixels."""
        return float(self.states[FEW_SHOT].meta["pixel_threshold"])

    @property
    def language_model(self) -> str | None:
        """The language model that was asked at enrolment, as its scorer's fingerprint, or None."""
        state = self.states.get(SOFT_PROMPT)
        return None if state is None else str(state.meta["model"])

    def fused(self, scores: Mapping[str, Score], *, foreign: bool = False) -> float:
        """Return the fused log-score without the language model's part; foreign: see `judge`."""
        total = sum(
            weight * scores[name].log_score
            for name, weight in self.weights.items()
            if name in scores and name != SOFT_PROMPT
        )
        return max(total, math.log(FOREIGN_OBJECT * self.calibration.limit(PIXEL_RATE))) if foreign else total

    def judge(
        self,
        scores: Mapping[str, Score],
        *,
        foreign: bool = False,
        alpha: float | None = None,
        review: float | None = None,
    ) -> Verdict:
        """Return the verdict of an image's scores.

        The fused score and each scorer with a calibration of its own have shares of the false-alarm rate
        (Bonferroni): p-values over their shares, the smallest of which keeps the rate, however they depend on
        each other.

        foreign: a foreign object lies beside the part, which is anomalous whatever the patches say.
        alpha, review: rates; the product's where None. Raises ConfigError unless 0 < alpha <= review < 1.
        """
        log_p = self.fused_verdict(scores, foreign=foreign).log_p
        others = [self._independent_log_p(name, scores) for name in self.independent if name in scores]
        if others:
            log_p = min(log_p - math.log(1 - INDEPENDENT_SHARE), *others, 0.0)
        return Verdict(log_p, *self.rates(alpha, review))

    def fused_verdict(
        self,
        scores: Mapping[str, Score],
        *,
        foreign: bool = False,
        alpha: float | None = None,
        review: float | None = None,
    ) -> Verdict:
        """Return the verdict of the fused score alone, which the map's regions are about; see `judge`."""
        total, calibration = self.fused(scores, foreign=foreign), self.calibration
        if SOFT_PROMPT in scores and self.reading_calibration is not None:
            total += self.weights[SOFT_PROMPT] * scores[SOFT_PROMPT].log_score
            calibration = self.reading_calibration
        return Verdict(calibration.log_p(total), *self.rates(alpha, review))

    def hinges_on_reading(
        self,
        scores: Mapping[str, Score],
        *,
        foreign: bool = False,
        alpha: float | None = None,
        review: float | None = None,
    ) -> bool:
        """Return whether the language model's answer could change the decision, by its weight."""
        reach, total = self.weights.get(SOFT_PROMPT, 0.0) * FIRMEST, self.fused(scores, foreign=foreign)
        rates = self.rates(alpha, review)
        shifted = (Verdict(self.calibration.log_p(total + s), *rates).decision for s in (-reach, reach))
        return len(set(shifted)) > 1

    def findings(
        self, scores: Mapping[str, Score], alpha: float | None = None
    ) -> list[tuple[Finding, float]]:
        """Return what the scorers with a calibration of their own find wrong at this rate, with 1 - p."""
        rate, _ = self.rates(alpha, None)
        found: list[tuple[Finding, float]] = []
        for name, own in self.independent.items():
            if name in scores and self._independent_log_p(name, scores) < math.log(rate):
                wrong = scores[name].findings(own.limit(rate * self._share))
                found += [(finding, 1 - own.p_value(scores[name].log_score)) for finding in wrong]
        return found

    def rates(self, alpha: float | None, review: float | None) -> tuple[float, float]:
        """Return the rates in force: those given, else the product's; review is alpha at least.

        Raises ConfigError unless 0 < alpha < 1 and 0 < review < 1.
        """
        rate = self.alpha if alpha is None else alpha
        beyond = self.review if review is None else review
        if not (0 < rate < 1 and 0 < beyond < 1):
            raise ConfigError(f"alpha {rate:g} and review {beyond:g} must lie between 0 and 1.")
        return rate, max(rate, beyond)

    @property
    def _share(self) -> float:
        """Of the false-alarm rate, for each scorer with a calibration of its own."""
        return INDEPENDENT_SHARE / max(len(self.independent), 1)

    def _independent_log_p(self, name: str, scores: Mapping[str, Score]) -> float:
        """Logarithm of a scorer's p-value over its share of the false-alarm rate."""
        return self.independent[name].log_p(scores[name].log_score) - math.log(self._share)

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
        arrays = {f"{n}/{k}": a for n, state in self.states.items() for k, a in state.arrays.items()}
        arrays |= {"embeddings": self.embeddings, "view_embeddings": self.view_embeddings}
        reading = self.reading_calibration
        meta = {
            "states": {name: dict(state.meta) for name, state in self.states.items()},
            "weights": dict(self.weights),
            "calibration": asdict(self.calibration),
            "reading_calibration": None if reading is None else asdict(reading),
            "independent": {name: asdict(own) for name, own in self.independent.items()},
            "alpha": self.alpha,
            "review": self.review,
            "good_scores": {name: list(scores) for name, scores in self.good_scores.items()},
            "fingerprint": self.fingerprint,
            "notes": list(self.notes),
        }
        return arrays, meta

    @classmethod
    def from_parts(
        cls, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any], version: str = ""
    ) -> ProductModel:
        """Return the model that `to_parts` gave. Raises ConfigError for parts of another version."""
        try:
            reading = meta["reading_calibration"]
            states = {
                name: State(
                    {k.removeprefix(f"{name}/"): a for k, a in arrays.items() if k.startswith(f"{name}/")},
                    own,
                )
                for name, own in meta["states"].items()
            }
            return cls(
                states=states,
                weights=dict(meta["weights"]),
                calibration=Calibration(**meta["calibration"]),
                reading_calibration=None if reading is None else Calibration(**reading),
                independent={name: Calibration(**own) for name, own in meta["independent"].items()},
                alpha=float(meta["alpha"]),
                review=float(meta["review"]),
                embeddings=arrays["embeddings"],
                view_embeddings=arrays["view_embeddings"],
                good_scores={name: list(scores) for name, scores in meta["good_scores"].items()},
                fingerprint=str(meta["fingerprint"]),
                notes=tuple(meta["notes"]),
                version=version,
            )
        except (KeyError, TypeError) as error:
            raise ConfigError(f"enrolled by another version of this program; {_ENROL_AGAIN}.") from error

    def save_pretrained(self, folder: str | Path) -> None:
        """Write the product into a folder, which is made if need be; `from_pretrained` reads it."""
        arrays, meta = self.to_parts()
        make_folder(Path(folder))
        contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        write_whole(Path(folder) / ARRAYS, save(contiguous))
        write_whole(Path(folder) / META, json.dumps(meta, indent=1) + "\n")

    @classmethod
    def from_pretrained(cls, folder: str | Path) -> ProductModel:
        """Read a folder that `save_pretrained` wrote.

        Raises WeightsMissing for none there, WeightsDamaged for one that cannot be read, ConfigError for one
        of another version.
        """
        path = Path(folder)
        try:
            arrays = load((path / ARRAYS).read_bytes())
            meta = json.loads((path / META).read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise WeightsMissing(f"{path}: no product here; save one with save_pretrained.") from error
        except (OSError, ValueError, SafetensorError) as error:
            raise WeightsDamaged(f"{path}: cannot be read ({error}); {_ENROL_AGAIN}.") from error
        try:
            return cls.from_parts(arrays, meta)
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from error
