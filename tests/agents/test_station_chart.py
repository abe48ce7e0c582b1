"""The station's charts: the places of dots, marks and bars."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from agents.interfaces.station.chart import COLOURS, HEIGHT, LEFT, WIDTH, p_chart, recording_chart
from agents.interfaces.station.rates_chart import Series, rates_chart, step_of
from knowledge.log.figures import Decision


def row(number: int, p: float, word: str, name: str = "part.png") -> dict[str, Any]:
    at = f"2026-11-26T10:00:{number:02d}"
    said = {"p_value": p, "last_word": word, "name": name, "alpha": 0.05, "review": 0.2}
    return {"at": at, "sha256": f"{number:064x}", **said}


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
    (mark,) = drawn.findall("a")
    assert mark.attrib["href"] == f"/?image={rows[1]['sha256']}"
    assert mark.find("text").text == "drift: part.png"  # type: ignore[union-attr]
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
    assert [each.text for each in drawn.iter("text")] == ["100", "130", "160", "drift: part.png"]


def test_without_rows_there_are_the_axes_alone() -> None:
    drawn = ElementTree.fromstring(p_chart([], [], "p", "drift"))
    assert drawn.findall("circle") == [] and len(drawn.findall("line")) == 4


def test_bars_of_rates_are_coloured_by_decision_and_counted() -> None:
    past: list[tuple[float, Decision]] = [(1e-7, "fail"), (0.001, "fail"), (0.1, "review"), (0.99, "pass")]
    words: dict[Decision, str] = {"pass": "PASS", "review": "REVIEW", "fail": "<FAIL>"}
    series = [Series("past & all", past), Series("good", [(1.0, "pass"), (0.95, "review")])]
    drawn = ElementTree.fromstring(rates_chart(series, 0.05, 0.2, "told", "p", words))
    assert drawn.attrib["aria-label"] == "told"
    areas = [each for each in drawn.findall("rect") if "opacity" in each.attrib]
    assert [each.attrib["fill"] for each in areas] == [COLOURS[kind] for kind in ("fail", "review", "pass")]
    assert sum(float(each.attrib["width"]) for each in areas) == pytest.approx(400, abs=0.2)
    bars = [each for each in drawn.findall("rect") if "opacity" not in each.attrib]
    # What lies left of the axis stands in its first bar; p = 1 stands in the last one, with two decisions.
    assert [(each.attrib["fill"], float(each.attrib["x"])) for each in bars] == [
        (COLOURS["fail"], 1.0), (COLOURS["fail"], 26.0), (COLOURS["review"], 276.0),
        (COLOURS["pass"], 376.0), (COLOURS["review"], 376.0), (COLOURS["pass"], 376.0),
    ]  # fmt: skip
    texts = [each.text for each in drawn.findall("text")]
    assert texts.count("1") == 4 and texts.count("2") == 1 and "past & all" in texts and "<FAIL>" in texts
    assert [step_of(rate) for rate in (1.0, 0.1, 0.001)] == [0, -20, -60]
