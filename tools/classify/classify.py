"""Classification of a defect: combines confirmed examples, notes on appearance, and text alignment."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import torch

from anomaly_core.encoders.base import share_space
from anomaly_core.names import plain_name
from knowledge.catalogue.passages import Passage
from knowledge.text import sentences
from tools.classify.aligned import aligned_fits
from tools.classify.confirm import features_of
from tools.classify.scores import UNKNOWN, similarities_of, weigh
from tools.classify.written import written_fits
from tools.context import Context, Part
from tools.localize import region_at
from tools.records import DefectRecord

__all__ = ["CONTRASTS", "UNKNOWN", "DefectNotes", "appearance", "classify"]

_NOT_A_TYPE: Final = frozenset({"good", "combined"})
CONTRASTS: Final = (
    "a thin line, a crack or a scratch",
    "a stripe or streak",
    "a small round spot, a hole, a pit or a stain",
    "an irregular patch or damaged place",
    "a large area or zone",
)
"""Phrases for all appearances; a note's mean similarity to them is subtracted."""
_LARGE: Final = 0.08
"""Least share of the image of a large area."""
_LOOKS: Final = re.compile(
    r"\b(line|stripe|streak|spot|ring|patch|zone|area|hole|pit|stain|border|edge|shape|surface|dark|bright|light|"
    r"thin|narrow|wide|large|small|round|straight|colou?r|looks?|appears?|shows?|visible|seen|characteri[sz]ed|"
    r"scratch\w*|mark\w*|dent\w*|deform\w*|broken|missing|torn|bent|cut|blot\w*|cloud\w*|discolou?r\w*)\b",
    re.IGNORECASE,
)


def classify(
    part: Part, description: str, area_share: float | None = None, place: str = "region-1"
) -> DefectRecord:
    """Return the defect type by confirmed examples and notes, or "unknown defect".

    description, area_share: of the region, see `appearance`. place: of the region, see `tools.locations`.
    """
    near: dict[str, list[float]] = {}
    cross_type: list[float] = []
    aligned: dict[str, float] = {}
    context = part.context
    encoder = part.detector.encoder
    fits = _notes_of(context, part.product).fits(appearance(description, area_share))
    # Without notes there may be no text encoder on the machine.
    has_names = bool(fits) and share_space(encoder, context.text_encoder)
    has_examples = bool(context.examples.examples(part.product))
    written = written_fits(part, place, context.domain.passages(part.product))
    if has_examples or has_names:
        region = region_at(part, place).region
        if has_examples:
            features = features_of(part, region)
            near = similarities_of(context.examples.nearest(part.product, features, encoder=encoder.name))
            cross_type = context.examples.cross_type_similarities(part.product, encoder=encoder.name)
        if has_names:
            types = list(dict.fromkeys((*near, *fits)))
            aligned = aligned_fits(
                encoder, context.text_encoder, part.pixels, region.bbox, part.product, types
            )
    return weigh(near, fits, cross_type, aligned, written, part.model.bank.likeness)


def _notes_of(context: Context, product: str) -> DefectNotes:
    """Return the encoded notes on a product's defects, cached for a version of the store."""
    version = context.store.snapshot().version
    return context.cached(
        f"notes of {product}", version, lambda: DefectNotes(context, context.domain.passages(product))
    )


def appearance(description: str, area_share: float | None = None) -> str:
    """Return a measured description in the usual words for such a defect.

    description: of `scoring.measurement.describe_region`; other text is returned unchanged.
    area_share: of the image, in [0, 1], or None where unknown.
    """
    found = re.match(r"an? (?P<shape>round|elongated|irregular)\b ?(?P<tone>dark|bright)?", description)
    if found is None:
        return description
    colour = re.search(r"\b(red|orange|brown|yellow|green|cyan|blue|purple|pink)\b", description)
    tone = " ".join(filter(None, (found["tone"], colour and colour[0])))
    if found["shape"] == "elongated":
        size = re.search(r"(\d+) px long and (\d+) px wide", description)
        thin = size is None or int(size[1]) >= 6 * int(size[2])
        what = f"a thin {tone} line, a crack or a scratch" if thin else f"a {tone} stripe or streak"
    elif area_share is not None and area_share >= _LARGE:
        what = f"a large {tone} area or zone"
    elif found["shape"] == "round":
        what = f"a small round {tone} spot, a hole, a pit or a stain"
    else:
        what = f"an irregular {tone} patch or damaged place"
    return " ".join(what.split())


class DefectNotes:
    """The sentences of a product's notes on the appearance of each defect type, encoded."""

    def __init__(self, context: Context, passages: Sequence[Passage]) -> None:
        self._context = context
        self._names: list[str] = []
        texts: list[str] = []
        for passage in passages:
            if passage.defect is None or passage.defect.lower() in _NOT_A_TYPE:
                continue
            if passage.field not in (None, "look"):
                continue  # says nothing of how it looks
            for text in _visual_texts(passage):
                self._names.append(passage.defect)
                texts.append(text)
        self._vectors = context.text_encoder.encode_text(texts) if texts else None
        self._contrasts = context.text_encoder.encode_text(list(CONTRASTS)) if texts else None

    def fits(self, query: str) -> dict[str, float]:
        """Return the fit of each type's notes to an appearance; empty without notes.

        The fit is the best cosine of a type's sentences to the query, minus the mean of the same over
        `CONTRASTS`, which removes a note's similarity to any text.
        """
        if self._vectors is None or self._contrasts is None:
            return {}
        best = _best(self._names, self._vectors @ self._context.text_encoder.encode_text([query])[0])
        others = [_best(self._names, self._vectors @ contrast) for contrast in self._contrasts]
        return {name: value - sum(o[name] for o in others) / len(others) for name, value in best.items()}


def _best(names: Sequence[str], similarity: torch.Tensor) -> dict[str, float]:
    """Return the best similarity of each type."""
    best: dict[str, float] = {}
    for name, value in zip(names, similarity.tolist(), strict=True):
        best[name] = max(value, best.get(name, -1.0))
    return best


def _visual_texts(passage: Passage) -> list[str]:
    """Return the sentences of a passage on appearance, each after its heading; without any, all of it."""
    title = passage.title or plain_name(passage.defect or "")
    visual = [one for one in sentences(passage.text) if len(set(_LOOKS.findall(one.lower()))) >= 2]
    return [f"{title}. {sentence}" for sentence in visual or [" ".join(passage.text.split())]]
