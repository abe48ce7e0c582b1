"""The pixel-range scorer: colours that no good image has at a place of the part.

What the encoder's patches are blind to, a plain hole among holes or one letter for another, is plain to a
comparison of pixels, where good images lie on each other: parts in a fixture, and turned ones that are
aligned. It is calibrated by itself, as the layout is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from anomaly_core.decoders.patches import EncodedImage
from anomaly_core.scoring.calibration import Prior, log_of
from anomaly_core.scoring.pixel_range import (
    LEAST_IMAGES,
    MOST_IMAGES,
    Picture,
    PixelRange,
    learn_range,
    small,
)
from anomaly_core.scoring.scorer import PIXEL_RANGE, Finding, Fit, Score, State, evenly

PRIOR: Final = Prior(spread=0.35, clip=3.0)
"""Wider than a map's, since the score is a maximum; measured by `benchmarks/calibration.py`."""
MOST_PEAK: Final = 20.0
"""Largest usual peak of a good image, in CIELAB, for which pixels are compared: above it good parts differ
from each other as much as a plain defect does from its surroundings, as lustrous screws do."""
TEXT: Final = "colours that no good part has there"


class PixelRangeScorer:
    """Scorer of the largest distance of a pixel's colour outside of the good images' range; see `Scorer`."""

    name: Final = PIXEL_RANGE
    fingerprint: Final = f"{PIXEL_RANGE} 2"

    def fit(self, images: Sequence[EncodedImage], earlier: Mapping[str, Fit]) -> Fit | None:
        """Learn the range of the good images' colours; None where they do not lie on each other."""
        if len(images) < LEAST_IMAGES:
            return None
        learned = learn_range([picture_of(images[number]) for number in evenly(len(images), MOST_IMAGES)])
        if learned is None or learned.differ > MOST_PEAK:
            return None
        good = [Score(log_of(peak)) for peak in learned.peaks]
        return Fit(State(learned.usual.to_arrays()), good, prior=PRIOR)

    def score(self, image: EncodedImage, state: State, earlier: Mapping[str, Score]) -> Score | None:
        """Score an image's pixels; None where it does not lie on the good ones."""
        outside = state.derived(range_of).outside(picture_of(image))
        if outside is None:
            return None

        def findings(limit: float) -> tuple[Finding, ...]:
            areas = outside.areas(limit, image.size)
            return tuple(Finding("colour", None, None, TEXT, mask, times) for mask, times in areas)

        return Score(log_of(outside.peak), findings=findings, outside=outside)


def picture_of(image: EncodedImage) -> Picture:
    """Return an encoded image as it is compared pixel by pixel."""
    return small(image.pixels, image.frame, image.ignored)


def range_of(state: State) -> PixelRange:
    """Return the range of a fitted product that has one."""
    return PixelRange.from_arrays(state.arrays)
