"""Painted plates, with a blot where one is wanted."""

from pathlib import Path

import numpy as np
from PIL import Image


def part(path: Path, seed: int, *, blot: bool = False) -> Path:
    """Paint a plate of 96 x 96 pixels, as bright as the seed says."""
    pixels = np.random.default_rng(0).integers(90, 130, (96, 96, 3))
    pixels = np.clip(pixels + np.random.default_rng(seed).integers(-4, 5), 0, 255)
    if blot:
        pixels[20:44, 50:74] = 250
    Image.fromarray(pixels.astype(np.uint8)).save(path)
    return path
