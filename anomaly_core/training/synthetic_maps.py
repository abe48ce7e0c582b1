"""Synthetic anomaly maps for training the prompt learner: smooth noise with bumps, at all scales.

Maps of simulated images are clean with a strong bump, those of real products are rougher; a prompt learner
trained on the former alone was at chance on the latter (docs/research/experiments.md). Maps are in units of
the reference score.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from anomaly_core.config import FewShotConfig
from anomaly_core.decoders.memory_bank import image_score
from anomaly_core.decoders.patches import top_share_mean

SHARPNESS: Final = 6.0
"""Exponent of soft labels: 0.64 for 1.1 times the reference score, 0.98 for twice it."""
_LEVEL: Final = -0.25
_SPREAD: Final = 0.35
_BUMP_CHANCE: Final = 0.5
_PART_CHANCE: Final = 0.25
_FIRST_SHARE: Final = 0.09

Map = NDArray[np.float32]


def synthetic_map(rng: np.random.Generator, side: int) -> tuple[torch.Tensor, float]:
    """Return a (side, side) float32 map > 0 and its image score, in units of the reference score."""
    height, width = (int(length) for length in rng.integers(14, 30, 2))
    waves = _noise(rng, height, width, float(np.exp(rng.uniform(np.log(0.4), np.log(5.0)))))
    if rng.random() < 0.4:
        waves = waves + 2 * rng.random() * _noise(rng, height, width, float(rng.uniform(2.0, 8.0)))
    values = np.exp(waves * rng.uniform(0.1, 0.7))
    rows, columns = np.mgrid[:height, :width]
    if rng.random() < _PART_CHANCE:  # a part on an empty background
        inside = ((rows / height - 0.5) ** 2 + (columns / width - 0.5) ** 2) < rng.uniform(0.05, 0.25)
        values = values * inside + 1e-3
    values = values / _score(values) * np.exp(rng.normal(_LEVEL, _SPREAD))
    if rng.random() < _BUMP_CHANCE:
        for _ in range(int(rng.integers(1, 4))):
            bump = _bump(rng, rows, columns)
            values = np.maximum(values, bump) if rng.random() < 0.5 else values + bump
    shown = cv2.resize(values.astype(np.float32), (side, side), interpolation=cv2.INTER_LINEAR)
    return torch.from_numpy(shown), _score(values)


def faded(ratios: torch.Tensor, share: float) -> torch.Tensor:
    """Return the (H, W) map with values above its 90 % quantile moved towards it, by factor `share`."""
    ground = ratios.flatten().quantile(0.9)
    return torch.where(ratios > ground, ground + share * (ratios - ground), ratios)


def soft_labels(ratios: torch.Tensor, score: float, cells: int) -> tuple[torch.Tensor, float]:
    """Return soft labels in [0, 1] of the cells, (cells^2,), and of the image; 0.5 at the reference score.

    ratios: (H, W) map, score: image score, both in units of the reference score.
    """
    side = ratios.shape[-1] // cells
    even = F.interpolate(ratios[None, None], size=(cells * side, cells * side), mode="bilinear")[0, 0]
    parts = even.view(cells, side, cells, side).permute(0, 2, 1, 3).reshape(cells**2, -1)
    # The same number of pixels as the image score: a cell is a ninth of the image.
    highest = top_share_mean(parts, _FIRST_SHARE)
    return _graded(highest), float(_graded(torch.tensor(score)))


def _graded(ratio: torch.Tensor) -> torch.Tensor:
    return 1 / (1 + ratio.clamp_min(1e-3) ** -SHARPNESS)


def _noise(rng: np.random.Generator, height: int, width: int, sigma: float) -> Map:
    """Draw Gaussian noise, smoothed over `sigma` patches, of mean 0 and standard deviation 1."""
    field = cv2.GaussianBlur(rng.normal(size=(height, width)).astype(np.float32), (0, 0), sigma)
    return np.asarray((field - field.mean()) / max(float(field.std()), 1e-6), dtype=np.float32)


def _bump(rng: np.random.Generator, rows: NDArray[np.int_], columns: NDArray[np.int_]) -> NDArray[np.float64]:
    """Draw a Gaussian bump of random position, direction, length and breadth."""
    height, width = rows.shape
    y, x = rows - rng.uniform(0, height), columns - rng.uniform(0, width)
    along, across = np.exp(rng.uniform(np.log(0.5), np.log(4.0), 2))
    angle = rng.uniform(0, np.pi)
    u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    peak = np.exp(rng.uniform(-0.7, 1.0))
    return np.asarray(np.exp(-0.5 * ((u / along) ** 2 + (v / across) ** 2)) * peak)


def _score(values: NDArray[np.floating]) -> float:
    return image_score(torch.from_numpy(np.asarray(values, dtype=np.float32)), FewShotConfig())
