"""What reports take from elsewhere: the catalogue's cause, effect and action, and human labels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import reported
from plates import part

from agents.app import Application
from agents.reporting import catalogue_notes, header_of, report_part, shown_parts
from agents.settings import Settings
from tools.report.page import MOST_GOOD
from tools.report.pictures import Shown
from tools.report.records import LabelRecord

NOTES = """# plate

## dent

A dent is a dark hollow. It comes from a worn guide. It weakens the rim. Sort the plate out.
"""


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Application]:
    settings = Settings(store=tmp_path / "store", encoder="tiny", text_encoder="tiny", log="none", lot="A17")
    with Application(settings) as opened:
        yield opened


def test_the_catalogue_tells_cause_effect_and_action_with_its_source(
    app: Application, tmp_path: Path
) -> None:
    assert catalogue_notes(app.tools, "plate", "dent") == []
    (tmp_path / "notes.md").write_text(NOTES)
    app.add_knowledge([tmp_path / "notes.md"], "plate")
    found = catalogue_notes(app.tools, "plate", "dent")
    assert {note.aspect: note.text for note in found} == {
        "cause": "It comes from a worn guide.",
        "effect": "It weakens the rim.",
        "action": "Sort the plate out.",
    }
    assert {note.source for note in found} == {"notes.md"}
    assert {note.id for note in found} <= {passage.id for passage in app.search_knowledge("dent", "plate")}
    assert catalogue_notes(app.tools, "plate", "unknown defect") == []


def test_a_part_has_its_human_label_and_the_good_part_beside_its_region(
    app: Application, tmp_path: Path
) -> None:
    app.enroll("plate", [part(tmp_path / f"good-{seed}.png", seed) for seed in range(4)])
    blot = part(tmp_path / "blot.png", 9, blot=True)
    app.correct(blot, "good", product="plate", note="dust", learn=False)
    (record,) = app.inspect([blot], product="plate")
    shown = report_part(app.tools, record, pictures=True)
    assert isinstance(shown, Shown)
    assert shown.part.label is not None
    assert (shown.part.label.verdict, shown.part.label.note, shown.part.lot) == ("good", "dust", "A17")
    assert shown.pictures is not None
    assert shown.pictures.heat is not None
    assert shown.pictures.crops[0].good is not None
    assert shown.pictures.good_name.startswith("good-")
    (product,) = header_of(app.tools, "t", 1).products
    assert (product.name, product.templates) == ("plate", app.products()[0].templates)
    blot.unlink()
    app.tools.images.clear()
    gone = report_part(app.tools, record, pictures=True)
    assert isinstance(gone, Shown)
    assert gone.pictures is None
    assert "while the report was made" in gone.gone


def test_a_logged_pass_against_a_label_has_its_picture_among_many_passes(tmp_path: Path) -> None:
    label = LabelRecord(verdict="anomalous", at=reported.MADE)
    labelled = reported.part(tmp_path, "labelled.png", "pass", p_value=0.99, label=label)
    passes = [reported.part(tmp_path, "good.png", "pass")] * (MOST_GOOD + 1)
    shown = list(shown_parts([labelled, *passes], lambda _: None, pictures=True))
    assert shown[0].pictures is not None
    assert [one.pictures is None for one in shown[1:]] == [False] * MOST_GOOD + [True]
