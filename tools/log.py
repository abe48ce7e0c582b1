"""Writing to the log: an inspection, a correction, the undoing of one, or a change of a product, as a row."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from anomaly_core.errors import StoreError
from knowledge.log.entry import Entry, NamedType, Recording, Region, shown_time, timestamp
from knowledge.log.figures import Filter, corrections, rows
from knowledge.log.log import InspectionLog
from knowledge.products.corrections import Correction
from tools.classify.scores import UNKNOWN
from tools.context import Context
from tools.records import DefectRecord, MeasuredRegion, OpenedRecord, ProductRecord, VerdictRecord

_AGAIN: ContextVar[bool] = ContextVar("again", default=False)


@contextmanager
def looked_at_again() -> Iterator[None]:
    """Log an inspection in the block only where it tells what the log does not hold.

    A report, or a question, judges a part that was inspected before once more, and counts it no second time.
    """
    token = _AGAIN.set(True)
    try:
        yield
    finally:
        _AGAIN.reset(token)


_KEPT: ContextVar[list[Entry] | None] = ContextVar("kept", default=None)


@contextmanager
def logged_elsewhere() -> Iterator[list[Entry]]:
    """Collect what the block would log, for the process that writes the log; see `log_entries`."""
    kept: list[Entry] = []
    token = _KEPT.set(kept)
    try:
        yield kept
    finally:
        _KEPT.reset(token)


def log_entries(context: Context, entries: Sequence[Entry]) -> list[str]:
    """Log what another process collected, by this one's clock; return warnings as `log_inspection` does."""
    now = timestamp(datetime.now(UTC))
    return [
        warning for entry in entries for warning in _written(context, replace(entry, at=now), again=False)
    ]


def log_inspection(
    context: Context,
    opened: OpenedRecord,
    product: ProductRecord,
    verdict: VerdictRecord,
    regions: Sequence[MeasuredRegion],
    defect: DefectRecord | None,
    *,
    shown_name: str | None = None,
    identity: str | None = None,
    again: bool = False,
    recording: Recording | None = None,
) -> list[str]:
    """Log an inspection; return warnings, none where it is logged, or no log is kept.

    shown_name: of an image whose path is a passing one. identity: of a step that may be repeated after a
    kill; one identity is logged once. again: see `looked_at_again`.
    """
    entry = Entry(
        kind="inspection",
        name=shown_name or Path(opened.image).name,
        path="" if shown_name else str(Path(opened.image).absolute()),
        sha256=opened.sha256,
        product=product.name,
        decision=verdict.decision,
        p_value=verdict.p_value,
        alpha=verdict.alpha,
        review=verdict.review,
        types=() if defect is None else (_likely(defect),),
        regions=tuple(_measured(region) for region in regions) if verdict.anomalous else (),
        note=" ".join(verdict.problems),
        recording=recording,
        **asdict(context.origin),
    )
    return _logged(context, entry, identity, again=again or _AGAIN.get())


def log_correction(context: Context, correction: Correction) -> list[str]:
    """Log a correction, or its undoing where it is undone; return warnings as `log_inspection` does."""
    kind = correction.defect_type
    undone = correction.undone_at is not None
    entry = Entry(
        kind="undo" if undone else "correction",
        name=correction.image,
        sha256=correction.sha256,
        product=correction.product,
        p_value=correction.p_value,
        types=() if kind is None else (NamedType(kind, "confirmed"),),
        correction=correction.id,
        verdict=correction.verdict,
        note=correction.note,
        **asdict(context.origin),
    )
    return _logged(context, entry, f"{entry.kind} {correction.id}")


def log_change(context: Context, product: str, what: str) -> list[str]:
    """Log that a person changed a product, such as its rates; return warnings as `log_inspection` does."""
    entry = Entry(
        kind="change",
        name=product,
        sha256="",
        product=product,
        p_value=1.0,
        note=what,
        **asdict(context.origin),
    )
    return _logged(context, entry, None)


def _logged(context: Context, entry: Entry, identity: str | None, *, again: bool = False) -> list[str]:
    if identity is not None:
        entry = replace(entry, uid=hashlib.sha256(identity.encode()).hexdigest()[:32])
    kept = _KEPT.get()
    if kept is not None:
        kept.append(entry)
        return []
    return _written(context, entry, again=again)


def _written(context: Context, entry: Entry, *, again: bool) -> list[str]:
    if context.log is None:
        return []
    try:
        last = _last(context.log, entry)
        held = _kept_where_it_was(entry, last)
        if again and last is not None and _still_waits(context.log, held, last):
            return [
                f"{entry.name}: it was to be reviewed on {shown_time(last['at'])}, and nobody has judged it "
                "since: it stays so, though it would pass now. `iad correct` records a person's verdict."
            ]
        # What tells no more than the last inspection of the image as this product is not written again.
        if not again or last is None or (last["decision"], last["lot"]) != (held.decision, held.lot):
            context.log.append([held])
    except StoreError as error:
        return [f"{entry.name} is not in the log: {error}"]
    return []


def _last(log: InspectionLog, entry: Entry) -> dict[str, Any] | None:
    """Return the last inspection of an entry's image as the same product, or None."""
    same = Filter(sha256=entry.sha256, product=entry.product)
    return next(iter(log.read(lambda connection: list(rows(connection, same, limit=1)))), None)


def _still_waits(log: InspectionLog, entry: Entry, last: Mapping[str, Any]) -> bool:
    """Return whether a part waits to be judged by somebody, though it would pass by what was learned."""
    if (entry.kind, entry.decision) != ("inspection", "pass"):
        return False
    if (last["decision"], last["lot"]) != ("review", entry.lot):
        return False
    same = Filter(sha256=entry.sha256, product=entry.product)
    return not log.read(lambda connection: corrections(connection, same))


def _kept_where_it_was(entry: Entry, last: Mapping[str, Any] | None) -> Entry:
    """Return an entry with the lot, station and operator that it does not name from the last inspection.

    Another lot than the last one keeps nothing. Who corrects a verdict need not be who inspected.
    """
    if last is None or entry.lot not in (None, last["lot"]):
        return entry
    kept = ("lot", "station", "operator") if entry.kind == "inspection" else ("lot", "station")
    return replace(entry, **{name: getattr(entry, name) or last[name] for name in kept})


def _likely(defect: DefectRecord) -> NamedType:
    return NamedType(defect.name, "unknown" if defect.name == UNKNOWN else "likely", defect.score)


def _measured(region: MeasuredRegion) -> Region:
    look = region.look
    return Region(
        cell=region.cell,
        bbox=region.bbox,
        area_px=region.area_px,
        length_px=None if look is None else round(look.length_px, 2),
        width_px=None if look is None else round(look.width_px, 2),
        length_mm=region.length_mm,
        width_mm=region.width_mm,
    )
