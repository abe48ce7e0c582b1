"""Parts of a report from inspections that were just made, with their heat maps and the nearest good part."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from anomaly_core.errors import UnreadableImage
from anomaly_core.results import Box
from knowledge.log.entry import timestamp
from knowledge.products.corrections import Correction
from tools.context import Context, Part
from tools.drawing import BRIGHTEST, blend, heat_of, mask_of
from tools.localize import strongest_region
from tools.records import InspectionRecord
from tools.report.pictures import (
    CROP,
    LARGEST,
    MOST_CROPS,
    THUMBNAIL,
    Crop,
    Pictures,
    Shown,
    cropped,
    picture_of,
    surroundings,
)
from tools.report.records import LabelRecord, NoteRecord, PartRecord, ReportRegion, ReportType
from tools.zoom import aligned_templates, crop_of


def inspected_part(context: Context, record: InspectionRecord, notes: list[NoteRecord]) -> PartRecord:
    """Return an inspection as a part of a report. notes: what the catalogue says of its defect's type."""
    kind = record.defect_type
    return PartRecord(
        image=record.image,
        name=Path(record.image).name,
        sha256=record.sha256,
        at=timestamp(datetime.now(UTC)),
        product=record.product.name,
        similarity=record.product.similarity,
        inferred=record.product.inferred,
        decision=record.decision,
        reasons=record.reasons,
        p_value=record.p_value,
        alpha=record.alpha,
        review=record.review,
        uncertain=record.uncertain,
        regions=[ReportRegion(**region.model_dump(exclude={"id", "beside"})) for region in record.regions],
        defect_type=None if kind is None else ReportType(**kind.model_dump()),
        notes=notes,
        label=_label(context, record.sha256),
        lot=context.origin.lot,
        station=context.origin.station,
        operator=context.origin.operator,
        read_with=record.note,
        answer=record.answer,
        analysis=record.analysis,
        evidence=record.evidence,
        models=record.models,
        mm_per_px=context.product(record.product.name).mm_per_px,
    )


def with_pictures(context: Context, record: PartRecord) -> Shown:
    """Return a part that was just inspected with its pictures."""
    try:
        pictures = _pictures_of(Part(context, record.image, record.sha256, record.product), record)
    except UnreadableImage:
        return Shown(record, gone="The image changed, or was removed, while the report was made.")
    return Shown(record, pictures)


def _label(context: Context, sha256: str) -> LabelRecord | None:
    """Return the last human label of an image, undone ones left out."""

    def last() -> dict[str, Correction]:
        held = context.feedback.corrections()
        return {one.sha256: one for one in held if one.undone_at is None}

    found = context.cached("human labels", context.store.snapshot().version, last).get(sha256)
    if found is None:
        return None
    return LabelRecord(verdict=found.verdict, at=found.at, defect_type=found.defect_type, note=found.note)


def _pictures_of(part: Part, record: PartRecord) -> Pictures:
    pixels = part.pixels
    height, width = pixels.shape[:2]
    plain = picture_of(pixels, LARGEST)
    if not record.looked_at:
        return Pictures(width, height, plain.at_most(THUMBNAIL), plain)
    found = part.inspection
    heat = heat_of(found.anomaly_map.values, BRIGHTEST * part.model.pixel_threshold)
    above = mask_of(found.regions, height, width)
    boxes: list[tuple[int | None, Box]] = [
        (number, region.bbox) for number, region in enumerate(record.regions[:MOST_CROPS], start=1)
    ]
    if not boxes:
        region = strongest_region(part)
        boxes, above = [(None, region.bbox)], region.mask
    hit, aligned = next(aligned_templates(part, 1))
    crops = []
    for number, box in boxes:
        wide = surroundings(box, width, height)
        same = crop_of(aligned, wide)
        good = None if same is None else picture_of(same, CROP)
        crops.append(Crop(number, wide, cropped(pixels, wide), good))
    return Pictures(
        width,
        height,
        plain.at_most(THUMBNAIL),
        plain,
        heat=picture_of(blend(pixels, heat, above), LARGEST),
        crops=crops,
        good_name=hit.file_name,
        good_lies_on=aligned.matches,
    )
