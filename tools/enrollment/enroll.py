"""Enrolling a product: good images -> templates, memory bank and calibration, in one transaction."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from anomaly_core.detector import Progress
from anomaly_core.errors import IadError, LanguageModelError, NoImages, UnreadableImage, WeightsMissing
from anomaly_core.imaging.reading import LoadedImage, load_image
from anomaly_core.layout.model import LayoutModel
from knowledge.products.record import Template
from tools.context import Services
from tools.records import FailureRecord


@dataclass(frozen=True)
class EnrollSummary:
    """What an enrolment did. `alpha`: the verdict's stated false-alarm rate; `note`: what to know of it."""

    product: str
    templates: int
    skipped: list[FailureRecord] = field(default_factory=list)
    alpha: float = 0.05
    seconds: float = 0.0
    note: str = ""


def enroll(
    services: Services, product: str, paths: Sequence[Path], progress: Progress | None = None
) -> EnrollSummary:
    """Learn `product` from images of good parts. Acknowledged only once it is safely stored.

    Raises NoImages when no file can be read.
    """
    start = time.perf_counter()
    images: dict[str, LoadedImage] = {}
    skipped: list[FailureRecord] = []
    for path in paths:
        try:
            image = load_image(path, max_pixels=services.passes.max_pixels)
        except IadError as error:
            skipped.append(FailureRecord.of(path, error))
            continue
        images.setdefault(image.sha256, image)
    if not images:
        raise NoImages(f"no good image of {product} could be read: {skipped[0].error.message}")
    pixels = [image.pixels for image in images.values()]
    unasked = ""
    try:
        fitted = services.detector.fit(pixels, progress, services.language)
    except (LanguageModelError, WeightsMissing) as error:
        # A product is learned without the language model as well; the user must know, and know the remedy.
        unasked = f"enrolled without the language model, which will not be asked about it: {error}"
        fitted = services.detector.fit(pixels, progress)
    arrays, meta = fitted.model.to_parts()
    layout = LayoutModel.fit([image.pixels for image in images.values()], alpha=services.config.alpha)
    if layout is not None:
        meta["layout"] = layout.to_meta()
    templates = [
        Template(
            sha256=image.sha256,
            file_name=image.path.name,
            data=bytes_of(image),
            embedding=embedding,
        )
        for image, embedding in zip(images.values(), fitted.embeddings, strict=True)
    ]
    services.templates.enroll(
        product,
        templates,
        arrays=arrays,
        meta=meta,
        encoder=services.detector.encoder.name,
        views=fitted.view_embeddings,
        references=services.strangers,
    )
    shots = len(templates)
    note = ""
    if shots == 1:
        note = "one good part: its normal variation is a guess; enrol four or more for the stated rate"
    note = "; ".join(part for part in (note, unasked) if part)
    return EnrollSummary(
        product=product,
        templates=shots,
        skipped=skipped,
        alpha=services.config.alpha,
        seconds=time.perf_counter() - start,
        note=note,
    )


def bytes_of(image: LoadedImage) -> bytes:
    """Read the file again, to be kept as a template. Raises UnreadableImage where it has changed."""
    try:
        data = image.path.read_bytes()
    except OSError as error:
        raise UnreadableImage(f"{image.path}: {error.strerror} since it was read; enrol again") from error
    if hashlib.sha256(data).hexdigest() != image.sha256:
        raise UnreadableImage(f"{image.path}: the file changed while it was enrolled; enrol again")
    return data
