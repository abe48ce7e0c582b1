"""Calibration of an enrolled product with further images of good parts, which enter no memory bank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

from anomaly_core.decoders.patches import EncodedImage
from anomaly_core.errors import IadError, NoImages
from anomaly_core.good_images import Progress
from tools.context import Context
from tools.enrollment.findings import Finding
from tools.enrollment.screening import pixels_again
from tools.records import FailureRecord

ODD_RATE: Final = 0.005
"""An image with a p-value below this is hardly a good part's, and is left out."""
CONFIDENCE: Final = 0.95


@dataclass(frozen=True)
class CalibrationSummary:
    """The result of a calibration.

    images: further images used. good_images: all that the calibration rests on. supported_rate: false-alarm
    rate that so many images without an alarm prove, at 95 % confidence. skipped: files that could not be
    read. findings: images that were left out. warnings: what failed beside it, such as its row in the log.
    """

    product: str
    images: int
    good_images: int
    alpha: float
    supported_rate: float
    skipped: list[FailureRecord] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def supported_rate(images: int) -> float:
    """Return the upper bound of the false-alarm rate that n good images without an alarm prove."""
    return float(1 - (1 - CONFIDENCE) ** (1 / images))


def calibrate(
    context: Context, name: str, paths: Sequence[Path], progress: Progress | None = None
) -> CalibrationSummary:
    """Narrow a product's calibration with images of good parts, and store it.

    Raises NoImages where none can be used, UnknownProduct, ConfigError, StoreError.
    """
    product = context.product(name)
    model = context.model_of(product)
    _, earlier = context.templates.load(name)
    skipped: list[FailureRecord] = []
    findings: list[Finding] = []
    good: dict[str, EncodedImage] = {}
    enrolled = {hit.sha256 for hit in context.templates.images(name)}
    for number, path in enumerate(paths):
        try:
            image = context.read(path, product)
        except IadError as error:
            skipped.append(FailureRecord.of(path, error))
            continue
        found = model.inspect(image, product)
        known = image.sha256 in enrolled or image.sha256 in good
        why = _reason(found.verdict.p_value, found.verdict.problems, known)
        if why is None:
            again = partial(pixels_again, path, image.sha256, context.images.max_pixels, product.grey_range)
            good[image.sha256] = replace(found.image.first_view, source=again)
        else:
            kind, reason = why
            findings.append(Finding(image=str(path), kind=kind, reason=reason, left_out=True))
        if progress is not None:
            progress("looking at good parts", number + 1, len(paths))
    if not good:
        raise NoImages(f"no image of a good {name} could be used: {_first(skipped, findings)}")
    _, meta = model.calibrate(product, list(good.values())).to_parts()
    context.templates.replace_meta(name, meta, earlier=earlier)
    total = len(good) + len(product.embeddings)
    return CalibrationSummary(name, len(good), total, product.alpha, supported_rate(total), skipped, findings)


def _reason(p_value: float, problems: Sequence[str], known: bool) -> tuple[str, str] | None:
    """Return the kind and the reason for which an image is left out, or None."""
    if known:
        return "duplicate", "the same file as one that the product was learned from, or as one before it"
    if problems:
        return "foreign", " ".join(problems)
    if p_value < ODD_RATE:
        return "defect", f"hardly a good part: its p-value is {p_value:.2g}"
    return None


def _first(skipped: Sequence[FailureRecord], findings: Sequence[Finding]) -> str:
    return skipped[0].error.message if skipped else findings[0].reason if findings else "none was given"
