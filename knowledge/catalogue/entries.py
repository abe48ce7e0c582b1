"""Entries of the catalogue: what a file says of one type of defect, field by field."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from anomaly_core.names import name_key
from knowledge.catalogue.fields import FIELDS, names_who
from knowledge.catalogue.passages import Passage


@dataclass(frozen=True)
class Entry:
    """What one file says of a type of defect; a field that it leaves out is "".

    responsible: whom a column or label of that name names. language: ISO 639-1 code, where the file states
    it. text: what stands there as prose. source: the file, with page or row. ids: of the passages that hold
    it.
    """

    type: str
    look: str = ""
    cause: str = ""
    effect: str = ""
    severity: str = ""
    action: str = ""
    responsible: str = ""
    limit: str = ""
    language: str | None = None
    source: str = ""
    product: str | None = None
    text: str = ""
    ids: tuple[str, ...] = ()


def entries_of(passages: Iterable[Passage]) -> list[Entry]:
    """Return the entries that passages hold, in their order; those on good parts are no entry."""
    groups: dict[tuple[str, str | None, str, str | None], list[Passage]] = {}
    for passage in passages:
        if passage.defect is not None and name_key(passage.defect) != "good":
            key = (passage.file, passage.product, name_key(passage.defect), passage.language)
            groups.setdefault(key, []).append(passage)
    return [as_entry(group) for group in groups.values()]


def as_entry(passages: Sequence[Passage]) -> Entry:
    """Return passages of one file on one subject as an entry; prose on no defect has its heading as type."""
    first, who = passages[0], [one for one in passages if names_who(one.title)]
    said = {
        field: " ".join(" ".join(p.text for p in passages if p.field == field and p not in who).split())
        for field in (*FIELDS, None)
    }
    page = "" if first.page is None else f"page {first.page}"
    return Entry(
        **{field: said[field] for field in FIELDS},
        responsible=" ".join(" ".join(one.text for one in who).split()),
        type=first.defect or first.title,
        language=first.language,
        source=", ".join(part for part in (first.file, page, first.where) if part),
        product=first.product,
        text=said[None],
        ids=tuple(passage.id for passage in passages),
    )
