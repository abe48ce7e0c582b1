"""Entries of a CSV file, whose cells commas, semicolons or tabs separate."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Final

from anomaly_core.errors import KnowledgeError
from knowledge.catalogue.readers.opening import read_table_text
from knowledge.catalogue.readers.table import Subject, TableReading, TableRow, read_table

_DELIMITERS: Final = (",", ";", "\t")


def read_delimited(path: Path, product: str | None) -> TableReading:
    """Return the entries; the delimiter is the one under which the header names the most columns.

    Raises KnowledgeError.
    """
    text = read_table_text(path)
    readings = []
    for delimiter in _DELIMITERS:
        try:
            rows = _rows(text, delimiter)
        except csv.Error as error:
            raise KnowledgeError(f"{path}: not a table ({error}); export it again as CSV") from error
        if (reading := read_table(rows, Subject(product))) is not None:
            readings.append(reading)
    if not readings:
        raise no_header(path, text.split("\n", 1)[0])
    return max(readings, key=lambda reading: len(reading.mapping))


def no_header(path: Path, seen: str) -> KnowledgeError:
    """Return the error for a table of which no row names the columns. seen: its first row."""
    return KnowledgeError(
        f"{path}: no row names the columns of a catalogue (the first row is {seen[:120]!r}); name a column "
        "for the type of defect, such as Defect, Failure mode or Fehlerart, and at least one for look, "
        "cause, effect, severity, action or limit; where the letters look wrong, save it as UTF-8"
    )


def _rows(text: str, delimiter: str) -> list[TableRow]:
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    rows, begin = [], 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    for cells in reader:
        rows.append(TableRow(tuple(cells), starts[min(begin, len(starts) - 1)], f"row {begin + 1}"))
        begin = reader.line_num
    return rows
