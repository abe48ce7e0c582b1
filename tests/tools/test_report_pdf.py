"""A report as PDF: harmless, in every language, of bearable cost, and without its extra refused by name."""

from __future__ import annotations

import gc
import sys
import time
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import pytest
from reported import contents, hostile_contents, part

from anomaly_core.errors import ConfigError
from tools.report.page import FEW, render_page
from tools.report.pdf import without_collections
from tools.report.records import Header
from tools.report.write import ReportWriter, write_report


def test_hostile_texts_are_harmless_in_pdf(tmp_path: Path) -> None:
    pytest.importorskip("weasyprint", reason="needs the extra pdf")
    from pypdf import PdfReader

    data = write_report(hostile_contents(tmp_path), tmp_path / "r.pdf").read_bytes()
    for key in (b"/JavaScript", b"/JS", b"/URI", b"/Launch", b"/EmbeddedFile"):
        assert key not in data
    document = PdfReader(BytesIO(data))
    assert "<script>alert(1)</script>" in document.pages[0].extract_text().replace("\n", "")


@pytest.mark.parametrize("language", ["en", "de"])
def test_pdf(language: str, tmp_path: Path) -> None:
    pytest.importorskip("weasyprint", reason="needs the extra pdf")
    from pypdf import PdfReader

    out = write_report(contents(part(tmp_path), language=language), tmp_path / "r.pdf")
    document = PdfReader(out)
    text = " ".join(page.extract_text() for page in document.pages)
    assert {"en": "Cause", "de": "Ursache"}[language] in text
    assert document.root_object["/Lang"] == language


def test_pdf_without_its_extra_names_the_command(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(ConfigError, match=r"pip install .*\[pdf\]"):
        write_report(contents(part(tmp_path)), tmp_path / "r.pdf")
    with pytest.raises(ConfigError, match=r"pip install .*\[pdf\]"):
        ReportWriter(Header(title="t", made="2026-11-26T10:00:00+00:00", expected=1), [tmp_path / "r.pdf"])


def test_collections_pause_and_go_on_after_an_error() -> None:
    assert gc.isenabled()
    with pytest.raises(ValueError, match="in it"), without_collections():
        assert not gc.isenabled()
        raise ValueError("in it")
    assert gc.isenabled()


def test_cards_share_their_styles(tmp_path: Path) -> None:
    """An element with an id, a style or a language has a style of its own, and so has all below it."""
    page = render_page(contents(*[part(tmp_path)] * (FEW + 1)), printed=True)
    parser = Own()
    parser.feed(page[page.index("<article") : page.rindex("</article>")])
    assert "id" in parser.seen
    assert not parser.parents


class Own(HTMLParser):
    """Finds elements that have a style of their own and hold others."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.parents: list[str] = []
        self._last: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._last is not None:
            self.parents.append(self._last)
        own = {name for name, _ in attrs} & {"id", "style", "lang"}
        self.seen |= own
        self._last = tag if own else None

    def handle_endtag(self, tag: str) -> None:
        self._last = None


@pytest.mark.slow
@pytest.mark.parametrize("failed", [0.2, 1.0])
def test_a_pdf_of_300_parts_takes_less_than_a_minute_and_20_megabytes(tmp_path: Path, failed: float) -> None:
    """In the process's own time, so that a busy machine does not decide."""
    pytest.importorskip("weasyprint", reason="needs the extra pdf")
    from reports import generated

    shift = generated(300, failed)
    start = time.process_time()
    out = write_report(shift, tmp_path / "r.pdf")
    assert time.process_time() - start < 60
    assert out.stat().st_size < 20e6
