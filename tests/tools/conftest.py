"""A product with a pattern that every image shows at the same place, and the tools over it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from toolbox import Toolbox, tiny_context

from tools.context import Context
from tools.enrollment.enroll import enroll

Paint = Callable[..., Path]


@pytest.fixture
def bare_services(tmp_path: Path) -> Context:
    return tiny_context(tmp_path / "store", input_side=192)


@pytest.fixture
def paint(tmp_path: Path) -> Paint:
    """Paints a 240 x 180 board: squares of fixed tones all over, its own noise, and what is asked for.

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
        path = tmp_path / f"{name}.png"
        Image.fromarray(pixels).save(path)
        return path

    return made


@pytest.fixture
def board(bare_services: Context, paint: Paint) -> Context:
    enroll(bare_services, "board", [paint(f"good-{seed}", seed) for seed in range(4)])
    return bare_services


@pytest.fixture
def board_tools(board: Context) -> Toolbox:
    return Toolbox(board)


@pytest.fixture
def part(board_tools: Toolbox) -> Callable[[Path], dict[str, str]]:
    """The arguments that name an image as a board."""

    def arguments(path: Path) -> dict[str, str]:
        sha256 = board_tools.call("open_image", image=str(path)).sha256
        return {"image": str(path), "sha256": sha256, "product": "board"}

    return arguments
