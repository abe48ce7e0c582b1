"""Writing of a report in the format of its file name."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from anomaly_core.errors import ConfigError
from anomaly_core.files import write_whole
from tools.records import FailureRecord, InspectionRecord
from tools.report.page import render_page
from tools.report.table import render_csv

Records = Sequence[InspectionRecord | FailureRecord]


def write_report(records: Records, out: Path, *, title: str = "Inspection report") -> Path:
    """Write a report on `records`, in their order, atomically; return its path.

    out: .html (one file, images embedded), .pdf (the same page; needs the extra `pdf`), .json (a list of the
        records) or .csv (one row an image).

    Raises ConfigError for another suffix, a missing extra, or a file that cannot be written.
    """
    check_format(out)
    content = RENDERERS[out.suffix.lower()](records, title)
    write_whole(out, content)
    return out


def check_format(out: Path) -> None:
    """Raise ConfigError for a file name that `write_report` cannot write to."""
    suffix = out.suffix.lower()
    if suffix not in RENDERERS:
        known = ", ".join(RENDERERS)
        raise ConfigError(f"{out}: a report's name ends in one of {known}")
    if out.is_dir():
        raise ConfigError(f"{out} is a folder: name a file in it")
    if suffix == ".pdf" and importlib.util.find_spec("weasyprint") is None:
        raise ConfigError(f'{out}: PDF needs the extra `pdf`: pip install "iad-agent[pdf]"')


def _html(records: Records, title: str) -> bytes:
    return render_page(records, title).encode("utf-8", "backslashreplace")


def _pdf(records: Records, title: str) -> bytes:
    try:
        from weasyprint import HTML
    except OSError as error:
        raise ConfigError(f"PDF needs the Pango library of the operating system: {error}") from error
    document: bytes = HTML(string=render_page(records, title)).write_pdf()
    return document


def _json(records: Records, title: str) -> bytes:
    rows = [record.model_dump(mode="json") for record in records]
    return (json.dumps(rows, indent=2, ensure_ascii=True) + "\n").encode("ascii")


def _csv(records: Records, title: str) -> bytes:
    return render_csv(records).encode("utf-8", "backslashreplace")


RENDERERS: Final[Mapping[str, Callable[[Records, str], bytes]]] = {
    ".html": _html,
    ".pdf": _pdf,
    ".json": _json,
    ".csv": _csv,
}
