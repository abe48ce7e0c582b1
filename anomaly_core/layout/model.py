"""Logical anomalies: a component missing, extra, moved or swapped against the layout of the good images.

A memory bank of patches has no notion of place or number: a part twice, or at another's place, is made of
normal patches. Here each good image's components are matched with the others', and the calibration is that
of the map: each good image judged against the rest. The model stays silent (is not made) for a product
whose good images do not all show the same number of components, two or more.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from anomaly_core.inspection import Verdict
from anomaly_core.layout.components import Component, find_components
from anomaly_core.layout.findings import LayoutFinding, Scene, find_findings
from anomaly_core.layout.matching import PRIOR_SPREADS, UNMATCHED, Array, Match, match, rows_of, spreads_of
from anomaly_core.scoring.calibration import UNCERTAIN_FACTOR, Calibration

LEAST_IMAGES: Final = 3
"""Good images from which a layout is learned: with two, nothing tells a chance from a rule."""
MOST_COMPONENTS: Final = 60
STEADY: Final = 0.25
"""Places count where they spread less than this share of the distance between neighbours."""
LAYOUT_SHARE: Final = 0.2
"""Share of the false-alarm rate that the layout may use, where a product has one; the map has the rest."""
PRIOR_SPREAD: Final = 0.35
"""Prior standard deviation of the log-score between good scenes; `benchmarks/logical.py` measures it."""
PRIOR_WEIGHT: Final = 4.0
"""How many observations the prior spread counts for."""
BRIGHTER: Final = 1.1
SOFTER: Final = 0.0024
"""Standard deviation of a soft photograph's blur, as a share of the longer side."""
_ROUNDS: Final = 3
_SMALLEST_SCORE: Final = 1e-3


@dataclass(frozen=True)
class LayoutVerdict:
    """What the layout says of one image.

    p_value: in (0, 1], the chance that a good image deviates as much. count, expected: components.
    findings: what is wrong, in words and boxes; empty where p_value is not below the layout's share of
    alpha.
    """

    p_value: float
    raw_score: float
    count: int
    expected: int
    findings: tuple[LayoutFinding, ...]


@dataclass(frozen=True, eq=False)
class LayoutModel:
    """The components that every good image has.

    slots: (k, 8) mean measures, see `layout_match.rows_of`. spreads: (k, 5). size: (height, width) of the
    first good image. placed: whether components keep their places.
    """

    slots: Array
    spreads: Array
    size: tuple[int, int]
    placed: bool
    calibration: Calibration

    @classmethod
    def fit(cls, images: Sequence[NDArray[np.uint8]], *, alpha: float) -> LayoutModel | None:
        """Learn the layout of (H, W, 3) uint8 RGB images of good parts, or return None: it has none.

        alpha: the verdict's stated false-alarm rate; the layout keeps to its share of it.
        """
        if len(images) < LEAST_IMAGES:
            return None
        rows: list[Array] = []
        for pixels in images:
            found = find_components(pixels)
            if (
                found is None
                or not 2 <= len(found) <= MOST_COMPONENTS
                or (rows and len(found) != len(rows[0]))
            ):
                return None
            rows.append(rows_of(found, (pixels.shape[0], pixels.shape[1])))
        placed = _is_placed(rows)
        slots, spreads = _learn(rows, placed)
        scores = []
        for index in range(len(rows)):
            others = _learn([r for i, r in enumerate(rows) if i != index], placed)
            scores.append(match(rows[index], *others).score)
        if max(scores) >= UNMATCHED:
            return None  # the good images do not show the same components
        size = (images[0].shape[0], images[0].shape[1])
        return cls(slots, spreads, size, placed, _calibrate(scores, alpha * LAYOUT_SHARE))

    def judge(self, pixels: NDArray[np.uint8]) -> LayoutVerdict | None:
        """Judge an (H, W, 3) uint8 RGB image, or return None where its background cannot be told."""
        found = find_components(pixels)
        return None if found is None else self.judge_components(found, (pixels.shape[0], pixels.shape[1]))

    def judge_components(self, found: Sequence[Component], size: tuple[int, int]) -> LayoutVerdict:
        """Judge the components of an image of this (height, width)."""
        rows = rows_of(found, size)
        matched = match(rows, self.slots, self.spreads)
        p_value = self.calibration.p_value(matched.score)
        findings: tuple[LayoutFinding, ...] = ()
        if p_value < self.calibration.alpha:
            scene = Scene(found, matched, self.slots, self.spreads, size)
            findings = find_findings(scene, limit=self.calibration.limit())
        return LayoutVerdict(p_value, matched.score, len(found), len(self.slots), findings)

    def to_meta(self) -> dict[str, Any]:
        """Return plain JSON values; `from_meta` makes the same model of them."""
        return {
            "slots": self.slots.tolist(),
            # Infinity is no JSON: a measure that does not count has no spread.
            "spreads": [[v if np.isfinite(v) else None for v in row] for row in self.spreads.tolist()],
            "size": list(self.size),
            "placed": self.placed,
            "calibration": asdict(self.calibration),
        }

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any]) -> LayoutModel:
        """Return the model that `to_meta` gave."""
        spreads = np.array([[np.inf if v is None else v for v in row] for row in meta["spreads"]])
        height, width = meta["size"]
        return cls(
            np.array(meta["slots"], dtype=np.float64),
            spreads,
            (int(height), int(width)),
            bool(meta["placed"]),
            Calibration(**meta["calibration"]),
        )


def combine(verdict: Verdict, layout: LayoutVerdict | None) -> Verdict:
    """Return the verdict of map and layout together: Bonferroni's, each with its share of alpha.

    Either p-value over its share is at most alpha with the chance of that share, so that the smaller of
    the two keeps the stated rate, however they depend on each other. No layout leaves the verdict as it is.
    """
    if layout is None:
        return verdict
    p_value = min(1.0, verdict.p_value / (1 - LAYOUT_SHARE), layout.p_value / LAYOUT_SHARE)
    near = verdict.alpha / UNCERTAIN_FACTOR <= p_value < verdict.alpha * UNCERTAIN_FACTOR
    return replace(
        verdict, anomalous=p_value < verdict.alpha, score=1.0 - p_value, p_value=p_value, uncertain=near
    )


def _steady_components(pixels: NDArray[np.uint8]) -> list[Component] | None:
    """The components of a good image, or None where there are too few, or where chance decides their number.

    A number that a brighter or a softer photograph would change is no number to hold others against.
    """
    found = find_components(pixels)
    if found is None or not 2 <= len(found) <= MOST_COMPONENTS:
        return None
    brighter = np.clip(pixels * BRIGHTER, 0, 255).astype(np.uint8)
    softer = np.asarray(cv2.GaussianBlur(pixels, (0, 0), SOFTER * max(pixels.shape[:2])), dtype=np.uint8)
    for view in (brighter, softer):
        again = find_components(view)
        if again is None or len(again) != len(found):
            return None
    return found


def _calibrate(scores: Sequence[float], alpha: float) -> Calibration:
    """The predictive distribution of a good image's score, as `scoring.calibration` has it for maps.

    The largest of many deviations varies more than a map's score does, so the prior spread is its own.
    """
    logs = np.log(np.maximum(scores, _SMALLEST_SCORE))
    location, count = float(logs.mean()), len(logs)
    degrees = PRIOR_WEIGHT + count - 1
    pooled = (PRIOR_WEIGHT * PRIOR_SPREAD**2 + float(((logs - location) ** 2).sum())) / degrees
    return Calibration(location, math.sqrt(pooled * (1 + 1 / count)), degrees, alpha)


def _learn(rows: Sequence[Array], placed: bool) -> tuple[Array, Array]:
    """Return the slots' means, (k, 8), and spreads, (k, 5), of images' components, (k, 8) each."""
    slots = rows[0]
    # Before any spread is known, the priors decide who belongs to whom; places, where kept, are wide.
    spreads = np.tile(np.array(PRIOR_SPREADS) * 4, (len(slots), 1))
    if not placed:
        spreads[:, 0] = np.inf
    residuals = np.zeros((1, *slots.shape))
    for _ in range(_ROUNDS):
        ordered = np.stack([_in_slot_order(r, slots, spreads) for r in rows])
        slots = ordered.mean(axis=0)
        residuals = ordered - slots
        spreads = spreads_of(residuals, placed=placed)
    return slots, spreads


def _in_slot_order(rows: Array, slots: Array, spreads: Array) -> Array:
    """The rows, each at its slot's index; what matches none fills the slots that are left, in order."""
    found: Match = match(rows, slots, spreads)
    order = dict(found.pairs) | dict(zip(found.missing, found.extra, strict=True))
    return found.rows[[order[slot] for slot in range(len(slots))]]


def _is_placed(rows: Sequence[Array]) -> bool:
    """Whether the components keep their places from image to image."""
    slots, _ = _learn(rows, placed=True)
    distances = np.linalg.norm(slots[:, None, :2] - slots[None, :, :2], axis=-1)
    np.fill_diagonal(distances, np.inf)
    spacing = float(np.median(distances.min(axis=1)))
    wide = np.tile(np.array(PRIOR_SPREADS) * 4, (len(slots), 1))
    moves = np.stack([_in_slot_order(r, slots, wide) for r in rows])[..., :2] - slots[:, :2]
    return bool(np.sqrt((moves**2).sum(axis=-1).mean()) < STEADY * spacing)
