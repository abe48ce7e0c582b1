"""The layout scorer: a product's components against those that all of its good images show."""

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
"""More pieces are a texture and no layout."""
PRIOR: Final = Prior(spread=0.35)
"""The largest of many deviations varies more than a map's score does; `benchmarks/logical.py` measures it."""
BRIGHTER: Final = 1.1
SOFTER: Final = 0.0024
"""Standard deviation of a soft photograph's blur, as a share of the longer side."""
_SMALLEST: Final = 1e-3


class LayoutScorer:
    """Scores an image by its components' greatest deviation from the layout; see `Scorer`."""

    name: Final = LAYOUT
    fingerprint: Final = f"{LAYOUT} 2"

    def fit(self, images: Sequence[EncodedImage], earlier: Mapping[str, Fit]) -> Fit | None:
        """Learn the layout, or return None: the good images have none."""
        scenes: list[tuple[list[Component], tuple[int, int]]] = []
        for image in images:
            found = steady_components(image)
            if found is None:
                return None
            scenes.append((found, image.size))
        learned = LayoutModel.fit(scenes)
        if learned is None:
            return None
        model, scores = learned
        return Fit(State(meta=model.to_meta()), [_score(score) for score in scores], prior=PRIOR)

    def score(self, image: EncodedImage, state: State, earlier: Mapping[str, Score]) -> Score | None:
        """Compare an image's components with the layout; None where its background cannot be told."""
        found = image.components
        if found is None:
            return None
        model = state.made(layout_of)
        matched = model.match(found, image.size)

        def findings(limit: float) -> tuple[Finding, ...]:
            return model.findings(found, image.size, matched, limit)

        return _score(matched.score, findings)


def layout_of(state: State) -> LayoutModel:
    """Return the layout of a fitted product."""
    return LayoutModel.from_meta(state.meta)


def steady_components(image: EncodedImage) -> list[Component] | None:
    """Return the components of a good image, or None: there are too few, or chance decides their number.

    A number that a brighter or a softer photograph would change is no number to hold others against.
    """
    found = image.components
    if found is None or not 2 <= len(found) <= MOST_COMPONENTS:
        return None
    brighter = np.clip(image.pixels * BRIGHTER, 0, 255).astype(np.uint8)
    blurred = cv2.GaussianBlur(image.pixels, (0, 0), SOFTER * max(image.size))
    for view in (brighter, np.asarray(blurred, dtype=np.uint8)):
        again = find_components(view)
        if again is None or len(again) != len(found):
            return None
    return found


def _score(deviation: float, findings: Callable[[float], tuple[Finding, ...]] = lambda limit: ()) -> Score:
    return Score(log_of(max(deviation, _SMALLEST)), findings=findings)
