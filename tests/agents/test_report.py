"""Reports: whole, self-contained, safe with hostile names, and saying what the records say."""

from __future__ import annotations

import csv
import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from anomaly_core.errors import ConfigError
from tools.records import ErrorRecord, FailureRecord, InspectionRecord
from tools.report import write_report
from tools.report.page import cite, render_page
from tools.report.table import safe_cell

HOSTILE = '=1+1 <script>alert("x")</script>[bold].png'


class Page(HTMLParser):
    """Collects the ids, the links within the page, the images and the visible text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.targets: set[str] = set()
        self.images: list[dict[str, str | None]] = []
        self.tags: set[str] = set()
        self.outside: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.add(tag)
        if found.get("id"):
            self.ids.add(str(found["id"]))
        if tag == "img":
            self.images.append(found)
        for name in ("src", "href", "data", "action"):
            value = found.get(name)
            if value and value.startswith("#"):
                self.targets.add(value[1:])
            elif value and not value.startswith("data:image/jpeg;base64,"):
                self.outside.append(value)


@pytest.fixture
def failure() -> FailureRecord:
    return FailureRecord(image="torn.png", error=ErrorRecord(kind="UnreadableImage", message="truncated"))


def test_html_is_whole_and_self_contained(make_record, failure, tmp_path: Path) -> None:
    records = [make_record("a.png"), make_record("b.png", anomalous=False), failure]
    out = write_report(records, tmp_path / "deep" / "r.html", title="Line 4")
    text = out.read_text(encoding="utf-8")
    page = Page(text)
    assert page.outside == []
    assert "url(" not in text
    assert "@import" not in text
    assert "script" not in page.tags
    assert page.targets <= page.ids
    assert {"part1", "part2", "e1-1", "failures"} <= page.ids
    assert all(image["alt"] for image in page.images)
    assert len(page.images) == 4
    assert "Line 4" in text
    assert "5 % of good parts may fail" in text
    assert "torn.png" in text
    assert "truncated" in text
    assert [path.name for path in out.parent.iterdir()] == ["r.html"]


REVIEWED = {"decision": "review", "reasons": ["The image is out of focus."]}


def test_decisions_are_words_not_only_colours(make_record) -> None:
    records = [
        make_record("a.png"),
        make_record("b.png", anomalous=False),
        make_record("c.png", anomalous=False, **REVIEWED),
    ]
    text = render_page(records, "t")
    chips = re.findall(r'<span class="chip \w+">(.*?)</span>', text, re.DOTALL)
    assert [chip.split() for chip in chips] == [["✕", "Fail"], ["✓", "Pass"], ["?", "Review"]] * 2
    assert "The image is out of focus." in text
    assert "Good" not in text


def test_a_part_to_be_reviewed_is_no_good_one_in_csv(make_record, tmp_path: Path) -> None:
    out = write_report([make_record("c.png", anomalous=False, **REVIEWED)], tmp_path / "r.csv")
    (row,) = csv.DictReader(out.read_text(encoding="utf-8").splitlines())
    assert row["decision"] == "review"
    assert row["reasons"] == "The image is out of focus."
    assert "good" not in row.values()


def test_hostile_texts_are_escaped(make_record) -> None:
    record = make_record("a.png", image=f"folder/{HOSTILE}", answer="<img src=x onerror=alert(1)>")
    text = render_page([record], "<b>t</b>")
    page = Page(text)
    assert "script" not in page.tags
    assert page.outside == []
    assert "&lt;script&gt;" in text
    assert "&lt;b&gt;t&lt;/b&gt;" in text


def test_a_picture_that_is_gone_is_said(make_record) -> None:
    record = make_record("a.png")
    Path(record.image).unlink()
    assert "no longer at its path" in render_page([record], "t")


def test_citations_link_only_to_evidence() -> None:
    spans = cite("Seen [S1], not [note].", 3, ["K1", "S1"])
    assert [(span.text, span.anchor) for span in spans] == [
        ("Seen ", None),
        ("[S1]", "e3-1"),
        (", not [note].", None),
    ]


def test_csv_runs_no_formula(make_record, failure, tmp_path: Path) -> None:
    out = write_report([make_record("a.png", image=HOSTILE), failure], tmp_path / "r.csv")
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["image"] == "'" + HOSTILE
    assert rows[0]["decision"] == "fail"
    assert float(rows[0]["p_value"]) == 0.01
    assert rows[1] == {column: "" for column in rows[1]} | {
        "image": "torn.png",
        "decision": "error",
        "error_kind": "UnreadableImage",
        "error_message": "truncated",
    }


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_formula_starts_are_quoted(start: str) -> None:
    assert safe_cell(start + "1") == "'" + start + "1"
    assert safe_cell(-1.5) == -1.5
    assert safe_cell("a" + start) == "a" + start


def test_json_gives_the_records_back(make_record, failure, tmp_path: Path) -> None:
    record = make_record("à.png")
    rows = json.loads(write_report([record, failure], tmp_path / "r.json").read_text())
    assert InspectionRecord.model_validate(rows[0]) == record
    assert FailureRecord.model_validate(rows[1]) == failure


def test_no_records_is_a_report_too(tmp_path: Path) -> None:
    assert "<b>0</b>images" in write_report([], tmp_path / "r.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["r.docx", "r", "r.HTM"])
def test_other_suffixes_name_the_known_ones(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\.html, \.pdf, \.json, \.csv"):
        write_report([], tmp_path / name)


def test_a_failed_write_leaves_the_old_report(make_record, tmp_path: Path, monkeypatch) -> None:
    out = write_report([], tmp_path / "r.json")
    monkeypatch.setattr(
        Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device"))
    )
    with pytest.raises(ConfigError, match="No space left"):
        write_report([make_record()], out)
    assert out.read_text() == "[]\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["part.png", "r.json"]


def test_pdf_without_its_extra_names_the_command(make_record, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(ConfigError, match=r"pip install .*\[pdf\]"):
        write_report([make_record()], tmp_path / "r.pdf")


def test_pdf(make_record, tmp_path: Path) -> None:
    pytest.importorskip("weasyprint", reason="needs the extra pdf")
    assert write_report([make_record()], tmp_path / "r.pdf").read_bytes().startswith(b"%PDF-")
