"""Parts of reports: inspections and rows of the log, with what the catalogue says of their defects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from agents.answers.notes.analysis import about_type, find_aspect
from anomaly_core.errors import StoreMissing
from knowledge.log.figures import Filter
from knowledge.log.log import InspectionLog, require_log
from knowledge.log.names import as_spelled
from tools.classify.scores import UNKNOWN
from tools.context import Context
from tools.records import FailureRecord, InspectionRecord, Language
from tools.report.contents import Contents
from tools.report.inspected import inspected_part, with_pictures
from tools.report.logged import logged_parts
from tools.report.page import MOST_CARDS, MOST_GOOD, ranked
from tools.report.pictures import Shown, shown_from_file
from tools.report.records import ASPECTS, Header, NoteRecord, PartRecord, ProductFacts
from tools.report.words import TITLE, words_of
from tools.report.write import ReportWriter
from tools.retrieve import notes_about


def header_of(context: Context, title: str, expected: int, language: Language = "en") -> Header:
    """Return what a report on inspections that are about to be made says of itself.

    title: where empty, that of the language.
    """
    origin = context.origin
    return Header(
        title=title or words_of(language)(TITLE),
        language=language,
        made=datetime.now().astimezone().isoformat(timespec="seconds"),
        expected=expected,
        lot=origin.lot,
        station=origin.station,
        operator=origin.operator,
        products=_products(context),
    )


def report_part(
    context: Context, record: InspectionRecord | FailureRecord, *, pictures: bool
) -> Shown | FailureRecord:
    """Return an inspection that was just made as a part of a report. pictures: whether it is to be shown."""
    if isinstance(record, FailureRecord):
        return record
    kind = record.defect_type
    notes = catalogue_notes(context, record.product.name, None if kind is None else kind.name)
    part = inspected_part(context, record, notes)
    return with_pictures(context, part) if pictures else Shown(part)


def log_header(
    context: Context, log: InspectionLog, wanted: Filter, title: str, expected: int, language: Language
) -> Header:
    """Return what a report on the log says of itself, the hash of the verified log among it.

    title: as in `header_of`. Raises StoreDamaged where a row of the log was changed.
    """
    return Header(
        title=title or words_of(language)(TITLE),
        language=language,
        made=datetime.now().astimezone().isoformat(timespec="seconds"),
        source="log",
        expected=expected,
        since=wanted.since,
        until=wanted.until,
        lot=wanted.lot,
        station=wanted.station,
        operator=wanted.operator,
        products=_products(context),
        log_hash=log.verify().hash,
    )


def log_parts(context: Context, log: InspectionLog, wanted: Filter) -> list[PartRecord]:
    """Return the inspections of a period with what the catalogue says now; nothing is inspected again."""
    known: dict[tuple[str, str], list[NoteRecord]] = {}
    parts = []
    for part in log.read(lambda connection: logged_parts(connection, wanted)):
        name = None if part.defect_type is None else part.defect_type.name
        key = (part.product, name or "")
        if key not in known:
            known[key] = catalogue_notes(context, part.product, name)
        parts.append(part.model_copy(update={"notes": known[key]}))
    return parts


def write_log_report(
    context: Context,
    wanted: Filter,
    title: str,
    outs: Sequence[Path],
    *,
    language: Language,
    kept: Callable[[str], Path | None],
    tell: Callable[[str, int, int], None] | None = None,
) -> Contents:
    """Write what the log holds, as it was decided, and return it.

    title: as in `header_of`. kept: copy of an image by its SHA-256, where there is one. tell: hears of each
    part.
    Raises ConfigError where no log is kept or an ending is none of a report, StoreDamaged where a row of the
    log was changed, and OutputError.
    """
    log = require_log(context.log)
    wanted = log.read(lambda held: as_spelled(held, wanted))
    parts = log_parts(context, log, wanted)
    header = log_header(context, log, wanted, title, len(parts), language)
    with ReportWriter(header, outs) as writer:
        shown = shown_parts(parts, kept, pictures=writer.wants_pictures)
        for done, one in enumerate(shown, start=1):
            writer.add(one)
            if tell is not None:
                tell("report", done, len(parts))
    return writer.contents


def shown_parts(
    parts: Sequence[PartRecord], kept: Callable[[str], Path | None], *, pictures: bool
) -> Iterator[Shown]:
    """Yield logged parts, in order, with pictures from their files as far as a page shows them.

    kept: as in `write_log_report`.
    """
    looked_at, others = ranked(parts)
    seen = {*looked_at[:MOST_CARDS], *others[:MOST_GOOD]} if pictures else set()
    for index, part in enumerate(parts):
        yield shown_from_file(part, kept(part.sha256)) if index in seen else Shown(part)


def catalogue_notes(context: Context, product: str, defect: str | None) -> list[NoteRecord]:
    """Return what the catalogue says of a type's cause, effect and action; nothing of an unknown type."""
    if defect is None or defect == UNKNOWN:
        return []
    try:
        context.require_store()
    except StoreMissing:
        return []
    passages = about_type(notes_about(context, product, [defect]), defect)
    sources = {passage.id: Path(passage.file).name for passage in passages}
    return [
        NoteRecord(
            aspect=aspect,
            text=found.sentence,
            id=found.id,
            source=sources[found.id],
            language=found.language,
        )
        for aspect in ASPECTS
        for found in find_aspect(passages, aspect)
    ]


def _products(context: Context) -> list[ProductFacts]:
    try:
        context.require_store()
    except StoreMissing:
        return []
    return [
        ProductFacts(
            name=info.name, templates=info.templates, encoder=info.encoder, enrolled_at=info.enrolled_at
        )
        for info in context.templates.products()
    ]
