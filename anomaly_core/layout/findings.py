"""Findings of a layout, with boxes and phrases: missing, extra, moved, swapped or changed components."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from anomaly_core.imaging.components import Component
from anomaly_core.layout.matching import GROUPS, UNMATCHED, Array, Match, deviations
from anomaly_core.results import Box, cell_of
from anomaly_core.scoring.measurement import colour_word
from anomaly_core.scoring.scorer import Finding

_PLACE: Final = list(GROUPS).index("place")
_LOOK: Final = UNMATCHED / 2
"""Largest deviation of size, colour, shape and texture of a displaced component from its slot."""


@dataclass(frozen=True)
class MatchedScene:
    """An image's components, matched with a layout's slots, (k, 8), and spreads, (k, 5).

    size: (height, width) of the image.
    """

    found: Sequence[Component]
    matched: Match
    slots: Array
    spreads: Array
    size: tuple[int, int]

    @property
    def placed(self) -> bool:
        """Whether components have fixed places."""
        return bool(np.isfinite(self.spreads[:, _PLACE]).all())

    def slot_box(self, slot: int) -> Box:
        """Return a square box of a slot's area at its place, in pixels."""
        height, width = self.size
        side = max(height, width)
        x, y = self.slots[slot, 0] * side, self.slots[slot, 1] * side
        half = math.sqrt(math.exp(self.slots[slot, 2]) * height * width) / 2
        box = (max(x - half, 0), max(y - half, 0), min(x + half, width), min(y + half, height))
        return round(box[0]), round(box[1]), max(round(box[2]), 1), max(round(box[3]), 1)

    def at(self, component: int, slot: int) -> bool:
        """Return whether a component's centroid lies in a slot's box."""
        x0, y0, x1, y1 = self.slot_box(slot)
        x, y = self.found[component].centroid
        return x0 <= x < x1 and y0 <= y < y1

    def cell(self, box: Box) -> str:
        """Return the 3x3 cell of a box's centre."""
        return cell_of((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, self.size[1], self.size[0])


def find_findings(scene: MatchedScene, *, limit: float) -> tuple[Finding, ...]:
    """Return the findings: "missing", "extra", "moved", "swapped" or "changed" components.

    A missing component of a layout without fixed places has no box, an extra one no expected box.
    limit: largest normal deviation of a component from its slot.
    """
    matched = scene.matched
    wrong = [pair for pair, row in zip(matched.pairs, matched.deviations, strict=True) if row.max() > limit]
    slots = sorted([*matched.missing, *(slot for slot, _ in wrong)])
    components = sorted([*matched.extra, *(component for _, component in wrong)])
    findings = []
    for slot, component in _alike(scene, slots, components):
        slots.remove(slot)
        components.remove(component)
        findings.append(_displaced(scene, slot, component, limit))
    for slot in list(slots):
        other = next((c for c in components if scene.placed and scene.at(c, slot)), None)
        if other is not None:
            slots.remove(slot)
            components.remove(other)
            box = scene.found[other].bbox
            text = f"another component than in the good images lies at the {scene.cell(box)}"
            findings.append(Finding("changed", box, scene.slot_box(slot), text))
    findings += [_missing(scene, slot) for slot in slots]
    findings += [_extra(scene, component) for component in components]
    return tuple(findings)


def _alike(scene: MatchedScene, slots: Sequence[int], components: Sequence[int]) -> list[tuple[int, int]]:
    """Return pairs of slots and components that are similar in everything but place."""
    if not slots or not components:
        return []
    from scipy.optimize import linear_sum_assignment  # imported late, as in matching.py

    look = scene.spreads[list(slots)].copy()
    look[:, _PLACE] = np.inf
    cost = deviations(scene.matched.rows[list(components)], scene.slots[list(slots)], look).max(axis=-1)
    rows, columns = linear_sum_assignment(np.minimum(cost, 10 * UNMATCHED))
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return [(slots[j], components[i]) for i, j in pairs if cost[i, j] <= _LOOK]


def _displaced(scene: MatchedScene, slot: int, component: int, limit: float) -> Finding:
    """Return the finding of a slot's component that is moved, swapped, or in place but changed."""
    box, expected = scene.found[component].bbox, scene.slot_box(slot)
    every = deviations(scene.matched.rows[[component]], scene.slots[[slot]], scene.spreads[[slot]])[0, 0]
    if not scene.placed or every[_PLACE] <= limit:
        worst = list(GROUPS)[int(every.argmax())]
        text = f"the component at the {scene.cell(box)} differs in {worst} from the good images"
        return Finding("changed", box, expected if scene.placed else None, text)
    homes = [s for s in range(len(scene.slots)) if s != slot and scene.at(component, s)]
    if homes:
        text = (
            f"swapped: the component that belongs at the {scene.cell(expected)} lies in another one's place, "
            f"at the {scene.cell(box)}"
        )
        return Finding("swapped", box, expected, text)
    x, y = scene.matched.rows[component, :2] - scene.slots[slot, :2]
    pixels = round(math.hypot(x, y) * max(scene.size))
    text = (
        f"moved by {pixels} px: the component at the {scene.cell(box)} belongs at the {scene.cell(expected)}"
    )
    return Finding("moved", box, expected, text)


def _missing(scene: MatchedScene, slot: int) -> Finding:
    name = _name(scene.slots[slot])
    if not scene.placed:
        return Finding("missing", None, None, f"a component is missing: {name}")
    box = scene.slot_box(slot)
    return Finding("missing", box, box, f"a component is missing at the {scene.cell(box)}: {name}")


def _extra(scene: MatchedScene, component: int) -> Finding:
    box = scene.found[component].bbox
    name = _name(scene.matched.rows[component])
    return Finding("extra", box, None, f"a component too many at the {scene.cell(box)}: {name}")


def _name(row: Array) -> str:
    """Return a phrase for a component: colour, shape and area."""
    lab = np.array([[row[3:6]]], dtype=np.float32)
    colour = colour_word(np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)[0, 0] * 255.0, dtype=np.float64))
    tone = colour or ("dark" if row[3] < 35 else "bright" if row[3] > 65 else "grey")
    shape = "elongated" if math.exp(row[6]) >= 3 else "compact"
    share = math.exp(row[2])
    return f"a {tone}, {shape} one of about {share:.1%} of the image"
