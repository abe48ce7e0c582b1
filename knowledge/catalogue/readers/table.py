"""Entries from the rows of a table in any file: its header found, its columns mapped by name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from knowledge.catalogue.fields import FIELDS, Column, Field, column_of, entry_field
from knowledge.catalogue.passages import Section

_MOST_ABOVE: Final = 40
"""Rows within which the header is looked for: a form's title block stands above it."""
_CARRIED: Final[tuple[Column, ...]] = ("product", "type", "language")
"""Columns whose empty cell means the one above: further causes of one defect stand in rows below it."""


@dataclass(frozen=True)
class TableRow:
    """A row. offset: of its beginning in the file's text. where: its place as a reader calls it, "row 7"."""

    cells: tuple[str, ...]
    offset: int = 0
    where: str = ""
    page: int | None = None


@dataclass(frozen=True)
class Subject:
    """What stands above a table: the product that was named, the heading's defect, the headings."""

    product: str | None = None
    defect: str | None = None
    title: str = ""


@dataclass(frozen=True)
class MappedColumn:
    """A column of a table by its own name, and what it is; None: not used. table: such as a sheet's name."""

    table: str
    name: str
    column: Column | None


@dataclass(frozen=True)
class TableReading:
    """What a table says. mapping: column by place, for a table that goes on on the next page."""

    sections: tuple[Section, ...]
    columns: tuple[MappedColumn, ...]
    mapping: Mapping[int, Column]
    width: int


def read_table(
    rows: Sequence[TableRow], subject: Subject, name: str = "", before: TableReading | None = None
) -> TableReading | None:
    """Return the entries of a table, or None where it is no table of defects.

    The header is the row, among the first `_MOST_ABOVE`, whose cells name the most different columns: a type
    and at least one field, or two fields below a heading that names the defect. A table of two columns may
    name its fields in the first. before: a table of the same width whose columns hold for one without header.
    """
    width = max((len(row.cells) for row in rows), default=0)
    best, mapping = -1, dict[int, Column]()
    for place, row in enumerate(rows[:_MOST_ABOVE]):
        found = _mapping(row.cells)
        if len(found) > len(mapping) and _is_header(found, subject):
            best, mapping = place, found
    labels: Sequence[str] = ()
    if best >= 0:
        labels = rows[best].cells
    elif width == 2 and (upright := _upright(rows)) is not None:
        rows, labels = upright
        best, mapping = 0, _mapping(labels)
        if "type" not in mapping.values() and subject.defect is None:
            return None
    elif before is not None and before.width == width:
        mapping, labels = dict(before.mapping), [column.name for column in before.columns]
    else:
        return None
    columns = tuple(
        MappedColumn(name, " ".join(label.split()), mapping.get(place))
        for place, label in enumerate(labels)
        if label.strip()
    )
    if best < 0:
        columns = ()
    sections = tuple(_sections(rows[best + 1 :], mapping, labels, subject))
    return TableReading(sections, columns, mapping, width)


def _mapping(cells: Sequence[str]) -> dict[int, Column]:
    """Return the columns that cells name, each by the first cell that names it."""
    found: dict[int, Column] = {}
    for place, cell in enumerate(cells):
        column = column_of(cell)
        if column is not None and column not in found.values():
            found[place] = column
    return found


def _is_header(mapping: Mapping[int, Column], subject: Subject) -> bool:
    fields = sum(column in FIELDS for column in mapping.values())
    return fields >= 1 if "type" in mapping.values() else fields >= 2 and subject.defect is not None


def _upright(rows: Sequence[TableRow]) -> tuple[list[TableRow], tuple[str, ...]] | None:
    """Return a table of names and values as one of columns, or None where the first names no fields."""
    pairs = [(row.cells[0], row.cells[1]) for row in rows if len(row.cells) == 2]
    names = tuple(name for name, _ in pairs)
    if sum(column in FIELDS for column in _mapping(names).values()) < 2:
        return None
    first = rows[0]
    values = TableRow(tuple(value for _, value in pairs), first.offset, first.where, first.page)
    return [first, values], names


def _sections(
    rows: Sequence[TableRow], mapping: Mapping[int, Column], labels: Sequence[str], subject: Subject
) -> Iterator[Section]:
    carried: dict[Column, str] = {}
    said: set[tuple[str | None, str, Field, str]] = set()
    header = [cell.strip() for cell in labels]
    for row in rows:
        if [cell.strip() for cell in row.cells] == header:
            continue  # repeated on another page
        cells = {
            column: row.cells[place].strip() for place, column in mapping.items() if place < len(row.cells)
        }
        if cells.get("type"):
            carried = {} if cells.get("product") else {k: v for k, v in carried.items() if k == "product"}
        carried.update({column: cells[column] for column in _CARRIED if cells.get(column)})
        defect = carried.get("type") or subject.defect
        if defect is None:
            continue
        product = carried.get("product") or subject.product
        for place, column in mapping.items():
            text = cells.get(column, "")
            field = entry_field(column)
            if field is None or not text:
                continue
            if (key := (product, defect, field, text)) in said:
                continue  # a merged cell, filled down
            said.add(key)
            yield Section(
                product=product,
                defect=" ".join(defect.split()),
                title=" / ".join(part for part in (subject.title, defect, header[place]) if part),
                text=text,
                offset=row.offset,
                page=row.page,
                field=field,
                language=language_code(carried.get("language", "")),
                where=row.where,
            )


def language_code(text: str) -> str | None:
    """Return the ISO 639-1 code that a cell gives, such as "de" of "DE-CH", or None."""
    found = re.fullmatch(r"([a-z]{2})(?:[-_][a-z]+)?", text.strip().casefold())
    return None if found is None else found[1]
