"""Entries and prose of Markdown: headings, labelled lines or paragraphs, and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from knowledge.catalogue.fields import FIELDS, Column, Field, column_of, entry_field, field_of
from knowledge.catalogue.headings import defect_of, name_of_entry
from knowledge.catalogue.passages import Section
from knowledge.catalogue.readers.table import (
    MappedColumn,
    Subject,
    TableReading,
    TableRow,
    language_code,
    read_table,
)

_HEADING: Final = re.compile(r"^(#{1,6})[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
_FENCE: Final = re.compile(r"^(```|~~~).*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)
_TABLE: Final = re.compile(
    r"^.*\|.*\n"
    r"[ \t]*\|?[ \t]*:?-{2,}:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*"
    r"(?:\n.*\|.*)*",
    re.MULTILINE,
)
_CELL: Final = re.compile(r"(?<!\\)\|")
_LABEL: Final = re.compile(
    # At the beginning of a line or a sentence; or a line in bold of its own.
    r"(?:^[ \t]*(?:[-*+\u2022][ \t]+)?|(?<=[.;!?])[ \t]+|(?<=[\u3002\uff1b])[ \t]*)"
    r"[*_]{0,3}(?P<name>[^\s:\uff1a*_|.;!?\u3002\uff1b][^:\uff1a*_|\n.;!?\u3002\uff1b]{0,58})[*_]{0,3}[ \t]*"
    r"[:\uff1a][*_]{0,3}[ \t]*"
    r"|^[ \t]*(?P<mark>\*\*|__)(?P<bold>[^*_:\n]{2,58})(?P=mark)[ \t]*$",
    re.MULTILINE,
)
_BLANK: Final = re.compile(r"\n[ \t]*\n")


@dataclass
class _Part:
    """A stretch of a section's text: a labelled field, or prose (None)."""

    column: Column | None
    label: str
    begin: int
    end: int


@dataclass
class MarkdownReading:
    """What a text says, in its order."""

    sections: list[Section] = field(default_factory=list)
    columns: list[MappedColumn] = field(default_factory=list)
    table: TableReading | None = None


def read_markdown(text: str, product: str | None, *, headings: bool = True) -> MarkdownReading:
    """Return the sections of a text; product: of what names none. headings: whether "#" makes one."""
    found = MarkdownReading()
    fences = [match.span() for match in _FENCE.finditer(text)]
    marks = [m for m in _HEADING.finditer(text) if headings and not _inside(m.start(), fences)]
    bounds = [0, *(match.end() for match in marks)]
    ends = [*(match.start() for match in marks), len(text)]
    trail: list[tuple[int, str]] = []
    for place, (begin, end) in enumerate(zip(bounds, ends, strict=True)):
        if place:
            heading = marks[place - 1]
            level = len(heading[1])
            trail = [*(entry for entry in trail if entry[0] < level), (level, heading[2].strip())]
        _read_body(text, begin, end, [name for _, name in trail], product, fences, found)
    if any(section.field is not None for section in found.sections):
        # A label is taken as a column of its name is.
        labels = {part.label: part.column for part in _parts(text, 0, len(text)) if part.label}
        told = {column.name for column in found.columns}
        found.columns += [MappedColumn("", one, labels[one]) for one in labels if one not in told]
    return found


def _read_body(
    text: str,
    begin: int,
    end: int,
    trail: Sequence[str],
    product: str | None,
    fences: Sequence[tuple[int, int]],
    found: MarkdownReading,
) -> None:
    """Add what stands below a heading: its tables, its labelled fields, its prose."""
    title = " / ".join(trail)
    own = field_of(trail[-1]) if trail else None
    place = begin
    for table in _TABLE.finditer(text, begin, end):
        defect = defect_of(trail) or (name_of_entry(trail, 2) if trail else None)
        read = None
        if not _inside(table.start(), fences):
            rows = list(_rows(table[0], table.start()))
            read = read_table(rows, Subject(product, defect, ""), title, found.table)
        if read is None:
            continue
        found.sections += _labelled(text, place, table.start(), trail, product, own)
        found.sections += read.sections
        found.columns += read.columns
        found.table = read
        place = table.end()
    found.sections += _labelled(text, place, end, trail, product, own)


def _rows(table: str, offset: int) -> Iterator[TableRow]:
    for number, line in enumerate(table.splitlines(keepends=True)):
        if number != 1:
            cells = _CELL.split(line.strip().removeprefix("|"))
            cells = cells[:-1] if len(cells) > 1 and not cells[-1].strip() else cells
            plain = (re.sub(r"<br\s*/?>|[*_`]{2,}", " ", cell.replace("\\|", "|")) for cell in cells)
            yield TableRow(tuple(" ".join(cell.split()) for cell in plain), offset)
        offset += len(line)


def _labelled(
    text: str, begin: int, end: int, trail: Sequence[str], product: str | None, own: Field | None
) -> Iterator[Section]:
    """Yield the parts between two places of a text; own: the field that the heading above names."""
    groups: list[list[_Part]] = [[]]
    for part in _parts(text, begin, end):
        if part.column == "type":
            groups.append([])
        groups[-1].append(part)
    for number, group in enumerate(groups):
        fields = {part.column for part in group if part.column in FIELDS} | ({own} if own else set())
        values = {part.column: text[part.begin : part.end].strip() for part in group}
        defect = values.get("type") or defect_of(trail)
        if defect is None and fields:
            defect = name_of_entry(trail, len(fields))
        named = values.get("product") or product
        language = language_code(values.get("language", ""))
        title = " / ".join(trail if number == 0 else [*trail, values.get("type", "")])
        for part in group:
            kind = own if part.column is None else entry_field(part.column)
            if part.column in ("type", "product", "language"):
                continue
            section = Section(
                named, defect, title, text[part.begin : part.end], part.begin, language=language
            )
            if kind is None or defect is None:
                yield section
            else:
                titled = f"{title} / {part.label}" if part.label else title
                yield replace(section, field=kind, title=titled)


def _parts(text: str, begin: int, end: int) -> Iterator[_Part]:
    """Yield labelled stretches and prose between two places; a blank line ends what a label begins."""
    open_ = _Part(None, "", begin, begin)
    for label in _LABEL.finditer(text, begin, end):
        name = (label["name"] or label["bold"]).strip()
        column = column_of(name) if len(name) > 1 else None
        if column is None:
            continue
        yield from _closed(text, open_, label.start())
        open_ = _Part(column, name, label.end(), label.end())
    yield from _closed(text, open_, end)


def _closed(text: str, part: _Part, end: int) -> Iterator[_Part]:
    rest = end
    if part.column is not None:
        start = part.begin + len(text[part.begin : end]) - len(text[part.begin : end].lstrip())
        blank = _BLANK.search(text, start, end)
        rest = end if blank is None else blank.start()
        begin = start
    else:
        begin = part.begin
    if part.column is not None or text[begin:rest].strip():
        yield _Part(part.column, part.label, begin, rest)
    if rest < end and text[rest:end].strip():
        yield _Part(None, "", rest, end)


def _inside(place: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(begin <= place < end for begin, end in spans)
