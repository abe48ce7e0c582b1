"""The range of the good images' colours, and outlines by what lies outside of it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from anomaly_core.imaging.frame import Frame
from anomaly_core.results import Region
from anomaly_core.scoring.pixel_range import PixelRange, pixel_range_of, small
from anomaly_core.scoring.regions import region_of_box

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


def learned(shots: int = 6) -> PixelRange | None:
    rng = np.random.default_rng(1)
    images = [plate(seed, tuple(rng.integers(-4, 5, 2).tolist())) for seed in range(shots)]
    return PixelRange.learn([small(image, whole(image)) for image in images])


def outlined(pixels: Pixels, region: Region) -> Region | None:
    usual = learned()
    assert usual is not None
    (found,) = usual.outlines(pixels, whole(pixels), [region])
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


def test_an_image_of_other_colours_as_a_whole_tells_nothing() -> None:
    dark = (plate(9) * 0.5).astype(np.uint8)
    cv2.line(dark, (200, 210), (280, 270), (0, 0, 0), 3)
    assert outlined(dark, region()) is None


@pytest.mark.parametrize("shots", [1, 2])
def test_few_images_have_no_range(shots: int) -> None:
    assert learned(shots) is None


def test_images_that_do_not_lie_on_each_other_have_no_range() -> None:
    rng = np.random.default_rng(0)
    images = []
    for _ in range(6):
        cloth = cv2.GaussianBlur(rng.integers(0, 255, (SIDE, SIDE, 3)).astype(np.uint8), (0, 0), 3)
        images.append((cloth, whole(cloth)))
    assert PixelRange.learn(images) is None


def test_an_odd_first_image_is_not_what_the_others_are_laid_on() -> None:
    rng = np.random.default_rng(0)
    odd = cv2.GaussianBlur(rng.integers(0, 255, (SIDE, SIDE, 3)).astype(np.uint8), (0, 0), 3)
    images = [np.asarray(odd, np.uint8), *(plate(seed) for seed in range(5))]
    assert PixelRange.learn([(image, whole(image)) for image in images]) is not None


def test_the_range_is_read_as_it_was_written() -> None:
    usual = learned()
    assert usual is not None
    read = pixel_range_of(usual.to_arrays())
    assert read is not None and read.usual == usual.usual
    assert np.array_equal(read.lowest, usual.lowest) and np.array_equal(read.highest, usual.highest)
    pixels = plate(9)
    cv2.line(pixels, (200, 210), (280, 270), (90, 90, 95), 3)
    both = [one.outlines(pixels, whole(pixels), [region()])[0] for one in (usual, read)]
    assert both[0] is not None and both[1] is not None and np.array_equal(both[0].mask, both[1].mask)
    assert pixel_range_of({}) is None


def test_large_images_are_outlined_on_their_own_grid() -> None:
    images = [cv2.resize(plate(seed), None, fx=4, fy=4) for seed in range(5)]
    usual = PixelRange.learn(
        [small(np.asarray(one, np.uint8), whole(np.asarray(one, np.uint8))) for one in images]
    )
    assert usual is not None
    pixels = np.asarray(cv2.resize(plate(9), None, fx=4, fy=4), np.uint8)
    cv2.line(pixels, (800, 840), (1120, 1080), (90, 90, 95), 12)
    box = tuple(4 * value for value in BLOB)
    (found,) = usual.outlines(
        pixels, whole(pixels), [region_of_box((box[0], box[1], box[2], box[3]), pixels.shape[:2], score=0.8)]
    )
    assert found is not None and found.mask.shape == pixels.shape[:2]
    assert np.allclose(found.bbox, (796, 836, 1128, 1088), atol=16)
