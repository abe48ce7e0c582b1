"""Other recordings of a scene."""

from __future__ import annotations

import numpy as np
import pytest

from anomaly_core.imaging.augment import JPEG_SIDE, recorded_again


def test_other_recordings_show_the_same_scene_a_little_otherwise() -> None:
    pixels = np.full((70, 90, 3), 120, np.uint8)
    pixels[20:40, 30:60] = (30, 40, 200)
    copies = recorded_again(pixels)
    for copy in copies:
        assert (copy.shape, copy.dtype) == (pixels.shape, np.uint8)
        difference = np.abs(copy.astype(int) - pixels)
        assert 0 < difference.mean() < 12
    for one, again in zip(copies, recorded_again(pixels), strict=True):
        np.testing.assert_array_equal(one, again)


@pytest.mark.parametrize("size", [(1, 1), (16, JPEG_SIDE + 100), (300, 17)])
def test_any_size_can_be_recorded_again(size: tuple[int, int]) -> None:
    assert [copy.shape for copy in recorded_again(np.full((*size, 3), 99, np.uint8))] == [(*size, 3)] * 3
