"""Components are counted, and an image without a background says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from tools.registry import Toolbox

Part = Callable[[Path], dict[str, str]]


def count(board_tools: Toolbox, part: Part, path: Path) -> object:
    arguments = part(path)
    del arguments["product"]
    return board_tools.call("count_components", **arguments)


def test_components_are_counted(board_tools: Toolbox, part: Part, tmp_path: Path) -> None:
    pixels = np.full((200, 300, 3), 40, np.uint8)
    cv2.circle(pixels, (60, 60), 25, (220, 30, 30), -1)
    cv2.rectangle(pixels, (200, 120), (280, 170), (200, 200, 200), -1)
    Image.fromarray(pixels).save(tmp_path / "two.png")
    found = count(board_tools, part, tmp_path / "two.png")
    assert found.count == 2
    assert [c.cell for c in found.components] == ["top left", "bottom right"]
    assert [c.colour for c in found.components] == ["red", None]
    assert found.text.startswith("2 components: component-1 at the top left")


def test_what_cannot_be_counted_is_said(board_tools: Toolbox, part: Part, tmp_path: Path) -> None:
    halves = np.zeros((200, 300, 3), np.uint8)
    halves[:, 140:] = 250
    Image.fromarray(halves).save(tmp_path / "halves.png")
    found = count(board_tools, part, tmp_path / "halves.png")
    assert found.count is None
    assert "cannot be counted" in found.text
