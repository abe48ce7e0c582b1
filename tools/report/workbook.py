"""A report as a workbook: sheets of the summary, the parts and the regions, in which no text is a formula."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from tools.report.contents import Contents
from tools.report.figures import pareto
from tools.report.table import COLUMNS, FORMULA, REGION_COLUMNS, Cell, part_rows, region_rows
from tools.report.words import words_of

LONGEST: Final = 32_000
"""Characters of a cell; Excel takes no more than 32,767."""
FILLS: Final = {"fail": "FDECEC", "review": "FFF2D1", "pass": "E5F4EA", "error": "E3E7EB"}
WIDTHS: Final = {
    "name": 24,
    "reasons": 48,
    "cause": 40,
    "effect": 40,
    "action": 40,
    "image": 40,
    "sha256": 20,
}


def render_workbook(contents: Contents) -> bytes:
    """Return the .xlsx file."""
    book = Workbook()
    summary = book.active
    summary.title = "Summary"
    for index, row in enumerate(_summary(contents), start=1):
        _fill(summary, index, row)
    summary.column_dimensions["A"].width, summary.column_dimensions["B"].width = 28, 70
    for cell in summary["A"]:
        cell.font = Font(bold=True)
    _table(book.create_sheet("Parts"), COLUMNS, part_rows(contents))
    _table(book.create_sheet("Regions"), REGION_COLUMNS, region_rows(contents))
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def _summary(contents: Contents) -> Iterable[Sequence[Cell]]:
    header, held = contents.header, contents.sealed
    yield ("Report", header.title)
    yield ("Made", header.made)
    for name in ("since", "until", "lot", "station", "operator"):
        if getattr(header, name):
            yield (name.capitalize(), getattr(header, name))
    if contents.inspected < header.expected:
        yield ("Not complete", f"{contents.inspected} of {header.expected} images")
    for decision, count in held["counts"].items():
        yield (decision.capitalize(), count)
    yield ("Could not be inspected", len(contents.failures))
    for bar in pareto(contents.parts, words_of("en")):
        yield (f"Failed: {bar.name}", bar.count)
    yield ("Hash", held["hash"])


def _table(sheet: Worksheet, columns: Sequence[str], rows: Iterable[Mapping[str, Cell]]) -> None:
    _fill(sheet, 1, columns)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for index, row in enumerate(rows, start=2):
        _fill(sheet, index, [row.get(column) for column in columns])
        colour = FILLS.get(str(row.get("decision")))
        if colour is not None:
            sheet.cell(index, columns.index("decision") + 1).fill = PatternFill("solid", fgColor=colour)
    for number, column in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = WIDTHS.get(column, 13)
    sheet.freeze_panes = "D2" if "decision" in columns else "A2"
    sheet.auto_filter.ref = sheet.dimensions


def _fill(sheet: Worksheet, row: int, values: Sequence[Cell]) -> None:
    for number, value in enumerate(values, start=1):
        if value is None or value == "":
            continue
        cell: Any = sheet.cell(row, number)
        if not isinstance(value, str):
            cell.value = value
            continue
        text = ILLEGAL_CHARACTERS_RE.sub("\ufffd", value[:LONGEST])
        cell.value = text.encode("utf-8", "backslashreplace").decode()
        # openpyxl takes what begins with "=" for a formula; the mark keeps it a text where it is edited too.
        cell.data_type = "s"
        cell.quotePrefix = text.lstrip(" ").startswith(FORMULA)
        cell.alignment = Alignment(vertical="top")
