"""A pair of encoders has the taps of both, each as that encoder alone gives them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from anomaly_core.config import FewShotConfig
from anomaly_core.decoders.patches import patch_grid
from anomaly_core.encoders.base import Features, ImageEncoder, encode_one
from anomaly_core.encoders.fakes import TinyEncoder
from anomaly_core.encoders.pair import PairEncoder
from anomaly_core.encoders.registry import load_image_encoder
from anomaly_core.errors import ConfigError


class Fourteen:
    """The tiny encoder behind the stride of a vision transformer."""

    stride = 14

    def __init__(self) -> None:
        self._inner = TinyEncoder(1)
        self.name, self.channels = "fourteen", self._inner.channels
        self.embedding_dim = self._inner.embedding_dim

    def encode(self, batch: NDArray[np.uint8]) -> list[Features]:
        assert batch.shape[1] % 14 == batch.shape[2] % 14 == 0
        height, width = (side // 14 * 16 for side in batch.shape[1:3])
        larger = [np.asarray(cv2.resize(image, (width, height)), dtype=np.uint8) for image in batch]
        return self._inner.encode(np.stack(larger))


def picture(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(3).integers(0, 256, (height, width, 3)).astype(np.uint8)


def test_taps_and_embedding_are_those_of_both() -> None:
    first, second = TinyEncoder(0), TinyEncoder(1)
    pair, pixels = PairEncoder(first, second), picture(96, 128)
    assert isinstance(pair, ImageEncoder)
    one, other, both = (encode_one(each, pixels) for each in (first, second, pair))
    for mine, own in zip(both.taps, (*one.taps, *other.taps), strict=True):
        torch.testing.assert_close(mine, own)
    assert pair.channels == tuple(len(tap) for tap in both.taps)
    assert both.embedding.shape == (pair.embedding_dim,)
    expected = (float(one.embedding @ one.embedding) + float(other.embedding @ other.embedding)) / 2
    assert float(both.embedding @ both.embedding) == pytest.approx(expected)


@pytest.mark.parametrize("size", [(96, 128), (16, 16), (320, 48)])
def test_the_second_stride_may_be_another(size: tuple[int, int]) -> None:
    pair = PairEncoder(TinyEncoder(0), Fourteen())
    found = encode_one(pair, picture(*size))
    rows, columns = (max(1, round(side / 14)) for side in size)
    assert found.taps[-1].shape[1:] == (rows, columns)
    grid = patch_grid(found, FewShotConfig())
    assert grid.shape == (rows, columns, sum(pair.channels))
    torch.testing.assert_close(grid.norm(dim=2), torch.ones(rows, columns))


def test_all_taps_count_alike() -> None:
    pair = PairEncoder(TinyEncoder(0), TinyEncoder(1))
    grid = patch_grid(encode_one(pair, picture(64, 64)), FewShotConfig())
    start = 0
    for channels in pair.channels:
        part = grid[..., start : start + channels]
        torch.testing.assert_close(part.square().sum(dim=2), torch.full((4, 4), 0.25))
        start += channels


def test_two_names_with_a_plus_are_a_pair() -> None:
    pair = load_image_encoder("tiny+tiny")
    assert pair.name == "tiny-fake-0+tiny-fake-0"
    with pytest.raises(ConfigError, match="leave taps out"):
        load_image_encoder("tiny+tiny", taps=(1, 2))
