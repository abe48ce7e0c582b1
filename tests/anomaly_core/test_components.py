"""Components are counted and measured before plain and textured backgrounds."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from anomaly_core.imaging.components import find_components


def scene(background: str, seed: int = 0) -> np.ndarray:
    draw = np.random.default_rng(seed)
    height, width = 300, 400
    shade = np.linspace(-15, 15, width)[None, :, None]
    spread = {"plain": 2.0, "textured": 14.0}[background]
    pixels = np.clip(120 + shade + draw.normal(0, spread, (height, width, 3)), 0, 255).astype(np.uint8)
    cv2.circle(pixels, (80, 80), 30, (220, 60, 60), -1)
    cv2.rectangle(pixels, (200, 60), (320, 90), (240, 240, 240), -1)
    cv2.circle(pixels, (250, 210), 25, (40, 40, 60), -1)
    return pixels


@pytest.mark.parametrize("background", ["plain", "textured"])
def test_pieces_are_counted_and_measured(background: str) -> None:
    found = find_components(scene(background))
    assert found is not None
    assert len(found) == 3
    bar, disc, dark = found
    assert bar.centroid == pytest.approx((260, 75), abs=3)
    assert disc.centroid == pytest.approx((80, 80), abs=3)
    assert dark.centroid == pytest.approx((250, 210), abs=3)
    assert disc.area_px == pytest.approx(np.pi * 30**2, rel=0.15)
    assert bar.elongation > 3
    assert disc.elongation < 1.2
    assert disc.rgb[0] > disc.rgb[1] + 50
    assert dark.colour[0] < 30 < bar.colour[0]


def test_boxes_are_in_pixels_of_a_large_original() -> None:
    large = scene("plain").repeat(3, axis=0).repeat(3, axis=1)
    found = find_components(large)
    assert found is not None
    disc = found[1]
    assert disc.bbox == pytest.approx((150, 150, 333, 333), abs=12)
    assert disc.centroid == pytest.approx((241, 241), abs=8)


@pytest.mark.parametrize("seed", range(3))
def test_a_bare_background_holds_none(seed: int) -> None:
    draw = np.random.default_rng(seed)
    bare = np.clip(draw.normal(128, 12, (200, 240, 3)), 0, 255).astype(np.uint8)
    assert find_components(bare) == []


def test_a_border_of_two_kinds_has_no_background() -> None:
    halves = np.zeros((200, 200, 3), np.uint8)
    halves[:, 90:] = 255
    assert find_components(halves) is None


def test_specks_are_no_components() -> None:
    pixels = scene("plain")
    pixels[150:154, 40:44] = 255
    found = find_components(pixels)
    assert found is not None
    assert len(found) == 3
