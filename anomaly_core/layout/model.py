"""Layout model, for logical anomalies: the components that all good images of a product have.

A memory bank ignores place and number: a component twice, or at another's place, consists of normal patches.
A product has a layout where all its good images show the same number of components, two or more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from anomaly_core.imaging.components import Component
from anomaly_core.layout.findings import MatchedScene, find_findings
from anomaly_core.layout.matching import PRIOR_SPREADS, UNMATCHED, Array, Match, match, rows_of, spreads_of
from anomaly_core.scoring.scorer import Finding

LEAST_IMAGES: Final = 3
"""Least number of good images of a layout."""
STEADY: Final = 0.25
"""Largest spread of places, as a share of the distance between neighbours, for places to be fixed."""
_ROUNDS: Final = 3

Size = tuple[int, int]
Scene = tuple[Sequence[Component], Size]
"""An image's components, and its (height, width)."""


@dataclass(frozen=True, eq=False)
class LayoutModel:
    """The components of every good image.

    slots: (k, 8) mean measures, see `matching.rows_of`. spreads: (k, 5). size: (height, width) of the
    first good image. placed: whether components have fixed places.
    """

    slots: Array
    spreads: Array
    size: Size
    placed: bool

    @classmethod
    def fit(cls, scenes: Sequence[Scene]) -> tuple[LayoutModel, list[float]] | None:
        """Fit the good images' components; None where they have no layout.

        Returns the model, and each image's leave-one-out score, see `Match`.
        """
        counts = {len(found) for found, _ in scenes}
        if len(scenes) < LEAST_IMAGES or len(counts) > 1 or min(counts) < 2:
            return None
        rows = [rows_of(found, size) for found, size in scenes]
        placed = _is_placed(rows)
        slots, spreads = _learn(rows, placed)
        scores = []
        for index in range(len(rows)):
            others = _learn([r for i, r in enumerate(rows) if i != index], placed)
            scores.append(match(rows[index], *others).score)
        if max(scores) >= UNMATCHED:
            return None  # the good images do not show the same components
        return cls(slots, spreads, scenes[0][1], placed), scores

    def match(self, found: Sequence[Component], size: Size) -> Match:
        """Match the components of an image of (height, width) `size`."""
        return match(rows_of(found, size), self.slots, self.spreads)

    def findings(
        self, found: Sequence[Component], size: Size, matched: Match, limit: float
    ) -> tuple[Finding, ...]:
        """Return the findings of a matched image; limit: largest normal deviation."""
        return find_findings(MatchedScene(found, matched, self.slots, self.spreads, size), limit=limit)

    def to_meta(self) -> dict[str, Any]:
        """Return the model as JSON values; the inverse of `from_meta`."""
        return {
            "slots": self.slots.tolist(),
            # JSON has no infinity.
            "spreads": [[v if np.isfinite(v) else None for v in row] for row in self.spreads.tolist()],
            "size": list(self.size),
            "placed": self.placed,
        }

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any]) -> LayoutModel:
        """Return the model of `to_meta`'s result."""
        spreads = np.array([[np.inf if v is None else v for v in row] for row in meta["spreads"]])
        height, width = meta["size"]
        return cls(
            np.array(meta["slots"], dtype=np.float64),
            spreads,
            (int(height), int(width)),
            bool(meta["placed"]),
        )


def _learn(rows: Sequence[Array], placed: bool) -> tuple[Array, Array]:
    """Return slots, (k, 8), and spreads, (k, 5), of images' components, (k, 8) each."""
    slots = rows[0]
    # The first matching uses wide prior spreads.
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
    """Return the rows in the order of their slots; unmatched rows fill the remaining slots."""
    found: Match = match(rows, slots, spreads)
    order = dict(found.pairs) | dict(zip(found.missing, found.extra, strict=True))
    return found.rows[[order[slot] for slot in range(len(slots))]]


def _is_placed(rows: Sequence[Array]) -> bool:
    """Return whether the components keep their places from image to image."""
    slots, _ = _learn(rows, placed=True)
    distances = np.linalg.norm(slots[:, None, :2] - slots[None, :, :2], axis=-1)
    np.fill_diagonal(distances, np.inf)
    spacing = float(np.median(distances.min(axis=1)))
    wide = np.tile(np.array(PRIOR_SPREADS) * 4, (len(slots), 1))
    moves = np.stack([_in_slot_order(r, slots, wide) for r in rows])[..., :2] - slots[:, :2]
    return bool(np.sqrt((moves**2).sum(axis=-1).mean()) < STEADY * spacing)
