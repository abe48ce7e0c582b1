"""The scorer Protocol: an anomaly score, fitted to the good images of a product.

Scorers run in order and receive the results of the earlier ones. Other packages register their own:

    SCORERS.register("my-scorer", MyScorer)

and name it in `DetectorConfig.scorers` (setting `scorers`). A scorer with a weight in the checkpoint's fusion
is part of the fused score; any other has its own calibration and a share of the false-alarm rate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from anomaly_core.decoders.patches import EncodedImage
from anomaly_core.registry import Registry
from anomaly_core.results import Box
from anomaly_core.scoring.calibration import Prior
from anomaly_core.scoring.outside import Outside

T = TypeVar("T")

DEFAULT_PRIOR: Final = Prior()
FEW_SHOT: Final = "few-shot"
TEXT_ALIGNED: Final = "text-aligned"
SOFT_PROMPT: Final = "soft-prompt"
LAYOUT: Final = "layout"
PIXEL_RANGE: Final = "pixel-range"


@dataclass(frozen=True)
class Finding:
    """An anomaly that a scorer finds other than in a map, such as a missing component.

    bbox: (x0, y0, x1, y1) in pixels of the original image, end-exclusive, or None without a position.
    expected: its box in the good images, or None. text: a phrase without a full stop.
    mask: (H, W) bool on the original, of an area that has an outline of its own; or None.
    times: height of that area, in units of the good images' limit.
    """

    kind: str
    bbox: Box | None
    expected: Box | None
    text: str
    mask: NDArray[np.bool_] | None = field(default=None, repr=False)
    times: float = 0.0


@dataclass(frozen=True, eq=False)
class Score:
    """One scorer's result for one image.

    log_score: natural logarithm of the anomaly score, or log-odds; larger is more anomalous.
    values: (h, w) float32 anomaly map >= 0 on the patch grid of the encoder input, or None.
    residuals: (h, w, C) a view, patches minus their nearest normal patches; input of later scorers.
    findings: function from the good images' limit of the score to findings, strongest first.
    outside: how far pixels lie outside of the good images' range, of the scorer that compares them.
    """

    log_score: float
    values: torch.Tensor | None = None
    residuals: tuple[torch.Tensor, ...] = ()
    findings: Callable[[float], tuple[Finding, ...]] = lambda limit: ()
    outside: Outside | None = None


@dataclass(frozen=True, eq=False)
class State:
    """A scorer's fitted state of a product, as it is stored: arrays and JSON values."""

    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)
    _derived: dict[Callable[..., Any], Any] = field(default_factory=dict, repr=False)

    def derived(self, make: Callable[[State], T]) -> T:
        """Return `make(self)`, computed once, such as a memory bank from stored arrays."""
        if make not in self._derived:
            self._derived[make] = make(self)
        value: T = self._derived[make]
        return value


@dataclass(frozen=True, eq=False)
class Fit:
    """The result of `Scorer.fit`.

    good: each good image's leave-one-out score in one view; of a single image, the score of each of its
    views. augmented: leave-one-out scores of the mean over all views, for the images that have them.
    prior: on the log-scores of good images. least_spread: of them, where it is known otherwise; natural log.
    """

    state: State
    good: Sequence[Score]
    augmented: Sequence[Score] = ()
    prior: Prior = DEFAULT_PRIOR
    least_spread: float = 0.0


class Scorer(Protocol):
    """An anomaly score of images, fitted to a product."""

    @property
    def name(self) -> str:
        """Unique among the scorers; stored with a product."""
        ...

    @property
    def fingerprint(self) -> str:
        """Identity of its weights and settings; products fitted under another one are rejected."""
        ...

    def fit(self, images: Sequence[EncodedImage], earlier: Mapping[str, Fit]) -> Fit | None:
        """Fit one or more good images of a product; None where this scorer does not apply.

        earlier: the fits of the scorers before it, by name.
        """
        ...

    def score(self, image: EncodedImage, state: State, earlier: Mapping[str, Score]) -> Score | None:
        """Score an image of a product, or None where that fails. earlier: scores of the scorers before."""
        ...


def evenly(count: int, most: int) -> list[int]:
    """Return the numbers of `count` images, or of at most `most` of them, evenly chosen."""
    return [round(n) for n in np.unique(np.linspace(0, count - 1, min(count, most)).round())]


SCORERS: Final[Registry[Scorer]] = Registry("scorer", "iad.scorers")
"""Scorers of other packages; a factory is called without arguments."""
