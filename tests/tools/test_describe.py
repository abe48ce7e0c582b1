"""A place is measured, against its surroundings and against the good part that lies on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from toolbox import Toolbox

from anomaly_core.errors import ConfigError

Part = Callable[[Path], dict[str, str]]


def test_a_region_is_measured(board_tools: Toolbox, part: Part, paint: Callable[..., Path]) -> None:
    image = part(paint("bad", 9, blot=(60, 20, 120, 70)))
    seen = board_tools.call("describe_region", **image)
    assert seen.stands_out
    assert seen.cell == "top"
    assert seen.times_limit > 1
    assert seen.colour == "red"
    assert seen.template.startswith("template:")
    assert "times the normal limit" in seen.text


def test_contrast_with_the_template_is_what_was_changed(
    board_tools: Toolbox, part: Part, paint: Callable[..., Path]
) -> None:
    """The board is the same at this place, so a blot brighter by 40 levels is brighter by 40 levels."""
    image = part(paint("brighter", 3, brighter=40))
    seen = board_tools.call("describe_region", **image, place="100,60,140,100")
    assert seen.template_contrast == pytest.approx(40, abs=3)
    assert abs(seen.contrast) < 40 or not seen.stands_out


def test_a_normal_place_is_said_to_be_normal(
    board_tools: Toolbox, part: Part, paint: Callable[..., Path]
) -> None:
    seen = board_tools.call("describe_region", **part(paint("fine", 0)), place="left edge")
    assert not seen.stands_out
    assert seen.times_limit < 1
    assert seen.bbox == (0, 0, 60, 180)
    assert "nothing there exceeds the normal range" in seen.text


def test_a_region_that_is_not_there_is_an_error(
    board_tools: Toolbox, part: Part, paint: Callable[..., Path]
) -> None:
    with pytest.raises(ConfigError, match="no region-7"):
        board_tools.call("describe_region", **part(paint("fine", 0)), place="region-7")
