"""A product with a pattern that every image shows at the same place, and the tools over it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from boards import Paint, painter
from toolbox import Toolbox, tiny_context

from tools.context import Context
from tools.enrollment.enroll import enroll


@pytest.fixture
def bare_services(tmp_path: Path) -> Context:
    return tiny_context(tmp_path / "store", input_side=192)


@pytest.fixture
def paint(tmp_path: Path) -> Paint:
    return painter(tmp_path)


@pytest.fixture(scope="session")
def enrolled_board(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store and the good images of its boards, which each test copies."""
    folder = tmp_path_factory.mktemp("board")
    good = [painter(folder)(f"good-{seed}", seed) for seed in range(4)]
    enroll(tiny_context(folder / "store", input_side=192), "board", good)
    return folder


@pytest.fixture
def board(enrolled_board: Path, tmp_path: Path) -> Context:
    shutil.copytree(enrolled_board, tmp_path, dirs_exist_ok=True)
    return tiny_context(tmp_path / "store", input_side=192)


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
