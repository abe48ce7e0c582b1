"""The station's chart of p-values: the places of dots and marks."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from agents.interfaces.station.chart import HEIGHT, LEFT, WIDTH, p_chart, recording_chart


def row(number: int, p: float, word: str, name: str = "part.png") -> dict[str, Any]:
    at = f"2026-11-26T10:00:{number:02d}"
    return {"at": at, "p_value": p, "last_word": word, "name": name, "alpha": 0.05, "review": 0.2}


def test_dots_lie_by_time_and_p_and_a_name_is_text() -> None:
    rows = [row(0, 1.0, "pass"), row(1, 0.1, "review"), row(2, 1e-9, "fail", "<script>.png")]
    drifts = [{"since": rows[1]["at"], "measure": "score"}, {"since": "2027", "measure": "score"}]
    drifts.append({"since": rows[2]["at"], "measure": "sharpness"})
    drawn = ElementTree.fromstring(p_chart(rows, drifts, "p & time", "drift"))
    dots = drawn.findall("circle")
    across = [float(dot.attrib["cx"]) for dot in dots]
    down = [float(dot.attrib["cy"]) for dot in dots]
    assert across[0] == LEFT and across == sorted(across) and across[-1] < WIDTH
    assert 0 < down[0] < down[1] < down[2] < HEIGHT
    assert dots[2].find("title").text == "<script>.png: p 1e-09"  # type: ignore[union-attr]
    # One mark, at the second part; the other began after all that is shown.
    marks = [each for each in drawn.findall("text") if each.text == "drift"]
    assert len(marks) == 1
    assert any(
        float(line.attrib["x1"]) == float(line.attrib["x2"]) == across[1] for line in drawn.findall("line")
    )


def test_a_measure_of_the_images_is_drawn_from_its_least_to_its_largest() -> None:
    values = (100.0, 160.0, 130.0)
    rows = [{**row(number, 0.5, "pass"), "level": value} for number, value in enumerate(values)]
    drifts = [{"since": rows[1]["at"], "measure": name} for name in ("level", "sharpness")]
    drawn = ElementTree.fromstring(recording_chart(rows, "level", drifts, "light", "drift"))
    down = [float(dot.attrib["cy"]) for dot in drawn.findall("circle")]
    assert HEIGHT > down[0] > down[2] == HEIGHT / 2 > down[1] > 0
    assert [each.text for each in drawn.findall("text")] == ["100", "130", "160", "drift"]


def test_without_rows_there_are_the_axes_alone() -> None:
    drawn = ElementTree.fromstring(p_chart([], [], "p", "drift"))
    assert drawn.findall("circle") == [] and len(drawn.findall("line")) == 4
