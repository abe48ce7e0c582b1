"""Components are counted, and an image without a background says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from toolbox import Toolbox

from tools.context import Context
from tools.enrollment.enroll import enroll

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


TRAY = ((60, 50), (150, 50), (60, 130), (170, 130))


def tray(path: Path, seed: int, spots: tuple[tuple[int, int], ...] = TRAY) -> Path:
    draw = np.random.default_rng(seed)
    pixels = draw.normal(110, 4, (180, 240, 3))
    for x, y in spots:
        at = (x + int(draw.integers(-2, 3)), y + int(draw.integers(-2, 3)))
        cv2.circle(pixels, at, 20, (200.0, 190.0, 60.0), -1)
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(path)
    return path


def test_a_layout_is_stored_and_enters_the_verdict(
    bare_services: Context, board_tools: Toolbox, part: Part, tmp_path: Path
) -> None:
    enroll(bare_services, "tray", [tray(tmp_path / f"tray-{seed}.png", seed) for seed in range(5)])
    good = part(tray(tmp_path / "good.png", 20)) | {"product": "tray"}
    assert not board_tools.call("detect_anomaly", **good).anomalous
    assert "layout is that of the good parts" in board_tools.call("check_layout", **good).text
    bad = part(tray(tmp_path / "bad.png", 21, TRAY[:3])) | {"product": "tray"}
    assert board_tools.call("detect_anomaly", **bad).anomalous
    layout = board_tools.call("check_layout", **bad)
    assert (layout.count, layout.expected) == (3, 4)
    assert [finding.kind for finding in layout.findings] == ["missing"]
    region = board_tools.call("locate_anomalies", **bad)[0]
    assert region.id == "region-1"
    assert region.cell == "bottom right"
    assert region.text.startswith("a component is missing at the bottom right")
    assert region.bbox == layout.findings[0].bbox
    described = board_tools.call("describe_region", **bad, place="region-1")
    assert described.bbox[0] >= region.bbox[0]


def test_a_product_without_a_layout_says_so(
    bare_services: Context, board_tools: Toolbox, part: Part, tmp_path: Path
) -> None:
    enroll(bare_services, "two", [tray(tmp_path / f"two-{seed}.png", seed) for seed in range(2)])
    record = board_tools.call("check_layout", **part(tray(tmp_path / "one.png", 7)) | {"product": "two"})
    assert not record.learned
    assert "no layout" in record.text
    assert record.findings == []
