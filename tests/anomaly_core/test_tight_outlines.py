"""Tight outlines: the pixels of a region that its surroundings do not have."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from anomaly_core.results import Region
from anomaly_core.scoring.regions import region_of_box, region_of_mask
from anomaly_core.scoring.tight import tightened

Pixels = NDArray[np.uint8]
WIDE = (120, 100, 300, 280)
"""A region of 180 by 180 pixels."""


def cloth(seed: int = 3) -> Pixels:
    """Return (350, 420, 3) RGB of a beige cloth: threads both ways, and noise."""
    y, x = np.mgrid[:350, :420]
    threads = 12 * np.sin(x * np.pi / 3) * np.sin(y * np.pi / 3)
    noise = np.random.default_rng(seed).normal(0, 4, (350, 420))
    grey = 150 + threads + noise
    return np.stack([grey + 15, grey, grey - 20], axis=-1).clip(0, 255).astype(np.uint8)


def wide() -> Region:
    return region_of_box(WIDE, (350, 420), score=0.7)


@pytest.mark.parametrize("colour", [(30, 28, 26), (230, 228, 220), (190, 60, 60)])
def test_a_spot_in_cloth_is_outlined_by_its_own_pixels(colour: tuple[int, int, int]) -> None:
    pixels = cloth()
    cv2.ellipse(pixels, (200, 190), (16, 12), 0, 0, 360, colour, -1)
    found = tightened(pixels, wide())
    x0, y0, x1, y1 = found.bbox
    assert abs(x1 - x0 - 33) <= 6 and abs(y1 - y0 - 25) <= 6, found.bbox
    assert found.score == 0.7 and found.mask[190, 200]


def test_a_thread_is_outlined_along_its_length() -> None:
    pixels = cloth()
    cv2.line(pixels, (130, 150), (290, 230), (40, 40, 45), 4)
    found = tightened(pixels, wide())
    x0, y0, x1, y1 = found.bbox
    assert x1 - x0 > 140 and y1 - y0 > 70
    assert found.area_px < 0.1 * wide().area_px


def test_a_region_of_nothing_else_stays_as_it_is() -> None:
    region = wide()
    assert tightened(cloth(), region) is region


def test_surroundings_of_several_looks_leave_the_outline() -> None:
    # A bright part on a dark belt: what differs from the belt is the part, and from the part the belt.
    pixels = np.full((350, 420, 3), 20, np.uint8)
    pixels[60:320, 200:400] = 200
    pixels[150:170, 205:225] = 150
    region = region_of_box((150, 100, 300, 220), (350, 420), score=0.7)
    assert tightened(pixels, region) is region


def test_a_region_that_is_tight_already_stays() -> None:
    pixels = cloth()
    cv2.rectangle(pixels, (150, 150), (250, 230), (30, 30, 30), -1)
    region = region_of_box((146, 146, 255, 235), (350, 420), score=0.5)
    assert tightened(pixels, region) is region


def test_a_region_that_fills_the_image_stays() -> None:
    region = region_of_mask(np.ones((350, 420), np.bool_), score=0.5)
    assert tightened(cloth(), region) is region


def test_a_large_image_is_outlined_in_its_own_pixels() -> None:
    pixels = cv2.resize(cloth(), (1680, 1400), interpolation=cv2.INTER_CUBIC)
    cv2.circle(pixels, (800, 760), 40, (20, 20, 20), -1)
    found = tightened(pixels, region_of_box((480, 400, 1200, 1120), (1400, 1680), score=0.7))
    x0, y0, x1, y1 = found.bbox
    assert abs(x1 - x0 - 81) <= 14 and abs(y1 - y0 - 81) <= 14
