"""Enrolment of a product: templates, memory bank and calibration from good images, in one transaction."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from anomaly_core.anomalygpt import Progress
from anomaly_core.errors import IadError, NoImages, UnreadableImage
from anomaly_core.imaging.reading import LoadedImage, load_image
from knowledge.products.record import Template
from tools.context import Context
from tools.records import FailureRecord


@dataclass(frozen=True)
class EnrollSummary:
    """The result of an enrolment. alpha: stated false-alarm rate. note: remarks for the user."""

    product: str
    templates: int
    skipped: list[FailureRecord] = field(default_factory=list)
    alpha: float = 0.05
    seconds: float = 0.0
    note: str = ""


def enroll(
    context: Context, product: str, paths: Sequence[Path], progress: Progress | None = None
) -> EnrollSummary:
    """Learn a product from images of good parts and store it. Raises NoImages where no file can be read."""
    start = time.perf_counter()
    images: dict[str, LoadedImage] = {}
    skipped: list[FailureRecord] = []
    for path in paths:
        try:
            image = load_image(path, max_pixels=context.images.max_pixels)
        except IadError as error:
            skipped.append(FailureRecord.of(path, error))
            continue
        images.setdefault(image.sha256, image)
    if not images:
        raise NoImages(f"no good image of {product} could be read: {skipped[0].error.message}")
    learned = context.model.fit(list(images.values()), progress)
    arrays, meta = learned.to_parts()
    templates = [
        Template(
            sha256=image.sha256,
            file_name=image.path.name,
            data=bytes_of(image),
            embedding=embedding,
        )
        for image, embedding in zip(images.values(), learned.embeddings, strict=True)
    ]
    context.templates.enroll(
        product,
        templates,
        arrays=arrays,
        meta=meta,
        encoder=context.model.encoder.name,
        views=learned.view_embeddings,
        references=context.references,
    )
    shots = len(templates)
    notes = list(learned.notes)
    if shots == 1:
        notes.insert(
            0, "one good part: its normal variation is a guess; enrol four or more for the stated rate"
        )
    return EnrollSummary(
        product=product,
        templates=shots,
        skipped=skipped,
        alpha=learned.alpha,
        seconds=time.perf_counter() - start,
        note="; ".join(notes),
    )


def bytes_of(image: LoadedImage) -> bytes:
    """Return the bytes of an image's file. Raises UnreadableImage where it has changed."""
    try:
        data = image.path.read_bytes()
    except OSError as error:
        raise UnreadableImage(f"{image.path}: {error.strerror} since it was read; enrol again") from error
    if hashlib.sha256(data).hexdigest() != image.sha256:
        raise UnreadableImage(f"{image.path}: the file changed while it was enrolled; enrol again")
    return data
