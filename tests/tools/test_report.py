"""Reports: whole, self-contained, harmless with hostile texts, and saying what was decided and why."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from io import BytesIO, StringIO
from pathlib import Path

import numpy as np
import pytest
from openpyxl import load_workbook
from PIL import Image
from reported import HOSTILE, MADE, contents, hostile_contents, part

from anomaly_core.errors import ConfigError
from tools.records import ErrorRecord, FailureRecord
from tools.report import write
from tools.report.contents import Contents
from tools.report.figures import pareto, trend
from tools.report.page import STEPS, cite, render_page
from tools.report.pictures import Pictures, Shown, picture_of
from tools.report.records import Header, LabelRecord, PartRecord
from tools.report.table import BOM, FORMULA, render_csv, safe_cell
from tools.report.words import words_of
from tools.report.workbook import render_workbook
from tools.report.write import ReportWriter, write_report

FAILURE = FailureRecord(image="torn.png", error=ErrorRecord(kind="UnreadableImage", message="truncated"))
UNCLEAR = {"p_value": 0.6, "reasons": ["The image is out of focus."]}


class Page(HTMLParser):
    """Collects the ids, the links within the page, the images, the tags and what leads elsewhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.targets: set[str] = set()
        self.images: list[dict[str, str | None]] = []
        self.tags: set[str] = set()
        self.handlers: list[str] = []
        self.outside: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.add(tag)
        self.handlers += [name for name in found if name.startswith("on")]
        if found.get("id"):
            self.ids.append(str(found["id"]))
        if tag == "img":
            self.images.append(found)
        for name in ("src", "href", "data", "action", "xlink:href"):
            value = found.get(name)
            if value and value.startswith("#"):
                self.targets.add(value[1:])
            elif value and not value.startswith("data:image/jpeg;base64,"):
                self.outside.append(value)


@pytest.fixture
def three(tmp_path: Path) -> Contents:
    """A failed part, one to be reviewed since it cannot be judged, a passed one, and a file that failed."""
    return contents(
        part(tmp_path, "a.png"),
        part(tmp_path, "b.png", "review", **UNCLEAR),
        part(tmp_path, "c.png", "pass"),
        failures=(FAILURE,),
    )


def test_html_is_whole_and_self_contained(three: Contents, tmp_path: Path) -> None:
    out = write_report(three, tmp_path / "deep" / "r.html")
    text = out.read_text(encoding="utf-8")
    page = Page(text)
    assert page.outside == []
    assert not re.search(r"url\(|@import|<script", text)
    assert page.targets <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    assert {"part1", "part2", "part3", "e1-1", "failures"} <= set(page.ids)
    assert all("alt" in image for image in page.images)
    assert "Line 4" in text
    assert "torn.png" in text
    assert "truncated" in text
    assert three.sealed["hash"] in text
    assert [path.name for path in out.parent.iterdir()] == ["r.html"]


def chips(text: str) -> list[list[str]]:
    return [chip.split() for chip in re.findall(r'<span class="chip \w+">(.*?)</span>', text, re.DOTALL)]


def test_decisions_are_words_and_symbols_with_reasons(three: Contents) -> None:
    text = render_page(three)
    assert {tuple(chip) for chip in chips(text)} == {("✕", "Fail"), ("?", "Review")}
    assert "The image is out of focus<" in text
    assert "Good" not in text
    counts = re.findall(r'class="big">(\S+) (\d+)</span> <span class="word">(\w+)', text)
    assert counts == [("✕", "1", "Fail"), ("?", "1", "Review"), ("✓", "1", "Pass")]


def test_the_worst_come_first(tmp_path: Path) -> None:
    parts = [
        part(tmp_path, "doubtful.png", "review", p_value=0.06),
        part(tmp_path, "bad.png", p_value=0.04),
        part(tmp_path, "fine.png", "pass"),
        part(tmp_path, "worst.png", p_value=0.0001),
    ]
    text = render_page(contents(*parts))
    rows = re.findall(r'<td><a href="#part\d">(.*?)</a>', text)
    assert rows == ["worst.png", "bad.png", "doubtful.png"]
    assert re.findall(r'<h3 id="part\d">(.*?)</h3>', text) == rows


def test_a_card_holds_what_was_found(tmp_path: Path) -> None:
    text = render_page(contents(part(tmp_path)))
    size, kind = ("4.00 × 3.00 mm", "40 × 30"), ("scratch", "likely", "71\u00a0%", "dent 20\u00a0%")
    notes, where = ("Cause", "A worn guide.", '<a href="#e1-1">[K1]</a>'), ("lot A17", "tiny")
    for said in (*size, *kind, *notes, *where, "fail below 0.05", "review below 0.2"):
        assert said in text, said


def test_a_heat_map_has_a_legend_and_a_scale(tmp_path: Path) -> None:
    record = part(tmp_path)
    grey = picture_of(np.full((120, 160, 3), 90, np.uint8), 200)
    with_map = Shown(record, Pictures(160, 120, grey, grey, heat=grey))
    text = render_page(contents(with_map))
    assert text.count('class="legend"') == 1
    assert "linear-gradient(to right, rgb(" in text
    assert ">2 mm</text>" in text  # a quarter of 160 pixels of 0.1 mm is 4 mm
    assert "no anomaly map" in render_page(contents(record.model_copy(update={"models": None})))


def test_a_human_label_against_a_pass_is_shown_on_a_card(tmp_path: Path) -> None:
    label = LabelRecord(verdict="anomalous", at="2026-11-26T09:00:00Z", note="burr inside", operator="kim")
    text = render_page(contents(part(tmp_path, decision="pass", label=label)))
    assert "against the measured decision Pass" in text
    assert "burr inside" in text
    # As it counts above the table.
    assert ["✕", "Fail"] in chips(text)


def test_an_unfinished_report_says_so(tmp_path: Path) -> None:
    assert "<b>Not complete:</b> this report holds 1 of 3 images" in render_page(
        contents(part(tmp_path), expected=3)
    )


def test_an_image_that_is_gone_or_another_one_is_not_shown(tmp_path: Path) -> None:
    gone, other = part(tmp_path, "gone.png"), part(tmp_path, "other.png")
    (tmp_path / "gone.png").unlink()
    Image.new("RGB", (160, 120), "red").save(tmp_path / "other.png")
    text = render_page(contents(gone, other))
    assert "no longer at its path" in text
    assert "Another image is at the path now" in text
    assert Page(text).images == []


def test_no_parts_are_a_report_too(tmp_path: Path) -> None:
    assert "✕ 0" in render_page(contents())
    for suffix in (".csv", ".json", ".xlsx"):
        assert write_report(contents(), tmp_path / f"r{suffix}").exists()


def test_citations_link_only_to_evidence() -> None:
    spans = cite("Seen [S1], not [note].", 3, ["K1", "S1"])
    assert [(span.text, span.anchor) for span in spans] == [
        ("Seen ", None),
        ("[S1]", "e3-1"),
        (", not [note].", None),
    ]


# --- hostile texts, in every format ---------------------------------------------------------------


def test_hostile_texts_are_harmless_in_html(tmp_path: Path) -> None:
    page = Page(text := render_page(hostile_contents(tmp_path, '"><svg onload=alert(1)>' + HOSTILE)))
    assert "script" not in page.tags
    assert page.handlers == []
    assert page.outside == []
    assert page.targets <= set(page.ids)
    assert "&lt;script&gt;" in text
    assert "default-src 'none'" in text


def test_hostile_texts_are_harmless_in_csv(tmp_path: Path) -> None:
    for text in (HOSTILE, *(f"{start}cmd|' /C calc'!A0" for start in FORMULA)):
        cells = [
            cell for row in csv.reader(StringIO(render_csv(hostile_contents(tmp_path, text)))) for cell in row
        ]
        assert f"'{text}" in cells
        assert not any(cell.startswith(FORMULA) for cell in cells)


def test_hostile_texts_are_harmless_in_xlsx(tmp_path: Path) -> None:
    book = load_workbook(BytesIO(render_workbook(hostile_contents(tmp_path, HOSTILE + "\x00\x07"))))
    cells = [cell for sheet in book for row in sheet for cell in row if cell.value is not None]
    texts = [cell for cell in cells if isinstance(cell.value, str) and cell.value.startswith(HOSTILE)]
    assert len(texts) > 20
    assert {cell.data_type for cell in texts} == {"s"}
    assert all(cell.quotePrefix for cell in texts)
    assert not any(cell.data_type == "f" or cell.hyperlink for cell in cells)


def test_hostile_texts_are_harmless_in_json(tmp_path: Path) -> None:
    out = write_report(hostile_contents(tmp_path, HOSTILE + "\x1b[31m\u2028"), tmp_path / "r.json")
    text = out.read_text(encoding="ascii")
    assert "\x1b" not in text
    assert json.loads(text)["parts"][0]["name"] == HOSTILE + "\x1b[31m\u2028"


# --- formats --------------------------------------------------------------------------------------


def test_csv_says_the_decisions_and_opens_in_a_spreadsheet(three: Contents, tmp_path: Path) -> None:
    out = write_report(three, tmp_path / "r.csv")
    assert out.read_bytes().startswith(BOM.encode())
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["decision"] for row in rows] == ["fail", "review", "pass", "error"]
    assert rows[1]["reasons"] == "The image is out of focus."
    assert not any("good" in (value or "").lower().split() for row in rows for value in row.values())
    assert (float(rows[0]["p_value"]), float(rows[0]["length_mm"])) == (0.01, 4.0)
    assert rows[3] == {column: "" for column in rows[3]} | {
        "image": "torn.png",
        "name": "torn.png",
        "decision": "error",
        "error_kind": "UnreadableImage",
        "error_message": "truncated",
    }


@pytest.mark.parametrize("start", FORMULA)
def test_formula_starts_are_quoted(start: str) -> None:
    assert safe_cell(start + "1") == "'" + start + "1"
    assert safe_cell(" " + start + "1") == "' " + start + "1"
    assert safe_cell(-1.5) == -1.5
    assert safe_cell("a" + start) == "a" + start


def test_xlsx_holds_summary_parts_and_regions(three: Contents) -> None:
    book = load_workbook(BytesIO(render_workbook(three)))
    assert book.sheetnames == ["Summary", "Parts", "Regions"]
    summary = {row[0]: row[1] for row in book["Summary"].iter_rows(values_only=True)}
    assert [summary[word] for word in ("Fail", "Review", "Pass", "Could not be inspected")] == [1, 1, 1, 1]
    columns, *rows = book["Parts"].iter_rows(values_only=True)
    assert [row[columns.index("decision")] for row in rows] == ["fail", "review", "pass", "error"]
    columns, *rows = book["Regions"].iter_rows(values_only=True)
    assert [rows[0][columns.index(name)] for name in ("x0", "y1", "length_mm")] == [40, 60, 4]


def test_json_gives_the_parts_back(tmp_path: Path) -> None:
    record = part(tmp_path, "à.png")
    held = json.loads(write_report(contents(record, failures=(FAILURE,)), tmp_path / "r.json").read_text())
    assert held["counts"] == {"fail": 1, "review": 0, "pass": 0}
    assert PartRecord.model_validate({k: v for k, v in held["parts"][0].items() if k != "hashes"}) == record
    assert FailureRecord.model_validate(held["failures"][0]) == FAILURE


@pytest.mark.parametrize("name", ["r.docx", "r", "r.HTM"])
def test_other_suffixes_name_the_known_ones(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\.html, \.pdf, \.json, \.csv, \.xlsx"):
        write_report(contents(), tmp_path / name)


def test_a_failed_write_leaves_the_old_report(three: Contents, tmp_path: Path, monkeypatch) -> None:
    old = write_report(contents(), tmp_path / "r.json").read_text()
    monkeypatch.setattr(
        Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device"))
    )
    with pytest.raises(ConfigError, match="No space left"):
        write_report(three, tmp_path / "r.json")
    assert (tmp_path / "r.json").read_text() == old
    assert list(tmp_path.glob("*.part")) == []


# --- written as it goes ---------------------------------------------------------------------------


def test_an_interrupted_report_holds_what_was_done(tmp_path: Path) -> None:
    outs = [tmp_path / "r.json", tmp_path / "r.html"]
    with (
        pytest.raises(KeyboardInterrupt),
        ReportWriter(Header(title="t", made=MADE, expected=3), outs) as writer,
    ):
        writer.add(Shown(part(tmp_path)))
        raise KeyboardInterrupt
    held = json.loads(outs[0].read_text())
    assert (len(held["parts"]), held["expected"]) == (1, 3)


def test_a_report_is_there_before_the_end(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(write, "EVERY_S", 0.0)
    monkeypatch.setattr(write, "PAUSE", 0.0)
    out = tmp_path / "r.json"
    with ReportWriter(Header(title="t", made=MADE, expected=2), [out]) as writer:
        writer.add(Shown(part(tmp_path)))
        assert len(json.loads(out.read_text())["parts"]) == 1


def test_an_error_before_the_first_part_leaves_the_old_report(tmp_path: Path) -> None:
    out = write_report(contents(part(tmp_path)), tmp_path / "r.json")
    old = out.read_text()
    with pytest.raises(KeyboardInterrupt), ReportWriter(Header(title="t", made=MADE, expected=2), [out]):
        raise KeyboardInterrupt
    assert out.read_text() == old


# --- figures and size -----------------------------------------------------------------------------


def test_pareto_counts_failed_parts_alone(tmp_path: Path) -> None:
    kinds = ["dent", "scratch", "scratch", "scratch"]
    failed = [
        part(tmp_path).model_copy(
            update={"defect_type": part(tmp_path).defect_type.model_copy(update={"name": kind})}
        )
        for kind in kinds
    ]
    bars = pareto([*failed, part(tmp_path, decision="pass")], words_of("en"))
    assert [(bar.name, bar.count, bar.cumulative) for bar in bars] == [("scratch", 3, 0.75), ("dent", 1, 1.0)]


def test_the_trend_follows_the_order_of_inspection(tmp_path: Path) -> None:
    good, bad = part(tmp_path, decision="pass"), part(tmp_path)
    groups = trend([good] * 8 + [bad] * 8)
    assert [group.share("fail") for group in groups] == [0, 0, 1, 1]
    assert (groups[0].first, groups[-1].last) == (1, 16)
    assert trend([good] * 3) == []


def many(folder: Path, count: int) -> Iterator[Shown]:
    record = part(folder)
    noise = np.random.default_rng(0).normal(128, 20, (675, 900, 1)).clip(0, 255).repeat(3, axis=2)
    large = picture_of(noise.astype(np.uint8), 900)
    pictures = Pictures(900, 675, large.at_most(170), large, heat=large)
    for number in range(count):
        yield Shown(record.model_copy(update={"name": f"part-{number}.png"}), pictures)


def test_pictures_of_many_parts_are_small(tmp_path: Path) -> None:
    few, lots = (len(render_page(contents(*many(tmp_path, count)))) for count in (2, 120))
    assert lots < 30 * few
    assert dict(STEPS)[160] == 450
