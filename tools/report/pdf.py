"""A report as PDF: the page, set by WeasyPrint, which gets its pictures from memory and nothing else."""

from __future__ import annotations

import gc
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from anomaly_core.errors import ConfigError
from anomaly_core.extras import install
from tools.report.contents import Contents
from tools.report.page import render_page
from tools.report.pictures import Picture

EXTRA: Final = f"PDF needs the extra `pdf`: {install('pdf')}"

SCRIPTS: Final = {
    "ko": ("Korean", "\uac00-\ud7af"),
    "ja": ("Japanese", "\u3040-\u30ff"),
    "zh": ("Chinese", "\u4e00-\u9fff"),
}
"""Characters that tell that a text needs a font of a language."""


def check_pdf() -> None:
    """Raise ConfigError where WeasyPrint or a library of it is missing."""
    try:
        import weasyprint  # noqa: F401
    except ImportError as error:
        raise ConfigError(EXTRA) from error
    except OSError as error:
        raise ConfigError(f"PDF needs the Pango library of the operating system: {error}") from error


def render_pdf(contents: Contents) -> bytes:
    """Return the PDF. Raises ConfigError as `check_pdf` does."""
    check_pdf()
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    pictures: dict[str, Picture] = {}

    def url(picture: Picture) -> str:
        name = f"iad:{len(pictures)}"
        pictures[name] = picture
        return name

    class Pictures(URLFetcher):  # type: ignore[misc]
        """Gives the report's own pictures, no file and no address, whatever a text of the report says."""

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            if url not in pictures:
                raise ValueError(f"{url} is no picture of this report")
            return URLFetcherResponse(url, body=pictures[url].jpeg, headers={"Content-Type": "image/jpeg"})

    page = render_page(contents, url, printed=True)
    with without_collections():
        document: bytes = HTML(string=page, url_fetcher=Pictures()).write_pdf()
    return document


@contextmanager
def without_collections() -> Iterator[None]:
    """Let no collection of cycles run: a page's boxes live to its end, and searching them takes a fifth."""
    held = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if held:
            gc.enable()


def font_warnings(contents: Contents) -> list[str]:
    """Return a warning a language whose characters a report shows and no installed font has.

    Without `fc-list`, which comes with the library that looks for fonts, nothing can be told.
    """
    text, program = str(contents.sealed), shutil.which("fc-list")
    warnings = []
    for code, (language, characters) in SCRIPTS.items():
        held = code == contents.header.language or re.search(f"[{characters}]", text)
        if program is None or not held:
            continue
        found = subprocess.run([program, f":lang={code}", "family"], capture_output=True, check=False)
        if not found.stdout.strip():
            warnings.append(
                f"no font for {language} is installed, so that the PDF shows boxes: install one, such as "
                "Noto Sans CJK (Debian: fonts-noto-cjk)"
            )
    return warnings
