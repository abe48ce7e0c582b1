"""An encoder that remembers gives the other one's features, and asks it once for each batch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from anomaly_core.encoders.base import Features, ImageEncoder
from anomaly_core.encoders.fakes import TinyEncoder
from anomaly_core.encoders.remembering import RememberingEncoder

Batch = NDArray[np.uint8]


class Counting(TinyEncoder):
    """The tiny encoder, with the batches that it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[Batch] = []

    def encode(self, batch: Batch) -> list[Features]:
        self.given.append(batch)
        return super().encode(batch)


def batch_of(*seeds: int, height: int = 32, width: int = 48) -> Batch:
    return np.stack(
        [np.random.default_rng(s).integers(0, 256, (height, width, 3)).astype(np.uint8) for s in seeds]
    )


def same(one: list[Features], other: list[Features]) -> bool:
    return len(one) == len(other) and all(
        a.input_size == b.input_size
        and torch.equal(a.embedding, b.embedding)
        and all(torch.equal(x, y) for x, y in zip(a.taps, b.taps, strict=True))
        for a, b in zip(one, other, strict=True)
    )


def test_it_is_the_encoder_that_it_remembers_for() -> None:
    plain = TinyEncoder()
    encoder = RememberingEncoder(plain)
    assert isinstance(encoder, ImageEncoder)
    assert (encoder.name, encoder.stride) == (plain.name, plain.stride)
    assert (encoder.channels, encoder.embedding_dim) == (plain.channels, plain.embedding_dim)
    for batch in (batch_of(1), batch_of(1, 2), batch_of(1)):
        assert same(encoder.encode(batch), plain.encode(batch))


def test_a_batch_is_encoded_once_and_its_images_alone_are_another_one() -> None:
    counting = Counting()
    encoder = RememberingEncoder(counting)
    for batch in (batch_of(1, 2), batch_of(1, 2), batch_of(1), batch_of(2, 1), batch_of(1, 2).copy()):
        encoder.encode(batch)
    assert [len(batch) for batch in counting.given] == [2, 1, 2]
    turned = batch_of(1)[:, ::-1]  # not contiguous
    assert same(encoder.encode(turned), encoder.encode(turned.copy()))
    assert len(counting.given) == 4


def test_equal_bytes_of_another_shape_are_another_image() -> None:
    encoder, flat = RememberingEncoder(TinyEncoder()), np.zeros((1, 32, 48, 3), np.uint8)
    assert encoder.encode(flat)[0].input_size == (32, 48)
    assert encoder.encode(flat.reshape(1, 48, 32, 3))[0].input_size == (48, 32)


def test_what_was_asked_for_longest_ago_is_forgotten_first() -> None:
    counting = Counting()
    (found,) = counting.encode(batch_of(0))
    bytes_of_one = sum(each.nbytes for each in (*found.taps, found.embedding))
    encoder = RememberingEncoder(counting, most_bytes=2 * bytes_of_one)
    counting.given.clear()
    for seed in (1, 2, 1, 3, 1, 2):
        encoder.encode(batch_of(seed))
    assert len(counting.given) == 4
    # One that is larger than all that may be held is not held, and nothing is counted twice.
    for _ in range(2):
        encoder.encode(batch_of(1, 2, 3))
    assert len(counting.given) == 6
    encoder.encode(batch_of(5))
    encoder.encode(batch_of(5))
    assert len(counting.given) == 7


def test_an_error_of_the_encoder_is_remembered_by_nobody() -> None:
    encoder = RememberingEncoder(TinyEncoder())
    for _ in range(2):
        with pytest.raises(ValueError, match="multiples of 16"):
            encoder.encode(np.zeros((1, 30, 30, 3), np.uint8))
