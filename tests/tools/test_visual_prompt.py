"""The regions are drawn on the image in every notation that a vision-language model reads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tools.context import Context, Part
from tools.drawing import BOX
from tools.visual_prompt import Notation, show_regions

Arguments = Callable[[Path], dict[str, str]]
BLOT = (190, 130, 215, 155)


def read(path: str) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture)


@pytest.mark.parametrize("notation", ["box", "contour", "highlight", "mask"])
def test_regions_are_drawn_in_each_notation(
    board: Context, part: Arguments, paint: Callable[..., Path], tmp_path: Path, notation: Notation
) -> None:
    bad = Part(board, **part(paint("bad", 9, blot=BLOT)))
    path, caption = show_regions(bad, tmp_path / "out", notation)
    picture, original = read(path), read(bad.image)
    assert "bottom right" in caption
    assert "normal range" in caption
    if notation == "mask":
        assert set(np.unique(picture)) == {0, 255}
        assert picture[140, 200] == 255
    else:
        assert picture.shape == original.shape
        assert (picture != original).any()
        assert np.array_equal(picture[:60, :60], original[:60, :60])
        assert (picture == BOX).all(axis=2).any() == (notation != "highlight")


def test_a_good_part_has_nothing_drawn(
    board: Context, part: Arguments, paint: Callable[..., Path], tmp_path: Path
) -> None:
    good = Part(board, **part(paint("fine", 12)))
    path, caption = show_regions(good, tmp_path / "out")
    assert caption == "No area exceeds the product's normal range."
    assert np.array_equal(read(path), read(good.image))
