"""The scorer Protocol: what tells how anomalous an image is, learned of a product from its good images alone.

Scorers run in order, each sees what those before it found. Code outside the packages registers its own:

    SCORERS.register("my-scorer", MyScorer)

and names it in `DetectorConfig.scorers` (setting `scorers`). A scorer that the checkpoint gives a weight is
part of the fused score; every other one has its own calibration and a share of the false-alarm rate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeVar

import torch
from numpy.typing import NDArray

from anomaly_core.decoders.patches import EncodedImage
from anomaly_core.registry import Registry
from anomaly_core.results import Box
from anomaly_core.scoring.calibration import Prior

T = TypeVar("T")

DEFAULT_PRIOR: Final = Prior()
FEW_SHOT: Final = "few-shot"
TEXT_ALIGNED: Final = "text-aligned"
SOFT_PROMPT: Final = "soft-prompt"
LAYOUT: Final = "layout"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, found otherwise than in a map.

    bbox: (x0, y0, x1, y1) in pixels of the original image, end-exclusive; None for what lies nowhere.
    expected: where good images have it, or None. text: without a full stop.
    """

    kind: str
    bbox: Box | None
    expected: Box | None
    text: str


@dataclass(frozen=True, eq=False)
class Score:
    """What one scorer says of one image.

    log_score: logarithm of its anomaly score, or log-odds; larger is more anomalous.
    values: (h, w) float32 anomaly map >= 0 on the encoder input's patch grid, or None.
    residuals: for each view (h, w, C), patches less the nearest normal ones; for scorers that follow.
    findings: given the score that is the limit of good images, what is wrong, strongest first.
    """

    log_score: float
    values: torch.Tensor | None = None
    residuals: tuple[torch.Tensor, ...] = ()
    findings: Callable[[float], tuple[Finding, ...]] = lambda limit: ()


@dataclass(frozen=True, eq=False)
class State:
    """What a scorer learned of a product: arrays and plain JSON values, as they are stored."""

    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)
    _made: dict[Callable[..., Any], Any] = field(default_factory=dict, repr=False)

    def made(self, make: Callable[[State], T]) -> T:
        """Return `make(self)`, made once: a scorer's own form of what is stored."""
        if make not in self._made:
            self._made[make] = make(self)
        made: T = self._made[make]
        return made


@dataclass(frozen=True, eq=False)
class Fit:
    """What `Scorer.fit` gives.

    good: for each good image its score against the others (leave one out), seen in one view; of one image
    alone, for each of its views. close: the same of all views, for those images that have them.
    prior: how log-scores of good images spread, as far as it is known before these.
    """

    state: State
    good: Sequence[Score]
    close: Sequence[Score] = ()
    prior: Prior = DEFAULT_PRIOR


class Scorer(Protocol):
    """Tells how anomalous an image is."""

    @property
    def name(self) -> str:
        """Unique among the scorers; stored with a product."""
        ...

    @property
    def fingerprint(self) -> str:
        """What its numbers hold for: a product fitted with another fingerprint is refused by name."""
        ...

    def fit(self, images: Sequence[EncodedImage], earlier: Mapping[str, Fit]) -> Fit | None:
        """Learn a product from its good images, one or more; None where this scorer does not apply.

        earlier: what the scorers before learned, by name.
        """
        ...

    def score(self, image: EncodedImage, state: State, earlier: Mapping[str, Score]) -> Score | None:
        """Score an image of a product; None where it cannot be told. earlier: of the scorers before."""
        ...


SCORERS: Final[Registry[Scorer]] = Registry("scorer", "iad.scorers")
"""Scorers of other packages; a factory is called without arguments."""
