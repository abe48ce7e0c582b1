"""Maps of every source and notation are drawn on the image, and a file that is no map says why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from anomaly_core.errors import ConfigError, IadError, UnreadableImage
from tools.drawing import BOX
from tools.registry import Toolbox

Part = Callable[[Path], dict[str, str]]
BLOT = (190, 130, 215, 155)


@pytest.fixture
def bad(part: Part, paint: Callable[..., Path], tmp_path: Path) -> dict[str, Any]:
    return part(paint("bad", 9, blot=BLOT)) | {"out": str(tmp_path / "out")}


def truth() -> np.ndarray:
    mask = np.zeros((180, 240), np.uint8)
    mask[BLOT[1] : BLOT[3], BLOT[0] : BLOT[2]] = 255
    return mask


def read(path: str) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture)


@pytest.mark.parametrize("notation", ["box", "contour", "highlight", "mask"])
def test_our_map_is_drawn_in_each_notation(board_tools: Toolbox, bad: dict[str, Any], notation: str) -> None:
    found = board_tools.call("show_map", **bad, notation=notation)
    picture, original = read(found.picture), read(bad["image"])
    assert found.calibrated
    assert found.regions[0].cell == "bottom right"
    assert "normal range" in found.caption
    if notation == "mask":
        assert set(np.unique(picture)) == {0, 255}
        assert picture[140, 200] == 255
    else:
        assert picture.shape == original.shape
        assert (picture != original).any()
        assert np.array_equal(picture[:60, :60], original[:60, :60])
        assert (picture == BOX).all(axis=2).any() == (notation != "highlight")


@pytest.mark.parametrize("name", ["truth.png", "truth.npy", "truth.tiff", "colour.png"])
def test_a_mask_marks_its_own_area(
    board_tools: Toolbox, bad: dict[str, Any], tmp_path: Path, name: str
) -> None:
    mask = truth()
    if name.endswith(".npy"):
        np.save(tmp_path / name, mask[None] > 0)
    elif name == "colour.png":
        Image.fromarray(mask.repeat(3).reshape(180, 240, 3)).save(tmp_path / name)
    else:
        Image.fromarray(mask).save(tmp_path / name)
    found = board_tools.call("show_map", **bad, map=str(tmp_path / name), notation="mask")
    assert found.kind == "mask"
    assert not found.calibrated
    assert [region.bbox for region in found.regions] == [BLOT]
    assert np.array_equal(read(found.picture), mask)
    assert found.id == f"map:{name}"


@pytest.mark.parametrize("name", ["map.npy", "map.tiff"])
def test_scores_of_another_detector_are_marked_at_half_range(
    board_tools: Toolbox, bad: dict[str, Any], tmp_path: Path, name: str
) -> None:
    """A squashed square map in any unit, as detectors that look at square images write it."""
    y, x = np.mgrid[0:64, 0:64] / 64
    values = (5 + 3 * np.exp(-((x - 0.84) ** 2 + (y - 0.79) ** 2) / 0.01)).astype(np.float32)
    if name.endswith(".npy"):
        np.save(tmp_path / name, values)
    else:
        Image.fromarray(values).save(tmp_path / name)
    found = board_tools.call("show_map", **bad, map=str(tmp_path / name))
    assert found.kind == "scores"
    assert found.level == pytest.approx(6.5, abs=0.1)
    x0, y0, x1, y1 = found.regions[0].bbox
    assert (x0 + x1) / 2 == pytest.approx(0.84 * 240, abs=4)
    assert (y0 + y1) / 2 == pytest.approx(0.79 * 180, abs=4)
    assert "not calibrated" in found.caption


def test_an_empty_mask_marks_nothing(board_tools: Toolbox, bad: dict[str, Any], tmp_path: Path) -> None:
    np.save(tmp_path / "empty.npy", np.zeros((180, 240)))
    found = board_tools.call("show_map", **bad, map=str(tmp_path / "empty.npy"))
    assert found.regions == []
    assert found.caption == "The map marks no area."


def test_our_map_needs_a_product(board_tools: Toolbox, bad: dict[str, Any]) -> None:
    del bad["product"]
    with pytest.raises(ConfigError, match="needs the product"):
        board_tools.call("show_map", **bad)


def broken(folder: Path) -> dict[str, str]:
    """Files that are no map of a 240 x 180 image, and a word of each error."""
    np.save(folder / "nan.npy", np.full((180, 240), np.nan))
    np.save(folder / "deep.npy", np.zeros((3, 180, 240)))
    np.save(folder / "words.npy", np.array([["a", "b"]]))
    np.save(folder / "other.npy", np.zeros((300, 100)))
    np.save(folder / "objects.npy", np.array([[{}]]), allow_pickle=True)
    (folder / "cut.npy").write_bytes((folder / "nan.npy").read_bytes()[:5000])
    (folder / "text.png").write_text("no picture")
    (folder / "empty.npy").write_bytes(b"")
    (folder / "map.csv").write_text("1,2")
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (180, 240, 3)).astype(np.uint8)).save(
        folder / "heat.png"
    )
    whole = (folder / "heat.png").read_bytes()
    (folder / "half.png").write_bytes(whole[: len(whole) // 2])
    return {
        "nan.npy": "NaN",
        "deep.npy": "shape",
        "words.npy": "type",
        "other.npy": "100 x 300",
        "objects.npy": "no NumPy array",
        "cut.npy": "no NumPy array",
        "empty.npy": "no NumPy array",
        "text.png": "not a picture",
        "map.csv": "give one of",
        "heat.png": "coloured",
        "half.png": "half.png",
        "absent.npy": "No such file",
        "absent.png": "No such file",
    }


def test_a_file_that_is_no_map_says_why(board_tools: Toolbox, bad: dict[str, Any], tmp_path: Path) -> None:
    folder = tmp_path / "maps"
    folder.mkdir()
    for name, word in broken(folder).items():
        with pytest.raises(UnreadableImage, match=word) as error:
            board_tools.call("show_map", **bad, map=str(folder / name))
        assert name in str(error.value)
        assert isinstance(error.value, IadError)
