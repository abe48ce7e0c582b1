"""The text of a PDF as Markdown: headings by size and weight of their letters, tables by their lines."""

from __future__ import annotations

import io
import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from anomaly_core.errors import KnowledgeError
from knowledge.catalogue.readers.opening import read_bytes

if TYPE_CHECKING:
    from pdfplumber.page import Page

LARGER: Final = 1.12
"""Size of a heading's letters, in those of the text."""
LONGEST_HEADING: Final = 90
"""Characters of a heading."""
_GAP: Final = 0.9
"""Least space between two paragraphs, in heights of a line."""
_BOLD: Final = re.compile(r"bold|black|heavy|semibold", re.IGNORECASE)


@dataclass(frozen=True)
class _Line:
    """A line of text, or a table's rows.

    size: of its letters in points, 0 of a table. top, bottom: on the page, in points.
    """

    text: str
    size: float
    bold: bool
    top: float
    bottom: float
    rows: Sequence[Sequence[str]] = ()


@dataclass(frozen=True)
class PdfText:
    """A PDF's text. starts: offset in it of each page. headings: whether any was found."""

    text: str
    starts: tuple[int, ...]
    headings: bool


def read_pdf(path: Path) -> PdfText:
    """Return the pages' text, one character between pages. Raises KnowledgeError."""
    # Here, not above: it takes a while to import, and few notes are PDFs.
    import pdfplumber
    from pdfminer.pdfdocument import PDFPasswordIncorrect
    from pdfminer.psexceptions import PSException
    from pdfplumber.utils.exceptions import PdfminerException

    # What it says of damaged fonts is no error of a user's.
    logging.getLogger("pdfminer").setLevel(logging.ERROR)
    data = read_bytes(path)
    try:
        with pdfplumber.open(io.BytesIO(data)) as document:
            if not document.pages:
                raise KnowledgeError(f"{path}: not a PDF that can be read (no page); export it again")
            pages = [list(_lines(page)) for page in document.pages]
    except PdfminerException as error:
        if any(isinstance(cause, PDFPasswordIncorrect) for cause in (error.__cause__, *error.args)):
            raise KnowledgeError(f"{path}: needs a password; save a copy without one") from error
        raise _damaged(path, error) from error
    except (
        PSException, ValueError, KeyError, TypeError, AttributeError, IndexError, AssertionError,
        RecursionError,
    ) as error:  # fmt: skip
        # pdfminer raises any of these for a damaged file.
        raise _damaged(path, error) from error
    return _as_markdown(pages)


def _damaged(path: Path, error: Exception) -> KnowledgeError:
    return KnowledgeError(f"{path}: not a PDF that can be read ({error!r}); export it again")


def _lines(page: Page) -> Iterator[_Line]:
    """Yield a page's lines and tables from top to bottom."""
    # A single cell is a frame around text; a single row may go on with a table of the page before.
    tables = [table for table in page.find_tables() if len(table.rows) > 1 or len(table.rows[0].cells) > 2]
    outside = page
    for table in tables:
        outside = outside.outside_bbox(table.bbox, strict=False)
    found = [_line(line) for line in outside.extract_text_lines(return_chars=True, strip=True)]
    for table in tables:
        rows = [[" ".join((cell or "").split()) for cell in row] for row in table.extract()]
        found.append(_Line("", 0.0, False, table.bbox[1], table.bbox[3], rows))
    yield from sorted(found, key=lambda line: line.top)


def _line(line: dict[str, Any]) -> _Line:
    letters = [char for char in line["chars"] if not char["text"].isspace()]
    sizes = Counter(round(float(char["size"]), 1) for char in letters)
    bold = bool(letters) and all(_BOLD.search(str(char["fontname"])) for char in letters)
    size = sizes.most_common(1)[0][0] if sizes else 0.0
    return _Line(line["text"], size, bold, float(line["top"]), float(line["bottom"]))


def _as_markdown(pages: Sequence[Sequence[_Line]]) -> PdfText:
    sizes = Counter[float]()
    for page in pages:
        for line in page:
            sizes[line.size] += len(line.text)
    del sizes[0.0]
    body = sizes.most_common(1)[0][0] if sizes else 0.0
    larger = sorted(
        {line.size for page in pages for line in page if line.size >= LARGER * body}, reverse=True
    )
    levels = {size: min(level, 5) for level, size in enumerate(larger, 1)}
    texts, headings = [], False
    for page in pages:
        parts: list[str] = []
        last: _Line | None = None
        for line in page:
            level = _level(line, levels)
            headings = headings or level > 0
            if last is not None and (
                level or line.rows or line.top - last.bottom > _GAP * (last.bottom - last.top)
            ):
                parts.append("")
            parts += (
                _table(line.rows) if line.rows else [f"{'#' * level} {line.text}" if level else line.text]
            )
            last = line
            if level or line.rows:
                parts.append("")
        texts.append("\n".join(parts))
    starts = [0]
    for text in texts[:-1]:
        starts.append(starts[-1] + len(text) + 1)
    return PdfText("\n".join(texts), tuple(starts), headings)


def _level(line: _Line, levels: dict[float, int]) -> int:
    """Return the level of a heading, from 1, or 0 for text. Bold letters alone are the lowest level."""
    short = len(line.text) <= LONGEST_HEADING and not line.text.rstrip().endswith(
        (".", ":", ",", ";", "\u3002")
    )
    if line.rows or not short or not any(character.isalpha() for character in line.text):
        return 0
    return levels.get(line.size) or (len(levels) + 1 if line.bold else 0)


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return [lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]]
