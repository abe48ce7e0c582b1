"""Headings that name a defect, and headings that do not."""

from __future__ import annotations

from pathlib import Path

import pytest

import agents
from knowledge.catalogue.headings import defect_of
from knowledge.catalogue.readers.note import read_note


@pytest.mark.parametrize(
    ("trail", "defect"),
    [
        (["Magnetic tile", "Blowhole"], "Blowhole"),
        (["Magnetic tile", "Fray at the edge"], "Fray at the edge"),
        (["Cells", "finger interruption"], "finger interruption"),
        (["Screw", "Scratch on the head", "Causes"], "Scratch on the head"),
        (["Screw", "Defects", "Orange peel"], "Orange peel"),
        (["Screw", "2 Types of defects", "2.1 Mottling"], "Mottling"),
        (["Screw", "Defects", "Mottling", "What to do"], "Mottling"),
        (["Defect: thread top"], "thread top"),
        (["Screw", "Cracks", "Hair cracks"], "Hair cracks"),
        (["Defects of solar cells"], None),
        (["Screw", "Overview"], None),
        (["Screw", "Inspection of broken parts"], None),
        (["Screw", "Handling"], None),
        (["Screw", "Defects"], None),
        (["Screw", "Why is there a scratch?"], None),
        (["Screw", "Causes"], None),
        (["Screw", "How a scratch comes to be when the tool is worn out"], None),
        ([], None),
    ],
)
def test_headings(trail: list[str], defect: str | None) -> None:
    assert defect_of(trail) == defect


def test_a_later_section_is_not_the_defects(tmp_path: Path) -> None:
    note = tmp_path / "tile.md"
    note.write_text("# Tile\nGrey.\n## Crack\nA line.\n### Causes\nShock.\n## Handling\nWith gloves.\n")
    sections = read_note(note, "tile").sections
    assert [s.defect for s in sections] == [None, "Crack", "Crack", None]


def test_the_demos_notes_name_their_defects() -> None:
    sections = read_note(Path(str(agents.__file__)).parent / "solar_cell_notes.md", "solar cell").sections
    named = list(dict.fromkeys(s.defect for s in sections if s.defect))
    assert named[:6] == [
        "crack",
        "micro-crack",
        "finger interruption",
        "inactive area",
        "material defect",
        "contact failure",
    ]
    assert [s.defect for s in sections if s.field == "look"] == named
