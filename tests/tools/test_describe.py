"""A place is measured, against its surroundings and against the good part that lies on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from toolbox import Toolbox, tiny_context

from anomaly_core.errors import ConfigError
from tools.enrollment.enroll import enroll

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


def test_what_lies_beside_an_aligned_part_is_not_judged(tmp_path: Path) -> None:
    """ "Is the top left corner ok?" was answered yes, of a corner in which there is no part."""
    context = tiny_context(tmp_path / "store", input_side=192)
    paths = []
    for seed in range(4):
        pixels = np.random.default_rng(seed).normal(190, 2, size=(240, 320, 3))
        pixels[100:140, 40 + seed : 260 + seed] = 60
        paths.append(tmp_path / f"bar-{seed}.png")
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(paths[-1])
    enroll(context, "bar", paths)
    tools = Toolbox(context)
    sha256 = tools.call("open_image", image=str(paths[0])).sha256
    given = {"image": str(paths[0]), "sha256": sha256, "product": "bar"}
    beside = tools.call("describe_region", **given, place="top left")
    assert (
        beside.judged == 0 and beside.text == "that place lies beside the part, and nothing is judged there"
    )
    middle = tools.call("describe_region", **given, place="center")
    assert middle.judged > 0.5 and "normal range" in middle.text
