"""Foregrounds of painted scenes whose object is known, and of real images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from anomaly_core.encoding import is_clear
from anomaly_core.imaging.foreground import foreground_mask
from anomaly_core.imaging.frame import frame_of
from anomaly_core.imaging.reading import load_image

DATA = Path(__file__).parents[2].parent / "shared" / "data"


def scene(height: int, width: int, *, noise: float = 2.0, slope: float = 0.0) -> NDArray[np.uint8]:
    rng = np.random.default_rng(0)
    ramp = slope * np.linspace(0, 1, width)[None, :, None]
    return np.clip(190 + ramp + rng.normal(scale=noise, size=(height, width, 3)), 0, 255).astype(np.uint8)


def overlap(a: NDArray[np.bool_] | None, b: NDArray[np.bool_]) -> float:
    assert a is not None
    return float((a & b).sum() / (a | b).sum())


@pytest.mark.parametrize(("height", "width"), [(240, 320), (900, 300), (200, 1200)])
@pytest.mark.parametrize("slope", [0.0, 40.0])
def test_a_disc_on_a_plain_or_shaded_background_is_found(height: int, width: int, slope: float) -> None:
    truth = np.zeros((height, width), np.uint8)
    cv2.circle(truth, (width // 2, height // 2), 60, 1, -1)
    pixels = scene(height, width, slope=slope)
    pixels[truth > 0] = 70
    assert overlap(foreground_mask(pixels), truth > 0) > 0.9


def test_an_object_that_touches_the_border_is_found() -> None:
    truth = np.zeros((300, 300), bool)
    truth[120:180, 0:200] = True
    pixels = scene(300, 300)
    pixels[truth] = (60, 90, 60)
    assert overlap(foreground_mask(pixels), truth) > 0.9


def test_a_hole_in_the_object_belongs_to_it_and_a_soft_shadow_does_not() -> None:
    pixels = scene(300, 300)
    pixels[100:220, 60:240] -= 20  # the shadow
    truth = np.zeros((300, 300), bool)
    truth[100:200, 100:200] = True
    pixels[truth] = 60
    pixels[140:160, 140:160] = 190
    assert overlap(foreground_mask(pixels), truth) > 0.9


def lights(height: int, width: int) -> dict[str, NDArray[np.float32]]:
    """Gains of the light over the scene, each falling by 15 %."""
    y, x = (np.mgrid[0:height, 0:width] / [[[height]], [[width]]]).astype(np.float32)
    step = np.where(x > 0.7, 0.85, 1.0).astype(np.float32)
    return {
        "ramp": 1 - 0.075 * (x + y),
        "vignette": 1 - 0.3 * ((x - 0.5) ** 2 + (y - 0.5) ** 2),
        "shadow": step,
        "soft shadow": np.asarray(cv2.GaussianBlur(step, (0, 0), width / 30), np.float32),
    }


def lit(pixels: NDArray[np.uint8], light: str) -> NDArray[np.uint8]:
    gain = lights(*pixels.shape[:2])[light]
    return np.clip(pixels * gain[..., None], 0, 255).astype(np.uint8)


@pytest.mark.parametrize("light", lights(2, 2))
def test_light_that_falls_off_does_not_hide_a_part(light: str) -> None:
    truth = np.zeros((300, 400), np.uint8)
    cv2.ellipse(truth, (220, 140), (90, 40), 30, 0, 360, 1, -1)
    pixels = scene(300, 400)
    pixels[truth > 0] = 70
    assert overlap(foreground_mask(lit(pixels, light)), truth > 0) > 0.9


@pytest.mark.parametrize("light", lights(2, 2))
@pytest.mark.parametrize("folder", ["mvtec/screw", "mvtec/capsule", "alien_toy/alien_toy"])
def test_light_that_falls_off_does_not_hide_a_real_part(folder: str, light: str) -> None:
    if not (DATA / folder).is_dir():
        pytest.skip(f"no real images: {folder} is not beside the checkout")
    for path in sorted((DATA / folder / "train/good").iterdir())[::8]:
        pixels = load_image(path).pixels
        plain = foreground_mask(pixels)
        assert plain is not None
        assert overlap(foreground_mask(lit(pixels, light)), plain) > 0.75, path.name


def test_textures_empty_scenes_and_busy_borders_have_no_foreground() -> None:
    rng = np.random.default_rng(1)
    assert foreground_mask(rng.integers(0, 256, (200, 200, 3), dtype=np.uint8)) is None
    assert foreground_mask(scene(200, 300)) is None
    halves = scene(200, 300)
    halves[:, 150:] = 20
    assert foreground_mask(halves) is None


def test_a_constant_shift_of_the_image_does_not_move_the_mask() -> None:
    pixels = scene(200, 200)
    pixels[60:140, 60:140] = 90
    first, second = foreground_mask(pixels), foreground_mask(pixels - 30)
    assert first is not None and second is not None
    assert (first == second).all()


def test_the_smallest_images_do_not_fail() -> None:
    assert foreground_mask(np.full((16, 16, 3), 128, np.uint8)) is None


@pytest.mark.parametrize(("folder", "plain"), [
    ("mvtec/screw/train/good", True), ("magnetic_tile/magnetic_tile/train/good", False),
])  # fmt: skip
def test_real_images(folder: str, plain: bool) -> None:
    if not (DATA / folder).is_dir():
        pytest.skip(f"no real images: {folder} is not beside the checkout")
    for path in sorted((DATA / folder).iterdir())[::20]:
        mask = foreground_mask(load_image(path).pixels)
        if plain:
            assert mask is not None and 0.08 < mask.mean() < 0.2
        else:
            assert mask is None


def test_what_of_a_part_stands_out_little_belongs_to_it() -> None:
    """A knife on a dark belt: its blade is far brighter, its wooden handle by little."""
    pixels = scene(300, 400) // 3
    truth = np.zeros((300, 400), bool)
    truth[120:180, 40:360] = True
    pixels[120:180, 150:360] = 200
    pixels[120:180, 40:150] = (105, 80, 60)
    assert overlap(foreground_mask(pixels), truth) > 0.9


def fuse(*, tray: int = 190, blades: int = 184) -> NDArray[np.uint8]:
    """A dark body on a tray, with two blades of nearly the tray's tone, whose edges alone show."""
    pixels = np.full((300, 400, 3), tray, np.uint8)
    pixels = np.clip(pixels + np.random.default_rng(0).normal(scale=1, size=pixels.shape), 0, 255)
    pixels[60:140, 100:300] = (30, 60, 160)
    for left in (120, 230):
        cv2.rectangle(pixels, (left, 140), (left + 50, 260), (blades, blades, blades), -1)
        cv2.rectangle(pixels, (left, 140), (left + 50, 260), (90, 90, 90), 2)
    return pixels.astype(np.uint8)


def test_an_aligned_part_that_goes_on_beyond_its_input_is_noticed() -> None:
    alone = fuse()
    alone[141:] = np.clip(190 + np.random.default_rng(1).normal(scale=1, size=alone[141:].shape), 0, 255)
    assert frame_of(alone, 448, 14).aligned and not frame_of(alone, 448, 14).goes_on
    cut = frame_of(fuse(), 448, 14)
    assert not cut.aligned or cut.goes_on


def test_a_product_is_not_aligned_by_a_piece_of_its_part() -> None:
    """The rest would be judged in no image."""
    clear = [frame_of(scene_of_a_bar(280), 448, 14) for _ in range(4)]
    assert is_clear(clear)
    assert not is_clear([replace(frame, goes_on=True) for frame in clear])
    short = frame_of(scene_of_a_bar(180), 448, 14)
    assert not is_clear([*clear[:2], short, short])


def scene_of_a_bar(length: int) -> NDArray[np.uint8]:
    pixels = scene(300, 400)
    pixels[130:170, 60 : 60 + length] = 60
    return pixels
