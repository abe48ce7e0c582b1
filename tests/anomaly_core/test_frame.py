"""A frame shows the right pixels, and brings a map back to where they were."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from anomaly_core.imaging.frame import WHOLE_SHARE, Frame, frame_of, whole_frame

ANGLES = (0, 20, 45, 90, 135, 160, 200, 300)


def part(angle_deg: float, size: tuple[int, int] = (300, 400), length: int = 200) -> NDArray[np.uint8]:
    """A dark bar, its heavy end first along its direction, on a light plain background."""
    height, width = size
    pixels = np.full((height, width, 3), 220, np.uint8)
    centre = np.array([width / 2, height / 2])
    along = np.array([math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))])
    across = np.array([-along[1], along[0]])

    def fill(start: float, end: float, breadth: float, grey: int) -> None:
        corners = [
            centre + along * at + across * side
            for at, side in ((start, -breadth), (end, -breadth), (end, breadth), (start, breadth))
        ]
        cv2.fillConvexPoly(pixels, np.rint(corners).astype(np.int32), (grey, grey, grey))

    fill(-length / 2, -length / 4, 30, 40)
    fill(-length / 4, length / 2, 12, 90)
    return pixels


@pytest.mark.parametrize("size", [(300, 200), (200, 800), (800, 200), (1000, 1000), (64, 2000), (17, 33)])
@pytest.mark.parametrize("side", [64, 224, 448])
@pytest.mark.parametrize("stride", [14, 16, 32])
def test_a_whole_frame_covers_the_image_at_its_own_aspect(
    size: tuple[int, int], side: int, stride: int
) -> None:
    frame = whole_frame(size, side, stride)
    (h, w), (height, width) = frame.input_size, size
    assert h % stride == w % stride == 0
    assert min(h, w) >= 2 * stride
    corners = frame.matrix @ np.array([[0, w], [0, h], [1, 1]])
    np.testing.assert_allclose(corners, [[0, width], [0, height]])
    assert h * w <= 2 * max(side, 2 * stride) ** 2 + 8 * stride * side
    if max(h, w) < 4 * side // stride * stride and min(h, w) > 2 * stride:
        assert abs(w - h * width / height) <= stride * (1 + width / height)


def test_a_small_image_gets_as_many_patches_as_a_large_one() -> None:
    assert whole_frame((96, 96), 448, 16).input_size == whole_frame((960, 960), 448, 16).input_size


@pytest.mark.parametrize("size", [(300, 200), (200, 800), (800, 200)])
def test_a_whole_map_comes_back_where_it_was(size: tuple[int, int]) -> None:
    frame = whole_frame(size, 224, 16)
    pixels = np.zeros((*size, 3), np.uint8)
    y, x = size[0] // 4, 2 * size[1] // 3
    pixels[y - 15 : y + 15, x - 15 : x + 15] = 255
    back = frame.to_original(frame.render(pixels)[..., 0].astype(np.float32))
    assert back.shape == size
    assert back.dtype == np.float32
    rows, columns = np.nonzero(back > 127)
    assert rows.mean() == pytest.approx(y - 0.5, abs=1)
    assert columns.mean() == pytest.approx(x - 0.5, abs=1)
    assert rows.size == pytest.approx(900, rel=0.2)


def test_a_map_of_any_resolution_lands_on_the_same_place() -> None:
    frame = whole_frame((320, 480), 384, 16)
    coarse = np.zeros((8, 12), np.float32)
    coarse[2, 9] = 1
    row, column = np.unravel_index(frame.to_original(coarse).argmax(), (320, 480))
    assert 80 <= row < 120
    assert 360 <= column < 400


@pytest.mark.parametrize("angle", ANGLES)
def test_an_elongated_part_is_laid_along_x_heavy_end_left(angle: float) -> None:
    frame = frame_of(part(angle), 256, 16)
    assert frame.aligned
    assert frame.unseen is None
    rendered = frame.render(part(angle))[..., 0]
    h, w = rendered.shape
    assert (h, w) == frame.input_size
    assert w > 1.5 * h
    heavy = rendered < 65
    rows, columns = np.nonzero(heavy)
    assert heavy.mean() > 0.1
    assert columns.mean() < w / 3
    assert rows.mean() == pytest.approx((h - 1) / 2, abs=0.06 * h)


def test_parts_at_any_angle_look_alike() -> None:
    first = frame_of(part(0), 256, 16)
    reference = cv2.resize(first.render(part(0)), (160, 48)).astype(float)
    for angle in ANGLES[1:]:
        turned = frame_of(part(angle), 256, 16).render(part(angle))
        difference = np.abs(cv2.resize(turned, (160, 48)).astype(float) - reference)
        assert difference.mean() < 12, angle


@pytest.mark.parametrize("angle", ANGLES)
@pytest.mark.parametrize("size", [(300, 400), (900, 700)])
def test_an_aligned_map_comes_back_where_it_was(angle: float, size: tuple[int, int]) -> None:
    pixels = part(angle, size, length=min(size) * 2 // 3)
    frame = frame_of(pixels, 224, 16)
    assert frame.aligned
    marked = pixels.copy()
    x = size[1] / 2 + 0.2 * min(size) * math.cos(math.radians(angle))
    y = size[0] / 2 + 0.2 * min(size) * math.sin(math.radians(angle))
    cv2.circle(marked, (round(x), round(y)), 10, (255, 255, 0), -1)
    shown = np.abs(frame.render(marked).astype(float) - frame.render(pixels)).max(axis=2)
    back = frame.to_original(shown.astype(np.float32))
    rows, columns = np.nonzero(back > 60)
    assert columns.mean() == pytest.approx(x, abs=1.5)
    assert rows.mean() == pytest.approx(y, abs=1.5)


def test_what_the_input_does_not_show_is_zero() -> None:
    frame = frame_of(part(0), 224, 16)
    back = frame.to_original(np.ones(frame.input_size, np.float32))
    assert back[150, 200] == pytest.approx(1.0)
    assert back[0, 0] == back[-1, -1] == 0.0
    assert back.max() <= 1.0 + 1e-5


def test_render_and_back_agree_with_the_matrix() -> None:
    turn = math.radians(30)
    linear = 2.0 * np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    frame = Frame(np.column_stack([linear, [150.0, 20.0]]), (64, 96), (300, 400), aligned=True)
    ramp = np.mgrid[0:300, 0:400].astype(np.float32)
    pixels = np.stack([ramp[1] / 2, ramp[0] / 2, 0 * ramp[0]], axis=-1).astype(np.uint8)
    rendered = frame.render(pixels)
    for x, y in ((10, 10), (50, 30), (90, 60)):
        at = frame.matrix @ np.array([x + 0.5, y + 0.5, 1])
        np.testing.assert_allclose(2 * rendered[y, x, :2].astype(float), at - 0.5, atol=4)


@pytest.mark.parametrize("kind", ["texture", "round part", "blank"])
def test_without_a_clear_pose_the_whole_image_is_shown(kind: str) -> None:
    pixels = np.full((200, 300, 3), 210, np.uint8)
    if kind == "texture":
        pixels = np.random.default_rng(0).integers(0, 255, (200, 300, 3)).astype(np.uint8)
    elif kind == "round part":
        cv2.circle(pixels, (150, 100), 60, (30, 30, 30), -1)
    frame = frame_of(pixels, 224, 16)
    assert not frame.aligned
    whole = whole_frame((200, 300), round(224 * WHOLE_SHARE**0.5), 16)
    np.testing.assert_allclose(frame.matrix, whole.matrix)


def test_a_piece_beside_the_part_is_known_as_unseen() -> None:
    pixels = part(0)
    cv2.circle(pixels, (60, 40), 9, (40, 40, 40), -1)
    frame = frame_of(pixels, 224, 16)
    assert frame.aligned
    assert frame.unseen is not None
    rows, columns = np.nonzero(frame.unseen)
    assert columns.mean() * 400 / frame.unseen.shape[1] == pytest.approx(60, abs=3)
    assert rows.mean() * 300 / frame.unseen.shape[0] == pytest.approx(40, abs=3)


def test_the_cells_of_a_grid_that_lie_on_the_original() -> None:
    assert whole_frame((300, 500), 224, 16).inside(7, 9).all()
    # Half of the input lies left of the original.
    shifted = Frame(np.array([[1.0, 0, -32], [0, 1.0, 0]]), (64, 64), (64, 64))
    assert shifted.inside(4, 8).tolist() == [[False] * 4 + [True] * 4] * 4
