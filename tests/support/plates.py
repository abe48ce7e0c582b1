"""Painted plates, with a blot where one is wanted, and parts that stand."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def part(path: Path, seed: int, *, blot: bool = False) -> Path:
    """Paint a plate of 96 x 96 pixels, as bright as the seed says."""
    pixels = np.random.default_rng(0).integers(90, 130, (96, 96, 3))
    pixels = np.clip(pixels + np.random.default_rng(seed).integers(-4, 5), 0, 255)
    if blot:
        pixels[20:44, 50:74] = 250
    Image.fromarray(pixels.astype(np.uint8)).save(path)
    return path


def standing(seed: int, *, angle: int = 0, empty: bool = False) -> NDArray[np.uint8]:
    """Return a standing part: wide at its lower end, unless that is empty and looks like the background."""
    rng = np.random.default_rng(seed)
    pixels = np.full((320, 320, 3), 230, np.uint8)
    pixels[40:280, 150:170] = 120
    pixels[40:60, 140:180] = 60  # the cap
    pixels[200:280, 125:195] = 230 if empty else 90
    pixels[200:280, 150:170] = 120
    pixels = np.clip(pixels + rng.normal(0, 2, pixels.shape), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.rot90(pixels, angle))
