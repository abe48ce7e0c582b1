"""One catalogue of twelve entries, written in each of the five forms that keep its fields."""

from __future__ import annotations

import csv
from pathlib import Path

from fpdf import FPDF
from fpdf.fonts import FontFace
from openpyxl import Workbook

FIELDS = ("look", "cause", "effect", "severity", "action", "limit")
ENTRIES: dict[str, tuple[str, ...]] = {
    "scratch": (
        "a thin bright line on the head", "a worn gripper", "cosmetic only",
        "3", "polish the head", "max 2 mm",
    ),
    "dent": (
        "a round dark spot at the edge", "parts fall into the bin", "poor fit",
        "6", "scrap the part", "not allowed",
    ),
    "crack": (
        "a thin dark branching line", "stress in hardening", "the screw breaks",
        "10", "scrap the batch", "not allowed",
    ),
    "burr": (
        "a bright ragged border", "a blunt die", "jams the feeder",
        "5", "deburr, then measure", "max 0.3 mm",
    ),
    "rust": (
        "a large brown area", "stored without oil", "it grows in service",
        "7", "scrap the part", "≤ 0.5 mm²",
    ),
    "pore": (
        "a small round dark spot", "gas in the melt", "weakens the neck",
        "4", "use it", "up to 3 per part",
    ),
    "bent shank": (
        "the shank is curved", "a blow in transport", "does not screw in",
        "8", "scrap the part", "max 1%",
    ),
    "stain": (
        "a soft dark patch", "coolant not washed off", "looks bad; no more",
        "2", "wash it again", "max 20 px",
    ),
    "missing coating": (
        "a bright bare area", "the bath was too cold", "rusts early",
        "7", "coat it again", "less than 2 mm wide",
    ),
    "orange peel": (
        "a rough dull surface", "paint too thick", "cosmetic only",
        "2", "accept it", "5 mm or less",
    ),
    "wrong drive": (
        "a cross instead of a star", "a punch of another lot", "no tool fits",
        "9", "sort the lot", "not permitted",
    ),
    "short thread": (
        "the last turns are missing", "the die was set too high", "holds badly",
        "8", "cut it again", "at least 12 mm",
    ),
}  # fmt: skip


def markdown(path: Path) -> Path:
    """Write headings with labelled lines."""
    lines = ["# Screw"]
    for name, fields in ENTRIES.items():
        lines += ["", f"## {name}", ""]
        lines += [f"- **{label.capitalize()}:** {text}" for label, text in zip(FIELDS, fields, strict=True)]
        lines += ["- **Language:** en"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def rows() -> list[list[str]]:
    """Return the catalogue as rows with a header."""
    head = ["Defect", *(field.capitalize() for field in FIELDS), "Language"]
    return [head, *([name, *fields, "en"] for name, fields in ENTRIES.items())]


def markdown_table(path: Path) -> Path:
    """Write one table."""
    head, *body = [f"| {' | '.join(row)} |" for row in rows()]
    rule = "|" + " --- |" * 8
    path.write_text("\n".join(["# Screw", "", head, rule, *body]) + "\n", encoding="utf-8")
    return path


def delimited(path: Path, delimiter: str = ",", encoding: str = "utf-8") -> Path:
    """Write a CSV file."""
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows())
    return path


def workbook(path: Path) -> Path:
    """Write a sheet."""
    book = Workbook()
    for row in rows():
        book.active.append(row)
    book.save(path)
    return path


def pdf(path: Path) -> Path:
    """Write a table that runs over several pages."""
    document = FPDF(format=(210, 148))
    document.add_page()
    document.set_font("Helvetica", "B", 16)
    document.cell(0, 12, "Defects of screws", new_x="LMARGIN", new_y="NEXT")
    document.set_font("Helvetica", size=7)
    with document.table(headings_style=FontFace(emphasis="BOLD"), repeat_headings=0) as table:
        for row in rows():
            cells = table.row()
            for text in row:
                cells.cell(_latin(text))
    document.output(str(path))
    return path


def pdf_with_headings(path: Path) -> Path:
    """Write headings with labelled lines."""
    document = FPDF(format=(148, 210))
    document.add_page()
    document.set_font("Helvetica", "B", 18)
    document.cell(0, 12, "Screw", new_x="LMARGIN", new_y="NEXT")
    for name, fields in ENTRIES.items():
        document.set_font("Helvetica", "B", 13)
        document.cell(0, 9, name, new_x="LMARGIN", new_y="NEXT")
        document.set_font("Helvetica", size=10)
        for label, text in zip((*FIELDS, "language"), (*fields, "en"), strict=True):
            line = f"{label.capitalize()}: {_latin(text)}"
            document.multi_cell(60, 5, line, new_x="LMARGIN", new_y="NEXT")
    document.output(str(path))
    return path


def _latin(text: str) -> str:
    """Return a text without the one character that the PDF's own fonts lack."""
    return text.replace("≤", "max")
