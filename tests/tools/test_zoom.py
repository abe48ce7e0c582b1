"""A second look judges a place against the same place of good parts, and says what it cannot tell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from toolbox import Toolbox

from tools.context import Context
from tools.enrollment.enroll import enroll
from tools.zoom import TEMPLATES

Part = Callable[[Path], dict[str, str]]
BLOT = (190, 130, 215, 155)


def test_a_blot_stands_out_where_it_is_and_not_elsewhere(
    board_tools: Toolbox, part: Part, paint: Callable[..., Path]
) -> None:
    image = part(paint("bad", 9, blot=BLOT))
    there = board_tools.call("zoom_region", **image, place="190,130,215,155")
    assert there.anomalous
    assert there.templates == TEMPLATES
    assert there.note is None or "nothing finer" in there.note
    x0, y0, x1, y1 = there.regions[0].bbox
    assert x0 < 200 < x1
    assert y0 < 140 < y1
    elsewhere = board_tools.call("zoom_region", **image, place="0,0,40,40")
    assert not elsewhere.anomalous
    assert elsewhere.regions == []


def test_a_region_found_at_first_can_be_looked_at_again(
    board_tools: Toolbox, part: Part, paint: Callable[..., Path]
) -> None:
    image = part(paint("bad", 9, blot=BLOT))
    first = board_tools.call("locate_anomalies", **image)[0]
    look = board_tools.call("zoom_region", **image, place="region-1")
    assert look.bbox[0] <= first.bbox[0]
    assert look.bbox[2] >= first.bbox[2]


def test_the_crop_is_the_photograph_itself(
    board_tools: Toolbox, part: Part, paint: Callable[..., Path], tmp_path: Path
) -> None:
    path = paint("bad", 9, blot=BLOT)
    look = board_tools.call("zoom_region", **part(path), place="top left", out=str(tmp_path / "out"))
    x0, y0, x1, y1 = look.bbox
    with Image.open(look.picture) as crop, Image.open(path) as whole:
        assert np.array_equal(np.asarray(crop), np.asarray(whole)[y0:y1, x0:x1])


def test_a_large_photograph_is_seen_larger_and_a_small_one_is_not(
    board_tools: Toolbox, part: Part, paint: Callable[..., Path], tmp_path: Path
) -> None:
    path = paint("large", 2)
    with Image.open(path) as picture:
        picture.resize((960, 720)).save(tmp_path / "large.png")
    look = board_tools.call("zoom_region", **part(tmp_path / "large.png"), place="top left")
    assert look.magnification > 2
    small = paint("small", 2)
    with Image.open(small) as picture:
        picture.resize((120, 90)).save(small)
    look = board_tools.call("zoom_region", **part(small), place="top left")
    assert look.magnification == 1
    assert "nothing finer" in str(look.note)


def test_one_good_part_is_said_to_be_few(
    bare_services: Context, board_tools: Toolbox, paint: Callable[..., Path], part: Part
) -> None:
    enroll(bare_services, "single", [paint("only", 0)])
    image = part(paint("large", 5)) | {"product": "single"}
    look = board_tools.call("zoom_region", **image, place="center")
    assert look.templates == 1
    assert "one good part" in look.text
