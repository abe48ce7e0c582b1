"""Screening of image files for enrolment: each is read, measured, encoded and let go again, one at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.decoders.patches import EncodedImage
from anomaly_core.errors import IadError
from anomaly_core.good_images import Progress
from anomaly_core.imaging.reading import LoadedImage, load_image
from anomaly_core.screening.screen import Sample, screen
from anomaly_core.screening.traits import traits_of
from tools.cache import read_again
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


Read = tuple[GoodImage, Sample]
ANOTHER_CAMERA: Final = 5.0
"""More than two bits."""


@dataclass
class Selection:
    """The images to learn from, what was noticed about the others, and remarks for the user.

    grey_range: see `ProductModel`.
    """

    images: list[GoodImage] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    skipped: list[FailureRecord] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    grey_range: float | None = None

    @property
    def encoded(self) -> list[EncodedImage]:
        """The images to learn from, as they are encoded."""
        return [image.encoded for image in self.images]


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
    masks = named_masks(paths)
    chosen, samples = _read_all(
        model, paths, masks, max_pixels=max_pixels, keep_all=keep_all, progress=progress
    )
    _leave_out(chosen, samples, keep_all=keep_all)
    return chosen


def read_images(
    model: AnomalyGPT, paths: Sequence[Path], *, max_pixels: int, progress: Progress | None = None
) -> Selection:
    """Read images that were chosen before, and encode them with a model; none is looked for oddities."""
    return _read_all(model, paths, {}, max_pixels=max_pixels, keep_all=True, progress=progress)[0]


def _read_all(
    model: AnomalyGPT,
    paths: Sequence[Path],
    masks: Mapping[Path, str],
    *,
    max_pixels: int,
    keep_all: bool,
    progress: Progress | None,
) -> tuple[Selection, list[Sample]]:
    """Read the images, but for masks that are not kept, and encode them; with what they are screened by.

    masks: why a path is taken for one.
    """
    chosen = Selection()
    first: dict[str, Path] = {}
    ranges: list[float | None] = []
    read: list[Read] = []
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
        read.append(_read(model, image, max_pixels))
        ranges.append(image.grey_range)
        del image
        if progress is not None:
            progress("reading and screening", number + 1, len(paths))
    chosen.grey_range = common_range([each for each in ranges if each is not None])
    for number, own in enumerate(ranges):
        if own not in (None, chosen.grey_range):
            good, _ = read[number]
            again = read_again(good.path, good.sha256, max_pixels, chosen.grey_range)
            read[number] = _read(model, again, max_pixels)
    read = _laid_alike(model, read)
    chosen.images = [good for good, _ in read]
    return chosen, [sample for _, sample in read]


def common_range(ranges: Sequence[float]) -> float | None:
    """Return the grey range of one camera's images: the largest, since a dark image shows less than all.

    One image alone that has more than `ANOTHER_CAMERA` times the range of all others does not count. None for
    no ranges.
    """
    if not ranges:
        return None
    *others, largest = sorted(ranges)
    alone = len(others) > 1 and largest > ANOTHER_CAMERA * others[-1]
    return others[-1] if alone else largest


def _read(model: AnomalyGPT, image: LoadedImage, max_pixels: int) -> Read:
    """Encode an image and measure it, without its pixels."""
    source = partial(pixels_again, image.path, image.sha256, max_pixels, image.grey_range)
    encoded = replace(model.encode(image), source=source)
    sample = Sample(traits_of(image.pixels), encoded.embedding, encoded.grid, encoded.frame)
    return GoodImage(image.path, image.sha256, encoded), sample


def _laid_alike(model: AnomalyGPT, read: Sequence[Read]) -> list[Read]:
    """Return the images in one pose, so that they compare."""
    alike = model.input.laid_alike([good.encoded for good, _ in read])
    return [
        (
            replace(good, encoded=image),
            replace(sample, embedding=image.embedding, grid=image.grid, frame=image.frame),
        )
        for (good, sample), image in zip(read, alike, strict=True)
    ]


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


def pixels_again(path: Path, sha256: str, max_pixels: int, grey_range: float | None) -> NDArray[np.uint8]:
    """Read the pixels of a file again. Raises UnreadableImage where it has changed."""
    return read_again(path, sha256, max_pixels, grey_range).pixels
