"""Procedural products with five kinds of simulated defect, and notes about these, to choose constants on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray
from sets import Mask, Pixels

from anomaly_core.simulation.procedural import ProceduralProduct

NOTES = """# Procedural part

## Defects

### Scratch
A scratch is a narrow dark line, drawn by something sharp, and mostly straight.

### Hole
A hole is a small round dark pit in the surface.

### Bright spot
A bright spot is a small round white mark, where light is thrown back.

### Stain
A stain is an irregular orange or brown patch, left by a liquid.

### Haze
Haze is a large dark zone with an elliptic outline and a soft border.
"""


def procedural_defects(
    product: ProceduralProduct, seed: int, per_type: int
) -> Iterator[tuple[Pixels, Mask, str]]:
    """Yield (H, W, 3) uint8 RGB, its (H, W) bool mask and the defect's type."""
    for number, (defect, draw) in enumerate(sorted(SIMULATED.items())):
        for index in range(per_type):
            rng = np.random.default_rng([seed, number, index])
            pixels = product.image(10 + number * per_type + index)
            inner = np.zeros(pixels.shape[:2], np.float32)
            x, y = (int(v) for v in rng.uniform(0.35, 0.65, 2) * pixels.shape[1])
            draw(inner, x, y, rng)
            inner = np.asarray(cv2.GaussianBlur(inner, (0, 0), 0.7), np.float32)
            tone = {"stain": (120, 80, 30), "bright spot": (250, 250, 250)}.get(defect, (15, 15, 15))
            alpha = inner[..., None] * (0.6 if defect in ("stain", "haze") else 0.9)
            mixed = pixels * (1 - alpha) + np.array(tone, np.float32) * alpha
            yield mixed.astype(np.uint8), inner > 0.3, defect


def _line(mask: NDArray[np.float32], x: int, y: int, rng: np.random.Generator) -> None:
    dx, dy = (int(v) for v in rng.uniform(-45, 45, 2))
    cv2.line(mask, (x - dx, y - dy), (x + dx, y + dy), 1.0, int(rng.integers(1, 4)), cv2.LINE_AA)


def _disc(mask: NDArray[np.float32], x: int, y: int, rng: np.random.Generator) -> None:
    cv2.circle(mask, (x, y), int(rng.integers(4, 9)), 1.0, -1, cv2.LINE_AA)


def _patch(mask: NDArray[np.float32], x: int, y: int, rng: np.random.Generator) -> None:
    angles = np.sort(rng.uniform(0, 2 * np.pi, 9))
    radii = rng.uniform(8, 26, 9)
    points = np.stack([x + radii * np.cos(angles), y + radii * np.sin(angles)], axis=1)
    cv2.fillPoly(mask, [points.astype(np.int32)], 1.0)


def _haze(mask: NDArray[np.float32], x: int, y: int, rng: np.random.Generator) -> None:
    axes = (int(rng.integers(30, 60)), int(rng.integers(20, 40)))
    cv2.ellipse(mask, (x, y), axes, float(rng.uniform(0, 180)), 0, 360, 0.7, -1)


SIMULATED: dict[str, Callable[[NDArray[np.float32], int, int, np.random.Generator], None]] = {
    "scratch": _line,
    "hole": _disc,
    "bright spot": _disc,
    "stain": _patch,
    "haze": _haze,
}
