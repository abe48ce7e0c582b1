"""Painted boards: a pattern that every image shows at the same place, and what is asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

Paint = Callable[..., Path]


def painter(folder: Path) -> Paint:
    """Return what paints a 240 x 180 board: squares of fixed tones, its own noise, and what is asked for.

    The tones differ too much for a background that components would stand out from: it has no layout.
    """

    def made(
        name: str,
        seed: int,
        *,
        blot: tuple[int, int, int, int] | None = None,
        tone: tuple[int, int, int] = (250, 20, 20),
        brighter: int = 0,
        shift: int = 0,
    ) -> Path:
        tones = np.random.default_rng(0).integers(30, 200, (10, 13, 1))
        board = np.kron(tones, np.ones((20, 20, 1))).repeat(3, axis=2)[:180, 20 - shift : 260 - shift]
        noise = np.random.default_rng(seed + 1).integers(-4, 5, board.shape)
        pixels = np.clip(board + noise + brighter, 0, 255).astype(np.uint8)
        if blot is not None:
            x0, y0, x1, y1 = blot
            pixels[y0:y1, x0:x1] = tone
        path = folder / f"{name}.png"
        Image.fromarray(pixels).save(path)
        return path

    return made
