"""Regions of painted maps whose answers are known by construction."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from anomaly_core.errors import ConfigError
from anomaly_core.scoring.measurement import describe_region
from anomaly_core.scoring.regions import find_regions, region_of_mask


def painted(height: int, width: int, *boxes: tuple[int, int, int, int, float]) -> NDArray[np.float32]:
    values = np.zeros((height, width), np.float32)
    for x0, y0, x1, y1, level in boxes:
        values[y0:y1, x0:x1] = level
    return values


def grey(height: int, width: int, level: int = 120) -> NDArray[np.uint8]:
    return np.full((height, width, 3), level, np.uint8)


def test_one_rectangle_gives_its_box_centroid_cell_and_area() -> None:
    regions = find_regions(painted(90, 300, (210, 5, 250, 20, 3.0)), threshold=1.0, scale=1.0)
    assert len(regions) == 1
    region = regions[0]
    assert region.bbox == (210, 5, 250, 20)
    assert region.centroid == (229.5, 12.0)
    assert region.cell == "top right"
    assert region.area_px == 600 == int(region.mask.sum())
    assert region.score == pytest.approx(1 - math.exp(-2))


@pytest.mark.parametrize(("height", "width"), [(90, 600), (600, 90)])
def test_all_nine_cells_on_wide_and_tall_images(height: int, width: int) -> None:
    h, w = height // 3, width // 3
    cells = []
    for row in range(3):
        for column in range(3):
            x, y = column * w + w // 2, row * h + h // 2
            map_ = painted(height, width, (x - 4, y - 4, x + 4, y + 4, 2.0))
            cells.append(find_regions(map_, threshold=1, scale=1)[0].cell)
    assert cells == ["top left", "top", "top right", "left", "center", "right",
                     "bottom left", "bottom", "bottom right"]  # fmt: skip


@pytest.mark.parametrize("box", [(0, 0, 12, 8), (88, 52, 100, 60), (0, 0, 100, 60), (0, 30, 100, 34)])
def test_regions_that_touch_the_border_keep_their_exact_mask(box: tuple[int, int, int, int]) -> None:
    x0, y0, x1, y1 = box
    region = find_regions(painted(60, 100, (*box, 5.0)), threshold=1, scale=1)[0]
    assert region.bbox == box
    assert region.area_px == (x1 - x0) * (y1 - y0)


def test_a_small_gap_near_the_border_is_not_filled_from_outside() -> None:
    region = find_regions(painted(60, 100, (1, 20, 12, 30, 5.0)), threshold=1, scale=1)[0]
    assert region.bbox == (1, 20, 12, 30)


def test_strongest_first_and_no_more_than_asked() -> None:
    map_ = painted(100, 100, (5, 5, 15, 15, 2.0), (40, 40, 80, 80, 3.0), (85, 85, 95, 95, 9.0))
    regions = find_regions(map_, threshold=1, scale=1)
    assert [r.cell for r in regions] == ["bottom right", "center", "top left"]
    assert [r.score for r in regions] == sorted((r.score for r in regions), reverse=True)
    two = find_regions(map_, threshold=1, scale=1, max_regions=2)
    assert [r.cell for r in two] == ["bottom right", "center"]


def test_a_weak_area_is_left_out_unless_it_is_the_only_one() -> None:
    map_ = painted(60, 100, (5, 5, 20, 20, 5.0), (40, 5, 55, 20, 3.0), (70, 30, 90, 50, 2.0))
    assert [r.bbox[0] for r in find_regions(map_, threshold=1, scale=1, least_peak=3)] == [5, 40]
    assert len(find_regions(map_, threshold=1, scale=1, least_peak=9)) == 1


def test_specks_are_dropped_but_never_the_strongest() -> None:
    map_ = painted(300, 300, (10, 10, 12, 12, 9.0), (200, 200, 202, 202, 3.0), (100, 100, 120, 120, 2.0))
    regions = find_regions(map_, threshold=1, scale=1)
    assert [r.bbox for r in regions] == [(10, 10, 12, 12), (100, 100, 120, 120)]
    assert len(find_regions(map_, threshold=1, scale=1, min_area_px=1)) == 3


def test_the_default_least_area_grows_with_the_image() -> None:
    map_ = painted(1000, 1000, (10, 10, 40, 40, 9.0), (500, 500, 514, 514, 3.0), (800, 800, 815, 815, 3.0))
    assert [r.area_px for r in find_regions(map_, threshold=1, scale=1)] == [900, 225]  # 196 < 0.02 % = 200


def test_diagonal_pixels_are_one_region_and_a_one_pixel_gap_is_closed() -> None:
    diagonal = np.zeros((50, 50), np.float32)
    np.fill_diagonal(diagonal, 2.0)
    assert len(find_regions(diagonal, threshold=1, scale=1)) == 1
    gap = painted(50, 50, (5, 20, 20, 30, 2.0), (21, 20, 40, 30, 2.0))
    assert len(find_regions(gap, threshold=1, scale=1)) == 1


def test_nothing_above_the_threshold_gives_no_region_and_the_threshold_itself_scores_zero() -> None:
    assert find_regions(np.zeros((40, 40), np.float32), threshold=0.5, scale=1) == []
    at = find_regions(painted(40, 40, (5, 5, 20, 20, 0.5)), threshold=0.5, scale=1)
    assert at[0].score == 0.0


def test_a_shift_of_map_and_threshold_changes_nothing() -> None:
    rng = np.random.default_rng(3)
    values = cv2.GaussianBlur(rng.normal(size=(120, 80)).astype(np.float32), (0, 0), 4) * 8
    first = find_regions(values, threshold=0.75, scale=0.5)
    second = find_regions(values + 2, threshold=2.75, scale=0.5)
    assert len(first) > 1
    assert [r.bbox for r in first] == [r.bbox for r in second]
    assert [r.score for r in first] == pytest.approx([r.score for r in second], abs=1e-4)


def test_a_ring_lies_in_a_cell_it_touches() -> None:
    canvas = np.zeros((300, 300), np.uint8)
    cv2.circle(canvas, (150, 150), 120, 1, 5)
    region = find_regions(canvas.astype(np.float32) * 2, threshold=1, scale=1)[0]
    assert region.centroid == pytest.approx((150, 150), abs=0.5)
    assert region.cell != "center"


@pytest.mark.parametrize("bad", [
    {"threshold": 1.0, "scale": 0.0}, {"threshold": math.nan, "scale": 1.0},
    {"threshold": 1.0, "scale": 1.0, "max_regions": 0},
])  # fmt: skip
def test_bad_arguments_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        find_regions(np.zeros((9, 9), np.float32), **bad)  # type: ignore[arg-type]


def test_a_map_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ConfigError, match="finite"):
        find_regions(np.full((9, 9), np.nan, np.float32), threshold=1, scale=1)


def test_an_empty_mask_is_no_region() -> None:
    with pytest.raises(ConfigError, match="at least one"):
        region_of_mask(np.zeros((5, 5), bool), score=1.0)


@pytest.mark.parametrize("degrees", [0, 32, 90, 135])
def test_a_painted_scratch_is_measured(degrees: int) -> None:
    canvas = np.zeros((200, 240), np.uint8)
    box = cv2.boxPoints(((120.0, 100.0), (84.0, 9.0), -float(degrees)))
    cv2.fillPoly(canvas, [np.round(box).astype(np.int32)], 1)
    mask = canvas > 0
    pixels = grey(200, 240)
    pixels[mask] = 79
    seen = describe_region(pixels, region_of_mask(mask, score=1.0))
    assert seen.shape == "elongated"
    assert seen.length_px == pytest.approx(84, abs=2.5)
    assert seen.width_px == pytest.approx(9, abs=2.5)
    assert seen.orientation_deg is not None
    assert min(abs(seen.orientation_deg - degrees), 180 - abs(seen.orientation_deg - degrees)) < 2
    assert seen.contrast == pytest.approx(-41, abs=0.01)
    assert seen.area_share == pytest.approx(mask.mean())
    assert seen.text.startswith("an elongated dark area ")
    assert seen.text.endswith("degrees, 41 grey levels darker than its surroundings")


def test_a_bright_disc_is_round_and_has_no_direction() -> None:
    pixels = grey(100, 160)
    canvas = np.zeros((100, 160), np.uint8)
    cv2.circle(canvas, (100, 50), 15, 1, -1)
    pixels[canvas > 0] = 150
    seen = describe_region(pixels, region_of_mask(canvas > 0, score=1.0))
    assert (seen.shape, seen.orientation_deg, seen.colour) == ("round", None, None)
    assert seen.length_px == pytest.approx(31, abs=1)
    assert seen.text.startswith("a round bright area about 3")
    assert seen.text.endswith(" px across, 30 grey levels brighter than its surroundings")


def test_a_curved_crack_has_the_width_of_its_line() -> None:
    canvas = np.zeros((200, 200), np.uint8)
    cv2.ellipse(canvas, (100, 150), (80, 80), 0, 180, 360, 1, 3)
    seen = describe_region(grey(200, 200), region_of_mask(canvas > 0, score=1.0))
    assert seen.shape == "elongated"
    assert seen.width_px < 8
    assert "as bright as its surroundings" in seen.text


def test_colour_is_named_only_where_it_differs() -> None:
    mask = painted(80, 80, (30, 30, 50, 50, 1)) > 0
    region = region_of_mask(mask, score=1.0)
    pixels = grey(80, 80, 128)
    pixels[mask] = (200, 30, 30)
    assert describe_region(pixels, region).colour == "red"
    pixels[:] = (190, 25, 25)
    pixels[mask] = (220, 30, 30)
    assert describe_region(pixels, region).colour is None


@pytest.mark.parametrize(("rgb", "word"), [
    ((210, 40, 40), "red"), ((230, 140, 30), "orange"), ((120, 70, 30), "brown"), ((220, 210, 40), "yellow"),
    ((40, 160, 50), "green"), ((40, 190, 200), "cyan"), ((40, 60, 200), "blue"), ((130, 40, 200), "purple"),
    ((230, 60, 170), "pink"), ((128, 128, 128), None), ((20, 12, 12), None),
])  # fmt: skip
def test_colour_words(rgb: tuple[int, int, int], word: str | None) -> None:
    mask = painted(60, 60, (20, 20, 40, 40, 1)) > 0
    pixels = grey(60, 60, 128)
    pixels[mask] = rgb
    assert describe_region(pixels, region_of_mask(mask, score=1.0)).colour == word


def test_contrast_is_taken_against_the_template_where_one_is_given() -> None:
    mask = painted(60, 60, (20, 20, 40, 40, 1)) > 0
    pixels = grey(60, 60, 100)
    seen = describe_region(pixels, region_of_mask(mask, score=1.0), grey(60, 60, 130))
    assert seen.contrast == pytest.approx(-30)
    assert seen.text.endswith("30 grey levels darker than the normal template there")


def test_a_region_that_fills_the_image_and_one_of_one_pixel_are_described() -> None:
    everything = describe_region(grey(40, 60), region_of_mask(np.ones((40, 60), bool), score=1.0))
    assert (everything.contrast, everything.area_share) == (0.0, 1.0)
    dot = np.zeros((40, 60), bool)
    dot[39, 59] = True
    seen = describe_region(grey(40, 60), region_of_mask(dot, score=1.0))
    assert (seen.length_px, seen.width_px) == pytest.approx((1, 1))


def test_sizes_that_differ_are_refused() -> None:
    region = region_of_mask(np.ones((40, 60), bool), score=1.0)
    with pytest.raises(ConfigError, match="mask"):
        describe_region(grey(60, 40), region)
    with pytest.raises(ConfigError, match="align"):
        describe_region(grey(40, 60), region, grey(41, 60))
