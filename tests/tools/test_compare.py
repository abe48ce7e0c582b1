"""Differences of two images are those that were made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from toolbox import Toolbox

from anomaly_core.errors import UnreadableImage

Part = Callable[[Path], dict[str, str]]


def test_an_image_beside_itself_differs_in_nothing(
    board_tools: Toolbox, part: Part, paint: Callable[..., Path]
) -> None:
    path = paint("one", 4)
    found = board_tools.call("compare_images", **part(path), other=str(path))
    assert found.similarity == pytest.approx(1, abs=1e-4)
    assert found.shift == (0, 0)
    assert found.brightness == 0
    assert found.features.value == pytest.approx(0, abs=1e-4)
    assert found.levels.value == 0
    assert found.p_value == found.other_p_value


def test_shift_and_brightness_are_measured(
    board_tools: Toolbox, part: Part, paint: Callable[..., Path]
) -> None:
    moved = part(paint("moved", 5, shift=6, brighter=20))
    found = board_tools.call("compare_images", **moved, other=str(paint("plain", 6)))
    assert found.shift[0] == pytest.approx(6, abs=1)
    assert found.shift[1] == pytest.approx(0, abs=1)
    assert found.brightness == pytest.approx(20, abs=2)


def test_the_blot_is_where_they_differ_most(
    board_tools: Toolbox, part: Part, paint: Callable[..., Path]
) -> None:
    found = board_tools.call("compare_images", **part(paint("bad", 9, blot=(190, 130, 215, 155))))
    assert found.other_kind == "template"
    assert found.other.startswith("good-")
    assert found.features.cell == found.levels.cell == "bottom right"
    assert 185 < found.levels.x < 220
    assert found.other_p_value is None
    assert found.id.startswith("comparison:template:")


def test_another_image_that_cannot_be_read_is_an_error(
    board_tools: Toolbox, part: Part, paint: Callable[..., Path], tmp_path: Path
) -> None:
    with pytest.raises(UnreadableImage, match="absent"):
        board_tools.call("compare_images", **part(paint("one", 4)), other=str(tmp_path / "absent.png"))
