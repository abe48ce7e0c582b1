"""What became of a place of the part: something is missing, was added, or lies beside its place."""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np

from anomaly_core.imaging.registration import Aligned, Pixels
from anomaly_core.results import Region
from anomaly_core.scoring.measurement import colour_contrast, describe_region
from anomaly_core.scoring.regions import region_of_mask
from anomaly_core.scoring.scorer import PIXEL_RANGE
from knowledge.catalogue.looks import Change
from tools.context import Part
from tools.records import Record

LEAST_CHANGED: Final = 12.0
"""Least contrast in grey levels of what is missing or was added."""
FADED: Final = 0.4
"""Largest ratio of the contrast that is left of what is missing, or that was there of what was added."""
NEAR: Final = 2.5
"""Largest distance of what is missing from what was added of a thing that moved, over the larger size."""
ALIKE: Final = 2.0
"""Largest ratio of their sizes."""
HALF: Final = 0.25
"""Least share of a region that is where the thing was, and that is where it is now."""
LEAST_SHOWN: Final = 0.9
"""Least share of a place that the template must cover for a comparison."""


class ChangeRecord(Record):
    """A place held against the nearest good part, which is laid on the image.

    change: what became of it; null where that isn't clear. contrast: grey levels of the place less those of
    the good part there. shown: contrast of the good part there with its own surroundings.
    """

    change: Change | None
    contrast: float
    shown: float


def change_at(part: Part, region: Region) -> ChangeRecord | None:
    """Return what became of a region; None where no good part lies on it point by point.

    The change is told only of products whose pixels are compared: the others' good parts differ too much.
    """
    aligned = part.nearest[1]
    if not aligned.matches or aligned.shown[region.mask].mean() < LEAST_SHOWN:
        return None
    shown = describe_region(aligned.pixels, region).contrast
    change = _change(part.pixels, aligned.pixels, region)
    if PIXEL_RANGE not in part.inspection.scores:
        change = None  # good parts differ so much that what one of them shows there is no measure
    elif _moved_within(part.pixels, aligned.pixels, region) or (
        change is not None and _has_counterpart(part, aligned, region, change)
    ):
        change = "moved"
    contrast = describe_region(part.pixels, region, aligned.pixels).contrast
    return ChangeRecord(change=change, contrast=round(contrast, 1), shown=round(shown, 1))


def _has_counterpart(part: Part, aligned: Aligned, region: Region, change: Change) -> bool:
    """Return whether what is missing of a place was added beside it, or the other way round."""
    for other in part.inspection.regions:
        sizes = math.sqrt(region.area_px), math.sqrt(other.area_px)
        near = 0 < math.dist(region.centroid, other.centroid) <= NEAR * max(sizes)
        if near and max(sizes) <= ALIKE * min(sizes):
            there = _change(part.pixels, aligned.pixels, other)
            if there is not None and there != change:
                return True
    return False


def _moved_within(pixels: Pixels, template: Pixels, region: Region) -> bool:
    """Return whether a region is of two halves: where something was, and where it is now."""
    own, good = (cv2.cvtColor(one, cv2.COLOR_RGB2GRAY).astype(np.int16) for one in (pixels, template))
    darker, brighter = (region.mask & (sign * (own - good) < -LEAST_CHANGED) for sign in (1, -1))
    if min(darker.sum(), brighter.sum()) < HALF * region.area_px:
        return False
    halves = [_change(pixels, template, region_of_mask(half, score=0.0)) for half in (darker, brighter)]
    return set(halves) == {"missing", "added"}


def _change(pixels: Pixels, template: Pixels, region: Region) -> Change | None:
    """Return what became of a region by its colour's distance from its surroundings', and a good part's.

    A brown stain on a bright ball is as bright as what is around it, and nothing is missing there.
    """
    own, good = (colour_contrast(one, region) for one in (pixels, template))
    if max(own, good) < LEAST_CHANGED:
        return None
    if own <= FADED * good:
        return "missing"
    return "added" if good <= FADED * own else None
