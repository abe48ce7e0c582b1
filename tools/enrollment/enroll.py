"""Enrolment of a product: templates, memory bank and calibration from good images, in one transaction."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.errors import ConfigError, NoImages, UnreadableImage
from anomaly_core.forecast import Forecast, forecast
from anomaly_core.good_images import Progress
from anomaly_core.imaging.reading import LoadedImage
from anomaly_core.imaging.zones import Zone
from anomaly_core.product import ProductModel
from knowledge.products.record import Template
from tools.context import Context
from tools.enrollment.calibrate import supported_rate
from tools.enrollment.findings import Finding, UnreadKind
from tools.enrollment.screening import GoodImage, Selection, select_images
from tools.records import FailureRecord


@dataclass(frozen=True)
class EnrollSummary:
    """The result of an enrolment.

    skipped: files that could not be read. findings: images that are odd among the others. unread: files of
    kinds that are not read. encoder: the product's image encoder. forecast: what its verdict makes of
    simulated defects, or None for one good image or where none was asked for. supported_rate: see
    `supported_rate`. alpha: stated false-alarm rate. note: remarks for the user. warnings:
    what failed beside it, such as its row in the log.
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
    warnings: list[str] = field(default_factory=list)


def enroll(
    context: Context,
    product: str,
    paths: Sequence[Path],
    progress: Progress | None = None,
    *,
    keep_all: bool = False,
    encoder: str | None = None,
    foretell: bool = True,
    zones: Sequence[Zone] | None = None,
    mm_per_px: float | None = None,
) -> EnrollSummary:
    """Learn a product from images of good parts and store it. Raises NoImages where no file can be read.

    Masks, near-duplicates, images of other things and defective parts are left out, but for keep_all.
    encoder: name, folder or hub id; the context's if None. foretell: whether the summary has a forecast.
    zones, mm_per_px: see `ProductModel`; those of an earlier enrolment where None.
    """
    start = time.perf_counter()
    model = context.model if encoder is None else context.model_with(encoder)
    max_pixels = context.images.max_pixels
    chosen = select_images(model, paths, max_pixels=max_pixels, keep_all=keep_all, progress=progress)
    learned = learn(context, model, product, chosen, progress, zones=zones, mm_per_px=mm_per_px)
    shots = len(chosen.images)
    notes = [*chosen.notes, *learned.notes]
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
        forecast=forecast(model, learned, chosen.encoded, progress) if foretell else None,
        supported_rate=supported_rate(shots),
        alpha=learned.alpha,
        seconds=time.perf_counter() - start,
        note="; ".join(notes),
    )


def learn(
    context: Context,
    model: AnomalyGPT,
    product: str,
    chosen: Selection,
    progress: Progress | None = None,
    *,
    zones: Sequence[Zone] | None = None,
    mm_per_px: float | None = None,
) -> ProductModel:
    """Learn a product from chosen images that this model encoded, store it, and return it.

    Raises NoImages where none is chosen. zones, mm_per_px: see `enroll`.
    """
    if not chosen.images:
        why = chosen.skipped[0].error.message if chosen.skipped else "all of them are masks"
        raise NoImages(f"no good image of {product} could be read: {why}")
    kept = _kept(context, product)
    zones = kept.zones if zones is None and kept is not None else zones or ()
    mm_per_px = kept.mm_per_px if mm_per_px is None and kept is not None else mm_per_px
    learned = replace(
        model.fit(chosen.encoded, progress, zones=zones), grey_range=chosen.grey_range, mm_per_px=mm_per_px
    )
    arrays, meta = learned.to_parts()
    templates = [
        Template(
            sha256=image.sha256,
            file_name=image.path.name,
            data=partial(bytes_of, image),
            embedding=embedding,
        )
        for image, embedding in zip(chosen.images, learned.embeddings, strict=True)
    ]
    context.templates.enroll(
        product,
        templates,
        arrays=arrays,
        meta=meta,
        encoder=model.encoder.name,
        views=learned.view_embeddings,
        references=context.references(model),
    )
    return learned


def _kept(context: Context, name: str) -> ProductModel | None:
    """Return the product's earlier enrolment, or None where there is none that can be read."""
    if name not in {info.name for info in context.templates.products()}:
        return None
    try:
        return context.product(name)
    except ConfigError:  # of another version, which is what enrolling again is for
        return None


def bytes_of(image: LoadedImage | GoodImage) -> bytes:
    """Return the bytes of an image's file. Raises UnreadableImage where it has changed."""
    try:
        data = image.path.read_bytes()
    except OSError as error:
        raise UnreadableImage(f"{image.path}: {error.strerror} since it was read; enrol again") from error
    if hashlib.sha256(data).hexdigest() != image.sha256:
        raise UnreadableImage(f"{image.path}: the file changed while it was enrolled; enrol again")
    return data
