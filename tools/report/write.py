"""Writing of a report, in the formats of its files' names, while the parts are inspected."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

from anomaly_core.errors import ConfigError
from anomaly_core.files import write_whole
from tools.records import FailureRecord
from tools.report.contents import Contents
from tools.report.page import render_page
from tools.report.pdf import check_pdf, render_pdf
from tools.report.pictures import Shown
from tools.report.records import Header
from tools.report.table import render_csv
from tools.report.workbook import render_workbook

EVERY_S: Final = 10.0
"""Least seconds between two writings of an unfinished report."""
PAUSE: Final = 9.0
"""Least pause before the next one, in units of what the last took, so that it costs a tenth of the time."""
WITH_PICTURES: Final = frozenset({".html", ".pdf"})
"""Formats that show the parts."""


def write_report(contents: Contents, out: Path) -> Path:
    """Write a report atomically; return its path.

    out: .html (one file, images embedded), .pdf (the same page; needs the extra `pdf`), .json, .csv or .xlsx.

    Raises ConfigError for another suffix, a missing extra, or a file that cannot be written.
    """
    check_format(out)
    write_whole(out, RENDERERS[out.suffix.lower()](contents))
    return out


def check_format(out: Path) -> None:
    """Raise ConfigError for a file name that `write_report` cannot write to."""
    suffix = out.suffix.lower()
    if suffix not in RENDERERS:
        known = ", ".join(RENDERERS)
        raise ConfigError(f"{out}: a report's name ends in one of {known}")
    if out.is_dir():
        raise ConfigError(f"{out} is a folder: name a file in it")


def check_installed(out: Path) -> None:
    """Raise ConfigError, which names the remedy, where a file's format needs what is not installed."""
    if out.suffix.lower() == ".pdf":
        check_pdf()


class ReportWriter:
    """Writes a report as its parts come, so that what was done is there after an interruption.

    Every so often the files are written anew, each atomically, and at the end of the `with` block, also where
    that ends by an error. Raises ConfigError as `write_report` does.
    """

    def __init__(self, header: Header, outs: Sequence[Path]) -> None:
        for out in outs:
            check_format(out)
            check_installed(out)
        self._header = header
        self._outs = outs
        self._shown: list[Shown] = []
        self._failures: list[FailureRecord] = []
        self._next = time.monotonic() + EVERY_S

    @property
    def wants_pictures(self) -> bool:
        """Whether one of the files shows the parts."""
        return any(out.suffix.lower() in WITH_PICTURES for out in self._outs)

    @property
    def contents(self) -> Contents:
        """The report as it is now."""
        return Contents(self._header, tuple(self._shown), tuple(self._failures))

    def __enter__(self) -> ReportWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # An error before the first part leaves an older report of this name as it is.
        if error is None or self._shown or self._failures:
            self.write()

    def add(self, one: Shown | FailureRecord) -> None:
        """Add a part, or a file that could not be inspected."""
        if isinstance(one, FailureRecord):
            self._failures.append(one)
        else:
            self._shown.append(one)
        if time.monotonic() >= self._next:
            self.write()

    def write(self) -> None:
        """Write all files."""
        start = time.monotonic()
        contents = self.contents
        for out in self._outs:
            write_report(contents, out)
        end = time.monotonic()
        self._next = end + max(EVERY_S, PAUSE * (end - start))


def _html(contents: Contents) -> bytes:
    return render_page(contents).encode("utf-8", "backslashreplace")


def _json(contents: Contents) -> bytes:
    return (json.dumps(contents.sealed, indent=1, ensure_ascii=True) + "\n").encode("ascii")


def _csv(contents: Contents) -> bytes:
    return render_csv(contents).encode("utf-8", "backslashreplace")


RENDERERS: Final[Mapping[str, Callable[[Contents], bytes]]] = {
    ".html": _html,
    ".pdf": render_pdf,
    ".json": _json,
    ".csv": _csv,
    ".xlsx": render_workbook,
}
