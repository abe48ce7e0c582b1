"""Enrolling files that change under one's hands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from anomaly_core.errors import UnreadableImage
from anomaly_core.imaging.reading import load_image
from tools.enrollment.enroll import bytes_of


def picture(path: Path, seed: int) -> Path:
    noise = np.random.default_rng(seed).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    return path


def test_the_bytes_kept_are_those_that_were_learned(tmp_path: Path) -> None:
    path = picture(tmp_path / "a.png", 0)
    assert bytes_of(load_image(path)) == path.read_bytes()


def test_a_file_changed_meanwhile_is_refused(tmp_path: Path) -> None:
    image = load_image(picture(tmp_path / "a.png", 0))
    picture(image.path, 1)
    with pytest.raises(UnreadableImage, match=r"a\.png.*changed"):
        bytes_of(image)


def test_a_file_gone_meanwhile_is_refused(tmp_path: Path) -> None:
    image = load_image(picture(tmp_path / "a.png", 0))
    image.path.unlink()
    with pytest.raises(UnreadableImage, match=r"a\.png"):
        bytes_of(image)
