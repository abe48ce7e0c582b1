"""Screening of image files for enrolment: each is read, measured, encoded and let go again, one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.decoders.patches import EncodedImage
from anomaly_core.errors import IadError, UnreadableImage
from anomaly_core.good_images import Progress
from anomaly_core.imaging.reading import load_image
from anomaly_core.screening.screen import Sample, screen
from anomaly_core.screening.traits import traits_of
from tools.enrollment.findings import Finding, named_masks
from tools.records import FailureRecord

_KEPT_ALL = (
    "ATTENTION: leaving out the {} would leave fewer than half of the images, so all of them were kept; "
    "look at them, and enrol images of more parts"
)


@dataclass(frozen=True)
class GoodImage:
    """An image to learn from. encoded: with pixels that are read again from the file."""

    path: Path
    sha256: str
    encoded: EncodedImage


@dataclass
class Selection:
    """The images to learn from, what was noticed about the others, and remarks for the user."""

    images: list[GoodImage] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    skipped: list[FailureRecord] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def select_images(
    model: AnomalyGPT,
    paths: Sequence[Path],
    *,
    max_pixels: int,
    keep_all: bool,
    progress: Progress | None = None,
) -> Selection:
    """Read the images, encode them with a model, and choose those to learn from.

    max_pixels: larger images are not read. keep_all: name the odd ones, and keep them.
    """
    chosen = Selection()
    masks = named_masks(paths)
    samples: list[Sample] = []
    first: dict[str, Path] = {}
    for number, path in enumerate(paths):
        if path in masks:
            chosen.findings.append(
                Finding(image=str(path), kind="mask", reason=masks[path], left_out=not keep_all)
            )
            if not keep_all:
                continue
        try:
            image = load_image(path, max_pixels=max_pixels)
        except IadError as error:
            chosen.skipped.append(FailureRecord.of(path, error))
            continue
        if image.sha256 in first:
            if path != first[image.sha256]:
                reason = f"the same file as {first[image.sha256].name}"
                chosen.findings.append(
                    Finding(image=str(path), kind="duplicate", reason=reason, left_out=True)
                )
            continue
        first[image.sha256] = path
        again = partial(pixels_again, path, image.sha256, max_pixels)
        encoded = replace(model.encode(image), source=again)
        samples.append(Sample(traits_of(image.pixels), encoded.embedding, encoded.grid, encoded.frame))
        chosen.images.append(GoodImage(path, image.sha256, encoded))
        del image
        if progress is not None:
            progress("reading and screening", number + 1, len(paths))
    _leave_out(chosen, samples, keep_all=keep_all)
    return chosen


def _leave_out(chosen: Selection, samples: Sequence[Sample], *, keep_all: bool) -> None:
    """Name the odd ones among the images, and take them out."""
    found = screen(samples)
    left_out = frozenset() if keep_all else found.left_out
    named = {finding.image for finding in chosen.findings}
    for odd in found.oddities:
        if str(chosen.images[odd.index].path) in named:
            continue
        of = "" if odd.of is None else f" (as {chosen.images[odd.of].path.name})"
        chosen.findings.append(
            Finding(
                image=str(chosen.images[odd.index].path),
                kind=odd.kind,
                reason=odd.reason + of,
                left_out=odd.index in left_out,
            )
        )
    if not keep_all:
        chosen.notes += [_KEPT_ALL.format(group) for group in found.kept_all]
    chosen.images = [image for n, image in enumerate(chosen.images) if n not in left_out]


def pixels_again(path: Path, sha256: str, max_pixels: int) -> NDArray[np.uint8]:
    """Read the pixels of a file again. Raises UnreadableImage where it has changed."""
    image = load_image(path, max_pixels=max_pixels)
    if image.sha256 != sha256:
        raise UnreadableImage(f"{path}: the file changed while it was enrolled; enrol again")
    return image.pixels
