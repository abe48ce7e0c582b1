"""An enrolled product: scorer states, calibrations, and the verdict on an image's scores."""

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
from anomaly_core.decoders.patches import EncodedImage
from anomaly_core.errors import ConfigError, WeightsDamaged, WeightsMissing
from anomaly_core.files import make_folder, write_whole
from anomaly_core.imaging.compact import AnyPose, pose_arrays, pose_of
from anomaly_core.imaging.quality import QualityLimits
from anomaly_core.imaging.zones import Zone
from anomaly_core.results import Array, Region, Verdict
from anomaly_core.scorers.few_shot import FOREIGN_OBJECT, PIXEL_RATE, bank_of, outlined_map
from anomaly_core.scoring.calibration import Calibration
from anomaly_core.scoring.fusion import MAX_MARGIN
from anomaly_core.scoring.regions import MOST_REGIONS, find_regions, height_at
from anomaly_core.scoring.scorer import FEW_SHOT, PIXEL_RANGE, SOFT_PROMPT, Finding, Score, State
from anomaly_core.scoring.tight import outlined

INDEPENDENT_SHARE: Final = 0.2
"""Share of the false-alarm rate for all independently calibrated scorers together."""
NOT_ALIGNED: Final = (
    "The part was not found or its pose is unclear, so that it could not be aligned with the good images."
)
OUTLINE: Final = 0.7
"""Height of a region's outline between the map's median and its peak; see docs/research/experiments.md."""
SECONDARY: Final = 0.8
"""Least height of another region's peak than the strongest's, likewise."""
ROOM: Final = 0.25
"""Height of the area in which a region's line is followed to its ends."""
ARRAYS: Final = "product.safetensors"
META: Final = "product.json"
_ENROL_AGAIN: Final = "enrol the product again"


@dataclass(frozen=True, eq=False)
class ProductModel:
    """A product, learned from its good images alone.

    states: of the scorers that apply, by name. weights: of the scorers in the fused log-score.
    calibration: of the fused log-score of one view, without the language model. language_calibration: of the
        fused log-score of all views with the language model's, or None where it was not asked at enrolment.
    independent: calibrations of the scorers without a weight, by name.
    alpha, review: default rates, see `Verdict`.
    embeddings: (n, D) float32 of the good images. view_embeddings: (m, D) of their augmented views.
    good_scores: leave-one-out log-scores of the good images, at most n a scorer, by name.
    aligned: whether the images are aligned, see `FramedEncoder.aligns`.
    quality: limits of an image's quality, or None where it is not judged.
    encoder: name, folder or hub id that loads the image encoder.
    grey_range: value that becomes 255 where images have more than 8 bits a sample; None where they have 8.
    pose: how aligned parts lie in the encoder input; None where they aren't aligned.
    zones: named areas, and areas that are not judged. mm_per_px: length of an original pixel, or None.
    fingerprint: see `AnomalyGPT.fingerprint`. notes: remarks on the fit, for the user.
    version: of the store that it was read from, or "".
    """

    states: Mapping[str, State]
    weights: Mapping[str, float]
    calibration: Calibration
    language_calibration: Calibration | None
    independent: Mapping[str, Calibration]
    alpha: float
    review: float
    embeddings: Array
    view_embeddings: Array
    good_scores: Mapping[str, list[float]]
    aligned: bool
    quality: QualityLimits | None
    encoder: str
    fingerprint: str
    grey_range: float | None = None
    zones: tuple[Zone, ...] = ()
    mm_per_px: float | None = None
    pose: AnyPose | None = None
    notes: tuple[str, ...] = ()
    version: str = field(default="", compare=False)

    @property
    def bank(self) -> MemoryBank:
        """The memory bank of normal patches."""
        return self.states[FEW_SHOT].derived(bank_of)

    @property
    def reference_score(self) -> float:
        """Score, in the map's unit, at which an anomaly has probability one half."""
        return float(self.states[FEW_SHOT].meta["reference_score"])

    @property
    def pixel_threshold(self) -> float:
        """Upper limit of a normal pixel, in the map's unit."""
        return float(self.states[FEW_SHOT].meta["pixel_threshold"])

    @property
    def language_model(self) -> str | None:
        """Fingerprint of the language model's scorer at enrolment, or None where it was not asked."""
        state = self.states.get(SOFT_PROMPT)
        return None if state is None else str(state.meta["model"])

    def fused(self, scores: Mapping[str, Score], *, foreign: bool = False) -> float:
        """Return the fused log-score without the language model's; foreign: see `judge`."""
        total = sum(
            weight * scores[name].log_score
            for name, weight in self.weights.items()
            if name in scores and name != SOFT_PROMPT
        )
        return max(total, math.log(FOREIGN_OBJECT * self.calibration.limit(PIXEL_RATE))) if foreign else total

    @property
    def good_fused(self) -> NDArray[np.float64]:
        """(n,) fused log-scores of the good images, each against the others, without the language model's."""
        weights = {name: weight for name, weight in self.weights.items() if name != SOFT_PROMPT}
        good: NDArray[np.float64] = np.array([self.good_scores[name] for name in weights])
        return np.asarray(np.array(list(weights.values())) @ good)

    def judge(
        self,
        scores: Mapping[str, Score],
        *,
        foreign: bool = False,
        problems: tuple[str, ...] = (),
        comparable: bool = True,
        alpha: float | None = None,
        review: float | None = None,
    ) -> Verdict:
        """Return the verdict on an image's scores.

        The fused score and the independent scorers divide the false-alarm rate (Bonferroni): the smallest
        p-value over its share keeps the rate, whatever the dependence between them.

        foreign: a foreign object lies beside the part, which makes the image anomalous by itself.
        problems: see `Verdict`. comparable: what `comparable` says of the image; where False, its scores do
            not count against it, and its p-value is at least alpha.
        alpha, review: rates; the product's where None. Raises ConfigError unless both lie between 0 and 1.
        """
        log_p = self.fused_verdict(scores, foreign=foreign).log_p
        others = [self._independent_log_p(name, scores) for name in self.independent if name in scores]
        if others:
            log_p = min(log_p - math.log(1 - INDEPENDENT_SHARE), *others, 0.0)
        rate, beyond = self.rates(alpha, review)
        if not comparable:
            log_p = max(log_p, math.log(rate) + 1e-9)
        return Verdict(log_p, rate, beyond, problems)

    def problems(self, image: EncodedImage) -> tuple[str, ...]:
        """Return why an image isn't comparable with the good images, as sentences; none where it is."""
        found: tuple[str, ...] = ()
        if self.quality is not None:
            known = np.concatenate([self.embeddings, self.view_embeddings])
            found = self.quality.problems(image.quality, float((known @ image.embedding).max()))
        return found if image.frame.aligned == self.aligned else (*found, NOT_ALIGNED)

    def comparable(self, image: EncodedImage) -> bool:
        """Return whether an image is framed as the good images are, and shows something to compare."""
        seen = self.quality is None or not self.quality.shows_no_part(image.quality)
        return seen and image.frame.aligned == self.aligned

    def fused_verdict(
        self,
        scores: Mapping[str, Score],
        *,
        foreign: bool = False,
        alpha: float | None = None,
        review: float | None = None,
    ) -> Verdict:
        """Return the verdict on the fused score alone, which decides whether the map has regions."""
        total, calibration = self.fused(scores, foreign=foreign), self.calibration
        if SOFT_PROMPT in scores and self.language_calibration is not None:
            total += self.weights[SOFT_PROMPT] * scores[SOFT_PROMPT].log_score
            calibration = self.language_calibration
        return Verdict(calibration.log_p(total), *self.rates(alpha, review))

    def answer_can_change_decision(
        self,
        scores: Mapping[str, Score],
        *,
        foreign: bool = False,
        alpha: float | None = None,
        review: float | None = None,
    ) -> bool:
        """Return whether an answer within `MAX_MARGIN` could change the decision."""
        reach, total = self.weights.get(SOFT_PROMPT, 0.0) * MAX_MARGIN, self.fused(scores, foreign=foreign)
        rates = self.rates(alpha, review)
        shifted = (Verdict(self.calibration.log_p(total + s), *rates).decision for s in (-reach, reach))
        return len(set(shifted)) > 1

    def findings(
        self, scores: Mapping[str, Score], alpha: float | None = None, review: float | None = None
    ) -> list[tuple[Finding, float]]:
        """Return the findings of the independent scorers, with 1 - p.

        They are those beyond alpha of a scorer that is anomalous at it, or else those beyond review.
        """
        found: list[tuple[Finding, float]] = []
        for name, own in self.independent.items():
            if name not in scores:
                continue
            log_p = self._independent_log_p(name, scores)
            for rate in self.rates(alpha, review):
                if log_p < math.log(rate):
                    wrong = scores[name].findings(own.limit(rate * self._share))
                    found += [(finding, 1 - own.p_value(scores[name].log_score)) for finding in wrong]
                    break
        return found

    def rates(self, alpha: float | None, review: float | None) -> tuple[float, float]:
        """Return (alpha, review): those given, else the product's; review is at least alpha.

        Raises ConfigError unless 0 < alpha < 1 and 0 < review < 1.
        """
        rate = self.alpha if alpha is None else alpha
        beyond = self.review if review is None else review
        if not (0 < rate < 1 and 0 < beyond < 1):
            raise ConfigError(f"alpha {rate:g} and review {beyond:g} must lie between 0 and 1.")
        return rate, max(rate, beyond)

    @property
    def _share(self) -> float:
        """Share of the false-alarm rate of each independent scorer."""
        return INDEPENDENT_SHARE / max(len(self.independent), 1)

    def _independent_log_p(self, name: str, scores: Mapping[str, Score]) -> float:
        """Return the log of a scorer's p-value over its share of the false-alarm rate."""
        return self.independent[name].log_p(scores[name].log_score) - math.log(self._share)

    def region_threshold(self, values: Array) -> float:
        """Return `strongest_threshold`, at least the limit of a normal pixel."""
        return max(self.pixel_threshold, self.strongest_threshold(values))

    def strongest_threshold(self, values: Array) -> float:
        """Return the value from which a pixel of an (H, W) map belongs to the strongest region.

        It does not depend on the limit of a normal pixel, since an image can be anomalous while no pixel
        exceeds it; its peak is then the region.
        """
        return height_at(values, OUTLINE, self.pixel_threshold)

    def regions(
        self, image: EncodedImage, scores: Mapping[str, Score], *, most: int = MOST_REGIONS
    ) -> list[Region]:
        """Return the regions of an image's few-shot map, strongest first: at least one, at most `most`.

        Each but the strongest exceeds the limit of a normal pixel by itself.
        """
        values = outlined_map(image, scores[FEW_SHOT], self.states[FEW_SHOT])
        found = find_regions(
            values,
            threshold=self.strongest_threshold(values),
            least_peak=max(self.pixel_threshold, height_at(values, SECONDARY, self.pixel_threshold)),
            max_regions=most,
            scale=self.pixel_threshold,
        )
        room = values >= height_at(values, ROOM, self.pixel_threshold)
        compared = scores.get(PIXEL_RANGE)
        return outlined(image.pixels, found, room, None if compared is None else compared.outside)

    def to_parts(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the arrays and the JSON values to store; the inverse of `from_parts`."""
        arrays = {f"{n}/{k}": a for n, state in self.states.items() for k, a in state.arrays.items()}
        arrays |= {"embeddings": self.embeddings, "view_embeddings": self.view_embeddings}
        arrays |= pose_arrays(self.pose)
        language = self.language_calibration
        meta = {
            "states": {name: dict(state.meta) for name, state in self.states.items()},
            "weights": dict(self.weights),
            "calibration": asdict(self.calibration),
            "language_calibration": None if language is None else asdict(language),
            "independent": {name: asdict(own) for name, own in self.independent.items()},
            "alpha": self.alpha,
            "review": self.review,
            "good_scores": {name: list(scores) for name, scores in self.good_scores.items()},
            "aligned": self.aligned,
            "quality": None if self.quality is None else self.quality.to_dict(),
            "encoder": self.encoder,
            "fingerprint": self.fingerprint,
            "grey_range": self.grey_range,
            "zones": [zone.to_dict() for zone in self.zones],
            "mm_per_px": self.mm_per_px,
            "pose": None if self.pose is None else self.pose.to_dict(),
            "notes": list(self.notes),
        }
        return arrays, meta

    @classmethod
    def from_parts(
        cls,
        arrays: Mapping[str, NDArray[Any]],
        meta: Mapping[str, Any],
        version: str = "",
        name: str = "the product",
    ) -> ProductModel:
        """Return the model of `to_parts`'s result.

        Raises ConfigError, which says `name`, for parts of another version of this program.
        """
        try:
            language = meta["language_calibration"]
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
                language_calibration=None if language is None else Calibration(**language),
                independent={name: Calibration(**own) for name, own in meta["independent"].items()},
                alpha=float(meta["alpha"]),
                review=float(meta["review"]),
                embeddings=arrays["embeddings"],
                view_embeddings=arrays["view_embeddings"],
                good_scores={name: list(scores) for name, scores in meta["good_scores"].items()},
                aligned=bool(meta["aligned"]),
                quality=None if (own := meta["quality"]) is None else QualityLimits.from_dict(own),
                encoder=str(meta["encoder"]),
                fingerprint=str(meta["fingerprint"]),
                grey_range=meta.get("grey_range"),
                zones=tuple(Zone.from_dict(zone) for zone in meta.get("zones", ())),
                mm_per_px=meta.get("mm_per_px"),
                pose=pose_of(meta.get("pose"), arrays),
                notes=tuple(meta["notes"]),
                version=version,
            )
        except (KeyError, TypeError) as error:
            raise ConfigError(
                f"{name} was enrolled by another version of this program; {_ENROL_AGAIN}."
            ) from error

    def save_pretrained(self, folder: str | Path) -> None:
        """Write the product into a folder, which is made where missing."""
        arrays, meta = self.to_parts()
        make_folder(Path(folder))
        contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        write_whole(Path(folder) / ARRAYS, save(contiguous))
        write_whole(Path(folder) / META, json.dumps(meta, indent=1) + "\n")

    @classmethod
    def from_pretrained(cls, folder: str | Path) -> ProductModel:
        """Read a folder that `save_pretrained` wrote.

        Raises WeightsMissing where there is none, WeightsDamaged where it cannot be read, ConfigError for a
        product of another version.
        """
        path = Path(folder)
        try:
            arrays = load((path / ARRAYS).read_bytes())
            meta = json.loads((path / META).read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise WeightsMissing(f"{path}: no product here; save one with save_pretrained.") from error
        except (OSError, ValueError, SafetensorError) as error:
            raise WeightsDamaged(f"{path}: cannot be read ({error}); {_ENROL_AGAIN}.") from error
        return cls.from_parts(arrays, meta, name=str(path))
