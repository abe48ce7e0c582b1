"""The nearest examples vote for their kinds."""

import numpy as np

from agents.questions.neighbours import Neighbours


def test_an_example_is_nearest_to_itself_and_votes_are_shares() -> None:
    noise = np.random.default_rng(0)
    vectors = noise.normal(size=(300, 512)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    kinds = noise.integers(0, 23, 300)
    kept = Neighbours.of(vectors, kinds)
    assert kept.vectors.dtype == np.int8
    shares = kept.shares(vectors, 23)
    assert np.allclose(shares.sum(axis=1), 1, atol=1e-5)
    assert (shares.argmax(axis=1) == kinds).all()
    assert np.allclose(kept.shares(3 * vectors[:5], 23), shares[:5], atol=1e-4)
    assert kept.shares(vectors[:0], 23).shape == (0, 23)
