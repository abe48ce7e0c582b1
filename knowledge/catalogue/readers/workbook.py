"""Entries of an XLSX workbook, such as an FMEA sheet: merged cells filled down, the header found."""

from __future__ import annotations

import io
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import ParseError

from anomaly_core.errors import KnowledgeError
from knowledge.catalogue.readers.delimited import no_header
from knowledge.catalogue.readers.opening import read_bytes
from knowledge.catalogue.readers.table import Subject, TableReading, TableRow, read_table

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

MOST_UNPACKED: Final = 256 * 2**20
"""Most bytes that a workbook may unpack to: a few kilobytes can be packed from gigabytes."""
MOST_ROWS: Final = 5_000
MOST_COLUMNS: Final = 100
_COMPOUND: Final = bytes.fromhex("d0cf11e0a1b11ae1")
"""The first bytes of Microsoft's compound file: an encrypted workbook, or one of before 2007."""


def read_workbook(path: Path, product: str | None) -> list[TableReading]:
    """Return the entries of each sheet that is a catalogue. Raises KnowledgeError."""
    data = _checked(path)
    book = _load(path, data, values=False)
    sheets = list(book.worksheets)
    formulas = {
        (sheet.title, cell.coordinate)
        for sheet in sheets
        for row in _cells(sheet)
        for cell in row
        if cell.data_type == "f"
    }
    if formulas:
        sheets = list(_load(path, data, values=True).worksheets)
        for name, place in sorted(formulas):
            if next(sheet for sheet in sheets if sheet.title == name)[place].value is None:
                raise KnowledgeError(
                    f"{path}, sheet {name}, cell {place}: a formula without its result; open and save it in "
                    "a spreadsheet program, or paste the values"
                )
    tables = [(sheet.title, _rows(path, sheet)) for sheet in sheets]
    read = [read_table(rows, Subject(product), name) for name, rows in tables]
    found = [reading for reading in read if reading is not None]
    if not found:
        first = next((row.cells for _, rows in tables for row in rows if any(row.cells)), ())
        raise no_header(path, ", ".join(cell for cell in first if cell))
    return found


def _checked(path: Path) -> bytes:
    """Return the file's bytes, which are those of a ZIP archive of bounded size. Raises KnowledgeError."""
    data = read_bytes(path)
    if data.startswith(_COMPOUND):
        raise KnowledgeError(
            f"{path}: needs a password, or is of Excel before 2007; save a copy as .xlsx without a password"
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise _damaged(path, error) from error
    if unpacked > MOST_UNPACKED:
        raise KnowledgeError(
            f"{path}: unpacks to {unpacked >> 20} MB, more than the {MOST_UNPACKED >> 20} MB that are read; "
            "copy the catalogue's sheet into a workbook of its own"
        )
    return data


def _load(path: Path, data: bytes, *, values: bool) -> Workbook:
    # Here, not above: it takes a while to import, and most catalogues are text.
    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and validations, which are not read
            return load_workbook(io.BytesIO(data), data_only=values)
    except (
        zipfile.BadZipFile, zlib.error, ParseError, EOFError, OSError, KeyError, ValueError, TypeError,
        AttributeError, IndexError,
    ) as error:  # fmt: skip
        # openpyxl raises any of these for a damaged file.
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> KnowledgeError:
    return KnowledgeError(f"{path}: not a workbook that can be read ({error}); save it again as .xlsx")


def _rows(path: Path, sheet: Worksheet) -> list[TableRow]:
    """Return a sheet's rows as text, the cells of a merged range filled down from its first row."""
    if sheet.max_row > MOST_ROWS and sheet.cell(MOST_ROWS + 1, 1).value is not None:
        raise KnowledgeError(
            f"{path}, sheet {sheet.title}: more than {MOST_ROWS} rows; "
            "copy the catalogue into a sheet of its own"
        )
    filled: dict[tuple[int, int], str] = {}
    for area in sheet.merged_cells.ranges:
        text = _text(sheet.cell(area.min_row, area.min_col).value)
        filled |= {
            (row, area.min_col): text for row in range(area.min_row + 1, min(area.max_row, MOST_ROWS) + 1)
        }
    return [
        TableRow(
            tuple(_text(cell.value) or filled.get((number, place), "") for place, cell in enumerate(row, 1)),
            where=f"sheet {sheet.title}, row {number}",
        )
        for number, row in enumerate(_cells(sheet), 1)
    ]


def _cells(sheet: Worksheet) -> Iterator[tuple[Cell, ...]]:
    """Return the rows within the bounds; openpyxl makes each cell that it is asked for."""
    last = min(sheet.max_row, MOST_ROWS)
    found: Iterator[tuple[Cell, ...]] = sheet.iter_rows(
        max_row=last, max_col=min(sheet.max_column, MOST_COLUMNS)
    )
    return found


def _text(value: object) -> str:
    """Return a cell's value as it is read; an error such as #REF! is no text."""
    if value is None:
        return ""
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return "" if text.startswith("#") and text.rstrip("!?").isupper() else text.strip()
