"""One image laid over another: a shift is found, shading does not count as agreement."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from anomaly_core.imaging.frame import frame_of, whole_frame
from anomaly_core.imaging.registration import align, laid_on

Pixels = np.ndarray


def pattern(seed: int, height: int = 160, width: int = 220) -> Pixels:
    tones = np.random.default_rng(seed).integers(60, 180, (height // 20, width // 20, 1))
    return np.kron(tones, np.ones((20, 20, 3))).astype(np.uint8)


def frame(pixels: Pixels):
    return whole_frame(pixels.shape[:2], 192, 16)


@pytest.mark.parametrize("shift", [(0, 0), (7, 0), (-5, 8)])
def test_a_shift_is_found_and_undone(shift: tuple[int, int]) -> None:
    base = pattern(0)
    moved = np.roll(base, shift[::-1], axis=(0, 1))
    found = align(moved, frame(moved), base, frame(base))
    assert found.matches
    assert found.shift == pytest.approx(shift, abs=1)
    inner = np.s_[20:-20, 20:-20]
    error = np.abs(found.pixels[inner].astype(int) - moved[inner]).mean()
    assert error < 4


def test_another_size_is_brought_to_this_one() -> None:
    base = pattern(1)
    larger = base.repeat(2, axis=0).repeat(2, axis=1)
    found = align(base, frame(base), larger, frame(larger))
    assert found.matches
    assert found.pixels.shape == base.shape
    assert np.abs(found.pixels.astype(int) - base).mean() < 4


def test_a_part_at_another_angle_is_laid_on_this_one() -> None:
    def part(turned: bool) -> Pixels:
        pixels = np.full((200, 200, 3), 230, np.uint8)
        pixels[85:115, 30:170] = 90
        pixels[75:125, 30:60] = 60
        pixels[95:105, 120:128] = 200
        return np.ascontiguousarray(np.rot90(pixels)) if turned else pixels

    one, other = part(False), part(True)
    found = align(one, frame_of(one, 192, 16), other, frame_of(other, 192, 16))
    assert found.agreement > 0.9
    assert np.abs(found.pixels[found.shown].astype(int) - one[found.shown]).mean() < 5


def test_other_things_under_the_same_light_do_not_match() -> None:
    light = np.linspace(60, 200, 220)[None, :, None]
    one, other = (
        np.clip(light + np.random.default_rng(seed).normal(0, 8, (160, 220, 3)), 0, 255).astype(np.uint8)
        for seed in (0, 1)
    )
    assert not align(one, frame(one), other, frame(other)).matches


def test_flat_images_agree_with_each_other_alone() -> None:
    flat = np.full((96, 96, 3), 120, np.uint8)
    assert align(flat, frame(flat), flat, frame(flat)).agreement == 1
    assert not align(flat, frame(flat), pattern(0, 96, 96), frame(flat)).matches


def figure(angle: float, *, headless: bool = False) -> Pixels:
    """Paint a part with a head and one arm, turned by degrees, moved a little."""
    pixels = np.full((240, 320, 3), 230, np.uint8)
    cv2.rectangle(pixels, (110, 105), (230, 135), (90, 140, 90), -1)
    cv2.rectangle(pixels, (150, 70), (165, 105), (70, 120, 70), -1)
    if not headless:
        cv2.circle(pixels, (85, 120), 35, (60, 110, 60), -1)
    turn = cv2.getRotationMatrix2D((160, 120), angle, 1.0)
    turn[:, 2] += angle / 4
    return np.asarray(cv2.warpAffine(pixels, turn, (320, 240), borderValue=(230, 230, 230)), dtype=np.uint8)


@pytest.mark.parametrize("angle", [0, 12])
def test_a_part_that_lacks_a_piece_has_the_whole_one_laid_on_it(angle: float) -> None:
    broken, whole = figure(angle, headless=True), figure(0)
    laid = laid_on(broken, frame_of(broken, 192, 16), whole, frame_of(whole, 192, 16))
    assert laid is not None
    assert np.abs(laid.astype(int) - figure(angle)).mean() < 3


@pytest.mark.parametrize("angle", [90, 170])
def test_a_part_that_lies_otherwise_has_a_good_one_turned_to_it(angle: float) -> None:
    turned, other = figure(angle), figure(0)
    laid = laid_on(turned, frame_of(turned, 192, 16), other, frame_of(other, 192, 16))
    assert laid is not None
    assert np.abs(laid.astype(int) - turned).mean() < 3


def test_a_part_of_another_resolution_is_laid_at_this_one() -> None:
    part, twice = figure(5), figure(0).repeat(2, axis=0).repeat(2, axis=1)
    laid = laid_on(part, frame_of(part, 192, 16), twice, frame_of(twice, 192, 16))
    assert laid is not None
    assert np.abs(laid.astype(int) - part).mean() < 3


def test_nothing_is_laid_on_what_is_not_alike() -> None:
    part, other = figure(0), pattern(2, 240, 320)
    assert laid_on(part, frame(part), other, frame(other)) is None
