"""A file of any kind that is read: its sections, and how the columns of its tables were taken."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from anomaly_core.errors import KnowledgeError
from knowledge.catalogue.passages import Section
from knowledge.catalogue.readers.delimited import read_delimited
from knowledge.catalogue.readers.json_notes import read_json
from knowledge.catalogue.readers.markdown import read_markdown
from knowledge.catalogue.readers.opening import read_text
from knowledge.catalogue.readers.pdf import PdfText, read_pdf
from knowledge.catalogue.readers.table import MappedColumn
from knowledge.catalogue.readers.workbook import read_workbook

SUFFIXES: Final = (".md", ".markdown", ".txt", ".json", ".pdf", ".csv", ".tsv", ".xlsx")


@dataclass(frozen=True)
class Reading:
    """What a file says: its sections in order, and its tables' columns."""

    sections: tuple[Section, ...]
    columns: tuple[MappedColumn, ...] = ()


def read_note(path: Path, product: str | None = None) -> Reading:
    """Return what a file says; product: of a file that names none.

    Raises KnowledgeError, naming file, line where known, and remedy.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise KnowledgeError(
            f"{path}: {suffix or 'no suffix'} is not read; give one of {', '.join(SUFFIXES)}"
        )
    sections: Sequence[Section]
    columns: Sequence[MappedColumn] = ()
    if suffix in (".csv", ".tsv"):
        table = read_delimited(path, product)
        sections, columns = table.sections, table.columns
    elif suffix == ".xlsx":
        tables = read_workbook(path, product)
        sections = [section for table in tables for section in table.sections]
        columns = [column for table in tables for column in table.columns]
    elif suffix == ".json":
        sections = read_json(read_text(path), path, product)
    else:
        pdf = read_pdf(path) if suffix == ".pdf" else None
        text = read_text(path) if pdf is None else pdf.text
        read = read_markdown(text, product, headings=suffix != ".txt")
        sections = read.sections if pdf is None else list(_with_pages(read.sections, pdf))
        columns = read.columns
    sections = [section for section in sections if section.text.strip()]
    if not sections:
        raise KnowledgeError(f"{path}: holds no text; give a note with text (a scanned PDF needs OCR first)")
    return Reading(tuple(sections), tuple(columns))


def _with_pages(sections: Sequence[Section], pdf: PdfText) -> Iterator[Section]:
    """Yield sections with their pages; what stands below no heading is cut at each page."""
    for section in sections:
        if section.title:
            yield replace(section, page=bisect(pdf.starts, section.offset))
            continue
        end = section.offset + len(section.text)
        first, last = bisect(pdf.starts, section.offset), bisect(pdf.starts, max(end - 1, section.offset))
        for page in range(first, last + 1):
            begin = max(section.offset, pdf.starts[page - 1])
            until = min(end, pdf.starts[page] - 1) if page < len(pdf.starts) else end
            text = section.text[begin - section.offset : until - section.offset]
            yield replace(section, title=f"page {page}", text=text, offset=begin, page=page)
