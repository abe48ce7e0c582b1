"""The range of the good images' colours, and outlines by what lies outside of it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from anomaly_core.imaging.frame import Frame
from anomaly_core.results import Region
from anomaly_core.scoring.pixel_range import Picture, PixelRange, learn_range, small
from anomaly_core.scoring.regions import region_of_box, region_of_mask

SIDE = 480
Pixels = NDArray[np.uint8]
BLOB = (180, 180, 300, 300)
"""An outline by height: far larger than what is in it."""


def whole(pixels: Pixels) -> Frame:
    height, width = pixels.shape[:2]
    return Frame(np.eye(2, 3), (height, width), (height, width))


def plate(seed: int, shift: tuple[int, int] = (0, 0)) -> Pixels:
    """A plate with two holes and a mark, its place in the picture shifted by a few pixels."""
    rng = np.random.default_rng(seed)
    image = np.full((SIDE, SIDE, 3), 60, np.uint8)
    x, y = shift
    cv2.rectangle(image, (60 + x, 60 + y), (420 + x, 420 + y), (150, 150, 155), -1)
    for at in ((120, 120), (360, 330)):
        cv2.circle(image, (at[0] + x, at[1] + y), 30, (20, 20, 20), -1, cv2.LINE_AA)
    cv2.putText(image, "K7", (150 + x, 380 + y), 0, 2, (230, 230, 230), 4, cv2.LINE_AA)
    return np.clip(image + rng.normal(0, 2, image.shape), 0, 255).astype(np.uint8)


def picture(pixels: Pixels) -> Picture:
    return small(pixels, whole(pixels))


def learned(shots: int = 6) -> PixelRange:
    rng = np.random.default_rng(1)
    shifts = [(int(x), int(y)) for x, y in rng.integers(-4, 5, (shots, 2))]
    found = learn_range([picture(plate(seed, shift)) for seed, shift in enumerate(shifts)])
    assert found is not None
    return found.usual


def outlined(pixels: Pixels, region: Region) -> Region | None:
    outside = learned().outside(picture(pixels))
    assert outside is not None
    (found,) = outside.outlines([region])
    return found


def region() -> Region:
    return region_of_box(BLOB, (SIDE, SIDE), score=0.8)


def test_a_thin_line_is_outlined_as_a_line() -> None:
    pixels = plate(9, (3, -2))
    cv2.line(pixels, (200, 210), (280, 270), (90, 90, 95), 3, cv2.LINE_AA)
    found = outlined(pixels, region())
    assert found is not None
    assert found.area_px < 0.1 * region().area_px
    assert np.allclose(found.bbox, (199, 209, 282, 272), atol=5)
    assert found.score == region().score


def test_a_line_goes_on_beyond_the_outline_by_height() -> None:
    pixels = plate(9)
    cv2.line(pixels, (200, 240), (400, 240), (90, 90, 95), 3, cv2.LINE_AA)
    found = outlined(pixels, region())
    assert found is not None and found.bbox[2] > 390


def test_what_is_missing_has_the_outline_that_it_had() -> None:
    pixels = plate(9)
    cv2.circle(pixels, (120, 120), 34, (150, 150, 155), -1)
    found = outlined(pixels, region_of_box((60, 60, 190, 190), (SIDE, SIDE), score=0.8))
    assert found is not None
    assert np.allclose(found.bbox, (90, 90, 151, 151), atol=6)


def test_a_good_place_has_no_outline_of_its_own() -> None:
    assert outlined(plate(9, (-3, 3)), region()) is None


def test_a_darker_image_and_a_shadow_are_no_defects() -> None:
    dark = (plate(9) * 0.88).astype(np.uint8)
    shade = np.zeros((SIDE, SIDE), np.float32)
    cv2.ellipse(shade, (160, 240), (110, 90), 0, 0, 360, 1, -1)
    shadow = (plate(9) * (1 - 0.12 * cv2.GaussianBlur(shade, (0, 0), 30))[..., None]).astype(np.uint8)
    good = learned().outside(picture(plate(9)))
    assert good is not None
    for pixels in (dark, shadow):
        outside = learned().outside(picture(pixels))
        assert outside is not None and outside.peak < 2 * good.peak


def test_an_image_of_another_part_tells_nothing() -> None:
    assert learned().outside(picture(np.full((SIDE, SIDE, 3), 90, np.uint8))) is None
    assert learned().outside(picture(np.asarray(plate(9)[::-1, ::-1].copy(), np.uint8) // 2)) is None


def test_what_lies_in_a_zone_that_is_not_judged_counts_for_nothing() -> None:
    pixels = plate(9)
    cv2.circle(pixels, (240, 240), 20, (250, 30, 30), -1)
    ignored = np.zeros((SIDE, SIDE), np.bool_)
    ignored[200:280, 200:280] = True
    judged = learned().outside(small(pixels, whole(pixels)))
    left_out = learned().outside(small(pixels, whole(pixels), ignored))
    assert judged is not None and left_out is not None
    assert judged.peak > 10 and left_out.peak < 3


def test_areas_above_a_limit_are_found_without_a_map() -> None:
    pixels = plate(9, (3, 2))
    cv2.circle(pixels, (123, 122), 34, (150, 150, 155), -1)
    cv2.line(pixels, (280, 200), (330, 240), (90, 90, 95), 3)
    outside = learned().outside(picture(pixels))
    assert outside is not None
    areas = outside.areas(3.0, (SIDE, SIDE))
    (hole, hole_times), (line, line_times) = areas
    assert hole_times > line_times > 1
    assert np.allclose(region_of_mask(hole, score=0.0).bbox, (93, 92, 154, 153), atol=6)
    assert np.allclose(region_of_mask(line, score=0.0).bbox, (279, 199, 332, 242), atol=6)
    assert outside.areas(100.0, (SIDE, SIDE)) == []


def test_a_good_image_lies_as_far_outside_of_the_others_as_a_new_one() -> None:
    found = learn_range([picture(plate(seed)) for seed in range(6)])
    assert found is not None
    assert len(found.peaks) == 6
    outside = found.usual.outside(picture(plate(20)))
    assert outside is not None and outside.peak < 1.5 * max(found.peaks)


def lettered(seed: int, *, letters: bool = True, scale: float = 1.0, from_below: bool = False) -> Pixels:
    """A bare plate with thin letters, and a rim that is lit from above or from below."""
    image = np.full((SIDE, SIDE), 150, np.uint8)
    cv2.rectangle(image, (60, 60), (420, 420), 100, -1)
    cv2.circle(image, (330, 150), 26, 200, -1, cv2.LINE_AA)
    if letters:
        cv2.putText(image, "HB-80", (130, 300), 0, 1.6, 220, 3, cv2.LINE_AA)
    matrix = cv2.getRotationMatrix2D(((SIDE - 1) / 2, (SIDE - 1) / 2), 0, scale)
    shown = cv2.warpAffine(image, matrix, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    slope = cv2.Sobel(cv2.GaussianBlur(shown, (0, 0), 2), cv2.CV_32F, 0, 1, scale=1 / 8)
    shown += (-3 if from_below else 3) * slope
    noise = np.random.default_rng(seed).normal(0, 2, (SIDE, SIDE, 3))
    return np.clip(shown[..., None] + noise, 0, 255).astype(np.uint8)


def test_letters_that_all_good_images_have_are_missed() -> None:
    found = learn_range([picture(lettered(seed)) for seed in range(5)])
    assert found is not None
    good, bad = (found.usual.outside(picture(lettered(9, letters=letters))) for letters in (True, False))
    assert good is not None and bad is not None
    assert bad.peak > 4 * good.peak
    mask, _ = bad.areas(2 * good.peak, (SIDE, SIDE))[0]
    x0, y0, x1, y1 = region_of_mask(mask, score=0.0).bbox
    assert 120 < x0 < x1 < 310 and 255 < y0 < y1 < 310


@pytest.mark.parametrize("scale", [0.985, 1.015])
def test_parts_nearer_to_the_camera_and_lit_from_the_other_side_lie_on_each_other(scale: float) -> None:
    found = learn_range([picture(lettered(seed, from_below=seed % 2 == 1)) for seed in range(6)])
    assert found is not None
    outside = found.usual.outside(picture(lettered(9, scale=scale, from_below=True)))
    assert outside is not None and outside.peak < 2 * max(found.peaks)


def test_what_good_images_never_show_twice_counts_for_little() -> None:
    def on_a_rough_belt(seed: int, *, hole: bool = True) -> Pixels:
        pixels = plate(seed).astype(np.float64)
        rough = cv2.GaussianBlur(np.random.default_rng(seed).normal(0, 1, (SIDE, SIDE)), (0, 0), 3)
        belt = np.ones((SIDE, SIDE), np.bool_)
        belt[55:425, 55:425] = False
        pixels[belt] += 6 * (rough / rough.std())[belt][:, None]
        if not hole:
            cv2.circle(pixels, (120, 120), 34, (150, 150, 155), -1)
        return np.clip(pixels, 0, 255).astype(np.uint8)

    found = learn_range([picture(on_a_rough_belt(seed)) for seed in range(8)])
    assert found is not None
    good, bad = (found.usual.outside(picture(on_a_rough_belt(20, hole=hole))) for hole in (True, False))
    assert good is not None and bad is not None
    assert good.peak < 2 < bad.peak / 2


@pytest.mark.parametrize("shots", [1, 2])
def test_few_images_have_no_range(shots: int) -> None:
    assert learn_range([picture(plate(seed)) for seed in range(shots)]) is None


def cloth(rng: np.random.Generator) -> Pixels:
    noise = rng.integers(0, 255, (SIDE, SIDE, 3)).astype(np.uint8)
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), 3), np.uint8)


def test_images_that_do_not_lie_on_each_other_have_no_range() -> None:
    rng = np.random.default_rng(0)
    assert learn_range([picture(cloth(rng)) for _ in range(6)]) is None


def test_an_odd_first_image_is_not_what_the_others_are_laid_on() -> None:
    odd = cloth(np.random.default_rng(0))
    found = learn_range([picture(odd), *(picture(plate(seed)) for seed in range(5))])
    assert found is not None
    assert len(found.peaks) == 5


def test_the_range_is_read_as_it_was_written() -> None:
    usual = learned()
    read = PixelRange.from_arrays(usual.to_arrays())
    pixels = plate(9)
    cv2.line(pixels, (200, 210), (280, 270), (90, 90, 95), 3)
    both = [one.outside(picture(pixels)) for one in (usual, read)]
    assert both[0] is not None and both[1] is not None
    assert np.array_equal(both[0].values, both[1].values) and both[0].least == both[1].least


def test_large_images_are_outlined_on_their_own_grid() -> None:
    def large(pixels: Pixels) -> Pixels:
        return np.asarray(cv2.resize(pixels, None, fx=4, fy=4), np.uint8)

    found = learn_range([picture(large(plate(seed))) for seed in range(5)])
    assert found is not None
    pixels = large(plate(9))
    cv2.line(pixels, (800, 840), (1120, 1080), (90, 90, 95), 12)
    outside = found.usual.outside(picture(pixels))
    assert outside is not None
    x0, y0, x1, y1 = (4 * value for value in BLOB)
    (line,) = outside.outlines([region_of_box((x0, y0, x1, y1), pixels.shape[:2], score=0.8)])
    assert line is not None and line.mask.shape == pixels.shape[:2]
    assert np.allclose(line.bbox, (796, 836, 1128, 1088), atol=16)
