"""The guided filter: edges of the image where it explains the map, a smooth map where it does not."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from anomaly_core.imaging.guided import guided_filter


def scene() -> tuple[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.float32]]:
    """Return a dark disc on a bright plane, its mask, and a map of it as coarse as patches of 8 pixels."""
    mask = np.zeros((96, 128), np.uint8)
    cv2.circle(mask, (61, 45), 7, 1, -1)
    noise = np.random.default_rng(0).normal(0, 3, (96, 128, 3))
    pixels = np.clip(180 - 90 * mask[..., None] + noise, 0, 255).astype(np.uint8)
    patches = cv2.resize(mask.astype(np.float32), (16, 12), interpolation=cv2.INTER_AREA)
    return pixels, mask > 0, cv2.resize(patches, (128, 96), interpolation=cv2.INTER_LINEAR)


def test_the_outline_of_a_blurred_map_becomes_that_of_the_defect() -> None:
    pixels, mask, coarse = scene()

    def overlap(values: NDArray[np.float32]) -> float:
        found = values >= 0.7 * values.max()
        return float((found & mask).sum() / (found | mask).sum())

    fine = guided_filter(coarse, pixels, radius=8, noise=10)
    assert overlap(fine) > 0.9
    assert overlap(fine) > overlap(coarse) + 0.2


def test_a_plain_image_leaves_a_smoothed_map_and_a_shift_moves_it_alike() -> None:
    _, _, coarse = scene()
    plain = np.full((96, 128, 3), 120, np.uint8)
    once = cv2.blur(coarse, (17, 17), borderType=cv2.BORDER_REFLECT)
    expected = cv2.blur(once, (17, 17), borderType=cv2.BORDER_REFLECT)
    found = guided_filter(coarse, plain, radius=8, noise=10)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    pixels = scene()[0]
    first, second = (guided_filter(coarse + shift, pixels, radius=8, noise=10) for shift in (0, 2))
    np.testing.assert_allclose(second, first + 2, atol=1e-4)


def test_it_equals_a_ridge_regression_in_each_window() -> None:
    rng = np.random.default_rng(1)
    guide = rng.integers(0, 256, (5, 5, 3)).astype(np.uint8)
    values = rng.random((5, 5)).astype(np.float32)
    # A window that covers the reflected image is no plain window; the middle pixel's are whole at radius 1.
    fits = []
    for y in range(1, 4):
        for x in range(1, 4):
            window = np.s_[y - 1 : y + 2, x - 1 : x + 2]
            colours, level = guide[window].reshape(9, 3).astype(float), values[window].ravel()
            covariance = np.cov(colours.T, bias=True) + 10**2 * np.eye(3)
            shared = ((colours - colours.mean(0)) * (level - level.mean())[:, None]).mean(0)
            slope = np.linalg.solve(covariance, shared)
            fits.append(level.mean() + slope @ (guide[2, 2] - colours.mean(0)))
    found = guided_filter(values, guide, radius=1, noise=10)
    assert abs(float(found[2, 2]) - float(np.mean(fits))) < 1e-4
