"""The layout scorer: deviation of an image's components from those of the good images."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import cv2
import numpy as np

from anomaly_core.decoders.patches import EncodedImage
from anomaly_core.imaging.components import Component, find_components
from anomaly_core.layout.model import LayoutModel
from anomaly_core.scoring.calibration import Prior, log_of
from anomaly_core.scoring.scorer import LAYOUT, Finding, Fit, Score, State

MOST_COMPONENTS: Final = 60
"""Most components of a layout; more are a texture."""
PRIOR: Final = Prior(spread=0.35)
"""Wider than a map's, since the score is a maximum of deviations; measured by `benchmarks/logical.py`."""
BRIGHTER: Final = 1.1
"""Gain of the brightened image that must keep the number of components."""
SOFTER: Final = 0.0024
"""Standard deviation of the blur that must keep it, as a share of the longer side."""
_SMALLEST: Final = 1e-3


class LayoutScorer:
    """Scorer of the largest deviation of a component from the layout; see `Scorer`."""

    name: Final = LAYOUT
    fingerprint: Final = f"{LAYOUT} 2"

    def fit(self, images: Sequence[EncodedImage], earlier: Mapping[str, Fit]) -> Fit | None:
        """Learn the layout; None where the good images have none."""
        scenes: list[tuple[list[Component], tuple[int, int]]] = []
        for image in images:
            found = stable_components(image)
            if found is None:
                return None
            scenes.append((found, image.size))
        learned = LayoutModel.fit(scenes)
        if learned is None:
            return None
        model, scores = learned
        return Fit(State(meta=model.to_meta()), [_score(score) for score in scores], prior=PRIOR)

    def score(self, image: EncodedImage, state: State, earlier: Mapping[str, Score]) -> Score | None:
        """Score an image's components; None where no background can be segmented."""
        found = image.components
        if found is None:
            return None
        model = state.derived(layout_of)
        matched = model.match(found, image.size)

        def findings(limit: float) -> tuple[Finding, ...]:
            return model.findings(found, image.size, matched, limit)

        return _score(matched.score, findings)


def layout_of(state: State) -> LayoutModel:
    """Return the layout of a fitted product."""
    return LayoutModel.from_meta(state.meta)


def stable_components(image: EncodedImage) -> list[Component] | None:
    """Return the components of a good image, or None where they cannot make a layout.

    Their number must be in range, and the same in a brighter and in a blurred version of the image.
    """
    pixels = image.pixels
    found = find_components(pixels)
    if found is None or not 2 <= len(found) <= MOST_COMPONENTS:
        return None
    brighter = np.clip(pixels * BRIGHTER, 0, 255).astype(np.uint8)
    blurred = cv2.GaussianBlur(pixels, (0, 0), SOFTER * max(image.size))
    for view in (brighter, np.asarray(blurred, dtype=np.uint8)):
        again = find_components(view)
        if again is None or len(again) != len(found):
            return None
    judged = image.judged_components(found)
    return judged if len(judged) > 1 else None


def _score(deviation: float, findings: Callable[[float], tuple[Finding, ...]] = lambda limit: ()) -> Score:
    return Score(log_of(max(deviation, _SMALLEST)), findings=findings)
