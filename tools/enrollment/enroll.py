"""Enrolment of a product: templates, memory bank and calibration from good images, in one transaction."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.errors import NoImages, UnreadableImage, WeightsMissing
from anomaly_core.forecast import Forecast, fit_best
from anomaly_core.good_images import Progress
from anomaly_core.imaging.reading import LoadedImage
from knowledge.products.record import Template
from tools.context import Context
from tools.enrollment.calibrate import supported_rate
from tools.enrollment.findings import Finding, UnreadKind
from tools.enrollment.screening import GoodImage, select_images
from tools.records import FailureRecord


@dataclass(frozen=True)
class EnrollSummary:
    """The result of an enrolment.

    skipped: files that could not be read. findings: images that are odd among the others. unread: files of
    kinds that are not read. encoder: the product's image encoder. forecast: what its verdict makes of
    simulated defects, or None for one good image. supported_rate: see `supported_rate`. alpha: stated
    false-alarm rate. note: remarks for the user.
    """

    product: str
    templates: int
    skipped: list[FailureRecord] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    unread: list[UnreadKind] = field(default_factory=list)
    encoder: str = ""
    forecast: Forecast | None = None
    supported_rate: float = 1.0
    alpha: float = 0.05
    seconds: float = 0.0
    note: str = ""


def enroll(
    context: Context,
    product: str,
    paths: Sequence[Path],
    progress: Progress | None = None,
    *,
    keep_all: bool = False,
    encoder: str | None = None,
) -> EnrollSummary:
    """Learn a product from images of good parts and store it. Raises NoImages where no file can be read.

    Masks, near-duplicates, images of other things and defective parts are left out, but for keep_all.
    encoder: the product's, as it was chosen before; None chooses among the context's.
    """
    start = time.perf_counter()
    chosen = select_images(context, paths, keep_all=keep_all, progress=progress)
    if not chosen.images:
        why = chosen.skipped[0].error.message if chosen.skipped else "all of them are masks"
        raise NoImages(f"no good image of {product} could be read: {why}")
    models, notes = _models(context, encoder)
    found = fit_best(models, [image.encoded for image in chosen.images], progress, encoder=encoder)
    learned, searched = found.product, found.first
    arrays, meta = learned.to_parts()
    templates = [
        Template(
            sha256=image.sha256,
            file_name=image.path.name,
            data=partial(bytes_of, image),
            embedding=embedding,
            search_embedding=search_embedding,
        )
        for image, embedding, search_embedding in zip(
            chosen.images, learned.embeddings, searched.embeddings, strict=True
        )
    ]
    context.templates.enroll(
        product,
        templates,
        arrays=arrays,
        meta=meta,
        encoder=found.model.encoder.name,
        search_encoder=context.model.encoder.name,
        views=searched.view_embeddings,
        references=context.references,
    )
    shots = len(templates)
    notes += [*chosen.notes, *learned.notes]
    if shots == 1:
        notes.insert(
            0, "one good part: its normal variation is a guess; enrol four or more for the stated rate"
        )
    return EnrollSummary(
        product=product,
        templates=shots,
        skipped=chosen.skipped,
        findings=chosen.findings,
        encoder=learned.encoder,
        forecast=found.forecast,
        supported_rate=supported_rate(shots),
        alpha=learned.alpha,
        seconds=time.perf_counter() - start,
        note="; ".join(notes),
    )


def _models(context: Context, encoder: str | None) -> tuple[list[AnomalyGPT], list[str]]:
    """Return the models to try, the context's first, and remarks on those whose weights are missing.

    encoder: the other one, where it was chosen before.
    """
    models: list[AnomalyGPT] = [context.model]
    notes: list[str] = []
    others = context.encoders if encoder is None else (encoder,)
    for name in others:
        if name == context.model.config.encoder:
            continue
        try:
            models.append(context.model_with(name))
        except WeightsMissing as error:
            notes.append(f"enrolled without trying the encoder {name}: {error}")
    return models, notes


def bytes_of(image: LoadedImage | GoodImage) -> bytes:
    """Return the bytes of an image's file. Raises UnreadableImage where it has changed."""
    try:
        data = image.path.read_bytes()
    except OSError as error:
        raise UnreadableImage(f"{image.path}: {error.strerror} since it was read; enrol again") from error
    if hashlib.sha256(data).hexdigest() != image.sha256:
        raise UnreadableImage(f"{image.path}: the file changed while it was enrolled; enrol again")
    return data
