"""Pictures of a map: fixed range, original size, names that cannot collide or escape."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from anomaly_core.results import Region
from tools.drawing import BOX, safe_name, write_pictures


def region() -> Region:
    mask = np.zeros((60, 80), bool)
    mask[20:30, 40:60] = True
    return Region((40, 20, 60, 30), (49.5, 24.5), "center", 200, 0.9, mask)


def read(path: str | None) -> np.ndarray:
    assert path is not None
    with Image.open(path) as image:
        return np.asarray(image)


@pytest.fixture
def pixels() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (60, 80, 3)).astype(np.uint8)


def test_a_normal_map_leaves_the_overlay_as_the_image(pixels, tmp_path: Path) -> None:
    files = write_pictures(pixels, np.full((60, 80), 0.4, np.float32), [], tmp_path, "a.png", vmax=1.0)
    assert np.array_equal(read(files.overlay), pixels)
    assert not read(files.mask).any()
    assert read(files.mask).shape == (60, 80)


def test_range_is_fixed_not_stretched(pixels, tmp_path: Path) -> None:
    values = np.linspace(0, 1, 4800, dtype=np.float32).reshape(60, 80)
    faint = write_pictures(pixels, values * 0.1, [], tmp_path, "faint", vmax=1.0)
    strong = write_pictures(pixels, values, [], tmp_path, "strong", vmax=1.0)
    assert read(faint.heatmap).max() < 100 < read(strong.heatmap).max()
    beyond = write_pictures(pixels, values * 50, [], tmp_path, "beyond", vmax=50.0)
    assert np.array_equal(read(beyond.heatmap), read(strong.heatmap))


def test_mask_and_box_lie_on_the_region(pixels, tmp_path: Path) -> None:
    files = write_pictures(pixels, np.zeros((60, 80), np.float32), [region()], tmp_path, "a", vmax=1.0)
    assert np.array_equal(read(files.mask) == 255, region().mask)
    red = (read(files.overlay) == BOX).all(axis=2)
    assert red[19, 39:61].all()
    assert red[30, 39:61].all()
    outside = ~region().mask & ~red
    assert np.array_equal(read(files.overlay)[outside], pixels[outside])


def test_heat_tints_the_region_the_more_the_hotter(pixels, tmp_path: Path) -> None:
    def change(value: float) -> float:
        values = np.full((60, 80), value, np.float32)
        files = write_pictures(pixels, values, [region()], tmp_path, str(value), vmax=1.0)
        return float(np.abs(read(files.overlay)[region().mask].astype(int) - pixels[region().mask]).mean())

    assert 5 < change(0.3) < change(0.9)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a\x1b[31m\n.png", "..", "", "con:*?.png", "\udcff.png", "长" * 300]
)
def test_hostile_names_stay_in_the_folder(name: str, pixels, tmp_path: Path) -> None:
    out = tmp_path / "out"
    files = write_pictures(pixels, np.zeros((60, 80), np.float32), [], out, name, vmax=1.0)
    assert {Path(str(path)).parent for path in (files.heatmap, files.mask, files.overlay)} == {out}
    assert safe_name(name).replace("-", "").replace("_", "").isalnum()


def test_one_name_in_two_folders_does_not_collide() -> None:
    assert safe_name("a/part.png") != safe_name("b/part.png")
    assert safe_name("a/part.png").startswith("part-")


def test_shapes_and_range_are_checked(pixels, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="the map is"):
        write_pictures(pixels, np.zeros((60, 81), np.float32), [], tmp_path, "a", vmax=1.0)
    with pytest.raises(ValueError, match="vmax"):
        write_pictures(pixels, np.zeros((60, 80), np.float32), [], tmp_path, "a", vmax=0.0)
